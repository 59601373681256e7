// Owns the interpreter's events: on, emit and removeListener, which every object of a program has, and the buffer in which a stream
// keeps bytes that arrive before anybody listens. Listeners run as tasks of the event loop, never within the call that emits.
import type { EventLoop } from "./event-loop.ts";
import { type Callable, ProgramError, type Realm, type RealmObject } from "./realm.ts";

export interface Emitters {
  /** Queues the listeners that stand there now. False if there are none. */
  emit(target: object, event: string, ...args: unknown[]): boolean;
  hasListeners(target: object, event: string): boolean;
  /** Calls the listeners here and now, within the running task; for events that answer. */
  call(target: object, event: string, ...args: unknown[]): boolean;
  /**
   * Hands bytes to the "data" listeners, or keeps them until there is one. False if there is no room to keep them; with `force` what
   * does not fit is lost, as on the chip.
   */
  pushData(target: object, data: string, force: boolean): boolean;
  /** Takes up to `length` kept bytes out (all with 0 or less). */
  readData(target: object, length: number): string;
  availableData(target: object): number;
  /** Called when somebody begins to listen for data. */
  onDataListener(target: object, fn: () => void): void;
}

/** A first chunk is kept whole; more is added up to this. */
const STREAM_BYTES_MAX = 512;

interface Entry {
  /** Replaced when a listener is added, so that a running emission does not see it; changed in place when one is removed. */
  listeners: Map<string, Callable[]>;
  buffer: string | undefined;
  onData: (() => void) | undefined;
}

/** Gives every object of the realm its methods. */
export function createEmitters(
  realm: Realm,
  loop: EventLoop,
  toCallable: (value: unknown) => Callable | undefined,
): Emitters {
  const entries = new WeakMap<object, Entry>();

  function entryOf(target: object): Entry {
    const entry = entries.get(target) ?? { listeners: new Map(), buffer: undefined, onData: undefined };
    entries.set(target, entry);
    return entry;
  }

  function listenersOf(target: object, event: string): Callable[] {
    return entries.get(target)?.listeners.get(event) ?? [];
  }

  function emit(target: object, event: string, ...args: unknown[]): boolean {
    const listeners = listenersOf(target, event);
    if (listeners.length === 0) return false;
    for (const listener of [...listeners]) {
      loop.post(() => {
        // Removed meanwhile: the interpreter's list is shared with the queue.
        if (listeners.includes(listener)) listener.apply(target, args);
      });
    }
    return true;
  }

  function add(target: unknown, event: unknown, listener: unknown, first: boolean): void {
    const object = checkTarget(target);
    const name = checkEvent(event);
    const callable = toCallable(listener);
    if (callable === undefined) throw new ProgramError("Second argument must be a function or a String", "TypeError");
    const { listeners } = entryOf(object);
    const before = listeners.get(name) ?? [];
    listeners.set(name, first ? [callable, ...before] : [...before, callable]);
    if (name === "data") startData(object);
  }

  function startData(target: object): void {
    const entry = entryOf(target);
    const { buffer } = entry;
    entry.buffer = undefined;
    if (buffer !== undefined) emit(target, "data", buffer);
    entry.onData?.();
  }

  function remove(target: unknown, event: unknown, listener: unknown): void {
    const listeners = listenersOf(checkTarget(target), checkEvent(event));
    const at = listeners.indexOf(listener as Callable);
    if (at >= 0) listeners.splice(at, 1);
  }

  function removeAll(target: unknown, event: unknown): void {
    const { listeners } = entryOf(checkTarget(target));
    const names = event === undefined ? [...listeners.keys()] : [checkEvent(event)];
    for (const name of names) listeners.get(name)?.splice(0);
  }

  realm.expose(
    (realm.global.Object as { prototype: RealmObject }).prototype,
    {
      on(event, listener) {
        add(this, event, listener, false);
      },
      addListener(event, listener) {
        add(this, event, listener, false);
      },
      prependListener(event, listener) {
        add(this, event, listener, true);
      },
      emit(event, ...args) {
        emit(checkTarget(this), checkEvent(event), ...args);
      },
      removeListener(event, listener) {
        remove(this, event, listener);
      },
      removeAllListeners(event) {
        removeAll(this, event);
      },
    },
    true,
  );

  return {
    emit,
    hasListeners: (target, event) => listenersOf(target, event).length > 0,
    call(target, event, ...args) {
      const listeners = [...listenersOf(target, event)];
      for (const listener of listeners) listener.apply(target, args);
      return listeners.length > 0;
    },
    pushData(target, data, force) {
      if (listenersOf(target, "data").length > 0) {
        for (const listener of [...listenersOf(target, "data")]) listener.call(target, data);
        return true;
      }
      const entry = entryOf(target);
      if (entry.buffer === undefined) {
        entry.buffer = data;
        return true;
      }
      const fits = entry.buffer.length + data.length <= STREAM_BYTES_MAX;
      if (fits || force) entry.buffer += data.slice(0, Math.max(STREAM_BYTES_MAX - entry.buffer.length, 0));
      return fits;
    },
    readData(target, length) {
      const entry = entryOf(target);
      const buffer = entry.buffer ?? "";
      const taken = length <= 0 || length >= buffer.length ? buffer : buffer.slice(0, length);
      entry.buffer = taken.length === buffer.length ? undefined : buffer.slice(taken.length);
      return taken;
    },
    availableData: (target) => entries.get(target)?.buffer?.length ?? 0,
    onDataListener(target, fn) {
      entryOf(target).onData = fn;
    },
  };
}

function checkTarget(target: unknown): object {
  if ((typeof target === "object" && target !== null) || typeof target === "function") return target;
  throw new ProgramError("Parent must be an object - not a String, Integer, etc", "TypeError");
}

function checkEvent(event: unknown): string {
  if (typeof event === "string") return event;
  throw new ProgramError("First argument must be String", "TypeError");
}
