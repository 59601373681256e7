// Owns setWatch: which edge of a pin a program hears of, when, and with what times. Debouncing is the interpreter's: a change is told
// when the pin has been quiet for the given time, with the time the quiet began, and never if the pin came back meanwhile.
import type { TimerHandle } from "./clock.ts";
import type { Level } from "./pins.ts";
import { isObject, type Program } from "./program.ts";
import { type Callable, ProgramError } from "./realm.ts";

type Edge = -1 | 0 | 1;

interface Watch {
  pin: number;
  callback: Callable;
  repeat: boolean;
  edge: Edge;
  debounceMs: number;
  /** The last level the program could know of. */
  state: Level;
  /** Of the last change, in seconds of system time; undefined before the first. */
  lastTime: number | undefined;
  settling: Settling | undefined;
}

interface Settling {
  handle: TimerHandle;
  state: Level;
}

/** Connected to the flash chip. */
const UNWATCHABLE = [6, 7, 8, 9, 10, 11, 12];

export function exposeWatches(program: Program): void {
  const { chip, loop, realm } = program;
  const watches = new Map<number, Watch>();

  function tell(id: number, watch: Watch, level: Level, time: number): void {
    const { lastTime } = watch;
    watch.lastTime = time;
    if (watch.edge !== 0 && watch.edge !== (level === 1 ? 1 : -1)) return;
    try {
      const pin = program.pinObject(watch.pin);
      watch.callback.call(undefined, realm.createObject({ state: level === 1, lastTime, time, pin }));
    } finally {
      if (!watch.repeat && watches.get(id) === watch) watches.delete(id);
    }
  }

  function settle(id: number, watch: Watch): void {
    const settled = watch.settling;
    watch.settling = undefined;
    if (settled === undefined || settled.state === watch.state) return;
    watch.state = settled.state;
    tell(id, watch, settled.state, (chip.systemTimeMs() - watch.debounceMs) / 1000);
  }

  function onEdge(id: number, watch: Watch, level: Level, timeMs: number): void {
    if (watch.debounceMs <= 0) {
      watch.state = level;
      tell(id, watch, level, timeMs / 1000);
      return;
    }
    if (watch.settling !== undefined) loop.clearTimer(watch.settling.handle);
    else if (level === watch.state) return;
    // A watch that is cleared while its pin settles is still told, as on the chip.
    watch.settling = { state: level, handle: loop.setTimer(watch.debounceMs, () => settle(id, watch)) };
  }

  chip.pins.setEdgeListener((pin, level) => {
    const timeMs = chip.systemTimeMs();
    for (const [id, watch] of [...watches]) {
      if (watch.pin !== pin) continue;
      loop.post(() => {
        if (watches.get(id) === watch) onEdge(id, watch, level, timeMs);
      });
    }
  });

  realm.expose(realm.global, {
    setWatch(callback, pinValue, options) {
      const pin = program.toPin(pinValue);
      if (UNWATCHABLE.includes(pin)) return void chip.console.print("WARNING: Unable to set watch.");
      const fn = program.toCallable(callback);
      if (fn === undefined) throw new ProgramError("Function or String not supplied!");
      // Watching makes the pin an input with its resistor, whatever it was.
      if (![...watches.values()].some((watch) => watch.pin === pin)) chip.pins.setMode(pin, "input_pullup");
      const id = Math.max(0, ...watches.keys()) + 1;
      const state = chip.pins.read(pin);
      watches.set(id, { pin, callback: fn, ...parseOptions(options), state, lastTime: undefined, settling: undefined });
      return id;
    },
    clearWatch(...ids) {
      if (ids.length === 0) return watches.clear();
      if (ids[0] === undefined) throw new ProgramError("clearWatch(undefined) not allowed. Use clearWatch() instead");
      if (!watches.delete(Number(ids[0]))) throw new ProgramError(`Unknown Watch ${String(ids[0])}`);
    },
  });
}

function parseOptions(options: unknown): { repeat: boolean; edge: Edge; debounceMs: number } {
  if (!isObject(options)) return { repeat: Boolean(options), edge: 0, debounceMs: 0 };
  const debounceMs = Number(options.debounce ?? 0);
  return {
    repeat: Boolean(options.repeat),
    edge: parseEdge(options.edge),
    debounceMs: Math.max(debounceMs, 0),
  };
}

function parseEdge(edge: unknown): Edge {
  if (edge === undefined || edge === "both") return 0;
  if (edge === "rising") return 1;
  if (edge === "falling") return -1;
  if (typeof edge === "number") return edge > 0 ? 1 : edge < 0 ? -1 : 0;
  throw new ProgramError("'edge' in setWatch should be 1, -1, 0, 'rising', 'falling' or 'both'", "TypeError");
}
