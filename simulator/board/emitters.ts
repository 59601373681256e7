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

/** `toCallable` gives the function a listener stands for, or undefined if it is none. */
type ToCallable = (value: unknown) => Callable | undefined;

/** Gives every object of the realm its methods. */
export function createEmitters(realm: Realm, loop: EventLoop, toCallable: ToCallable): Emitters {
  const emitters = new RealmEmitters(loop, toCallable);
  const { prototype } = realm.global.Object as { prototype: RealmObject };
  realm.expose(prototype, createMethods(emitters), true);
  return emitters;
}

function createMethods(emitters: RealmEmitters): Record<string, Callable> {
  return {
    on(event, listener) {
      emitters.add(checkTarget(this), checkEvent(event), listener, false);
    },
    addListener(event, listener) {
      emitters.add(checkTarget(this), checkEvent(event), listener, false);
    },
    prependListener(event, listener) {
      emitters.add(checkTarget(this), checkEvent(event), listener, true);
    },
    emit(event, ...args) {
      emitters.emit(checkTarget(this), checkEvent(event), ...args);
    },
    removeListener(event, listener) {
      emitters.remove(checkTarget(this), checkEvent(event), listener);
    },
    removeAllListeners(event) {
      emitters.removeAll(checkTarget(this), event === undefined ? undefined : checkEvent(event));
    },
  };
}

class RealmEmitters implements Emitters {
  readonly #entries = new WeakMap<object, Entry>();
  readonly #loop: EventLoop;
  readonly #toCallable: ToCallable;

  constructor(loop: EventLoop, toCallable: ToCallable) {
    this.#loop = loop;
    this.#toCallable = toCallable;
  }

  emit(target: object, event: string, ...args: unknown[]): boolean {
    const listeners = this.#listenersOf(target, event);
    for (const listener of [...listeners]) {
      this.#loop.post(() => {
        // Removed meanwhile: the interpreter's list is shared with the queue.
        if (listeners.includes(listener)) listener.apply(target, args);
      });
    }
    return listeners.length > 0;
  }

  hasListeners(target: object, event: string): boolean {
    return this.#listenersOf(target, event).length > 0;
  }

  call(target: object, event: string, ...args: unknown[]): boolean {
    const listeners = [...this.#listenersOf(target, event)];
    for (const listener of listeners) listener.apply(target, args);
    return listeners.length > 0;
  }

  pushData(target: object, data: string, force: boolean): boolean {
    if (this.call(target, "data", data)) return true;
    const entry = this.#entryOf(target);
    if (entry.buffer === undefined) {
      entry.buffer = data;
      return true;
    }
    const fits = entry.buffer.length + data.length <= STREAM_BYTES_MAX;
    if (fits || force) entry.buffer += data.slice(0, Math.max(STREAM_BYTES_MAX - entry.buffer.length, 0));
    return fits;
  }

  readData(target: object, length: number): string {
    const entry = this.#entryOf(target);
    const buffer = entry.buffer ?? "";
    const taken = length <= 0 || length >= buffer.length ? buffer : buffer.slice(0, length);
    entry.buffer = taken.length === buffer.length ? undefined : buffer.slice(taken.length);
    return taken;
  }

  availableData(target: object): number {
    return this.#entries.get(target)?.buffer?.length ?? 0;
  }

  onDataListener(target: object, fn: () => void): void {
    this.#entryOf(target).onData = fn;
  }

  add(target: object, event: string, listener: unknown, first: boolean): void {
    const callable = this.#toCallable(listener);
    if (callable === undefined) throw new ProgramError("Second argument must be a function or a String", "TypeError");
    const { listeners } = this.#entryOf(target);
    const before = listeners.get(event) ?? [];
    listeners.set(event, first ? [callable, ...before] : [...before, callable]);
    if (event === "data") this.#startData(target);
  }

  remove(target: object, event: string, listener: unknown): void {
    const listeners = this.#listenersOf(target, event);
    const at = listeners.indexOf(listener as Callable);
    if (at >= 0) listeners.splice(at, 1);
  }

  removeAll(target: object, event: string | undefined): void {
    const { listeners } = this.#entryOf(target);
    for (const name of event === undefined ? [...listeners.keys()] : [event]) listeners.get(name)?.splice(0);
  }

  #startData(target: object): void {
    const entry = this.#entryOf(target);
    const { buffer } = entry;
    entry.buffer = undefined;
    if (buffer !== undefined) this.emit(target, "data", buffer);
    entry.onData?.();
  }

  #entryOf(target: object): Entry {
    const entry = this.#entries.get(target) ?? { listeners: new Map(), buffer: undefined, onData: undefined };
    this.#entries.set(target, entry);
    return entry;
  }

  #listenersOf(target: object, event: string): Callable[] {
    return this.#entries.get(target)?.listeners.get(event) ?? [];
  }
}

function checkTarget(target: unknown): object {
  if ((typeof target === "object" && target !== null) || typeof target === "function") return target;
  throw new ProgramError("Parent must be an object - not a String, Integer, etc", "TypeError");
}

function checkEvent(event: unknown): string {
  if (typeof event === "string") return event;
  throw new ProgramError("First argument must be String", "TypeError");
}
