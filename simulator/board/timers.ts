// Owns setTimeout and its kin as the interpreter has them: numbers that begin at 1 and are given again once the higher ones are gone,
// intervals that keep their beat, and undefined refused where it would mean "all".
import type { TimerHandle } from "./clock.ts";
import type { Program } from "./program.ts";
import { type Callable, ProgramError } from "./realm.ts";

const INTERVAL_MS_MIN = 0.1;
const INTERVAL_MS_MAX = 3_153_600_000_000;

interface ProgramTimer {
  handle: TimerHandle;
  dueMs: number;
  /** Undefined for a timeout. */
  intervalMs: number | undefined;
  fn: () => void;
}

export function exposeTimers(program: Program): void {
  const { chip, loop, realm } = program;
  const timers = new Map<number, ProgramTimer>();

  function arm(id: number, timer: ProgramTimer): void {
    timer.handle = loop.setTimer(timer.dueMs - chip.clock.now(), () => fire(id, timer));
  }

  function fire(id: number, timer: ProgramTimer): void {
    const fired = timer.handle;
    try {
      timer.fn();
    } finally {
      // The callback may have cleared it or changed its interval, and its number may be another's by now.
      if (timers.get(id) === timer && timer.handle === fired) {
        if (timer.intervalMs === undefined) timers.delete(id);
        else {
          timer.dueMs += timer.intervalMs;
          arm(id, timer);
        }
      }
    }
  }

  function add(callback: unknown, ms: unknown, args: unknown[], repeats: boolean): number {
    const fn = program.toCallable(callback);
    if (fn === undefined) throw new ProgramError("Function or String not supplied!");
    const delayMs = toInterval(ms);
    const id = Math.max(0, ...timers.keys()) + 1;
    const timer: ProgramTimer = {
      handle: 0,
      dueMs: chip.clock.now() + delayMs,
      intervalMs: repeats ? delayMs : undefined,
      fn: () => void fn.apply(undefined, args),
    };
    timers.set(id, timer);
    arm(id, timer);
    return id;
  }

  function clear(kind: "Timeout" | "Interval", ids: unknown[]): void {
    if (ids.length > 0 && ids[0] === undefined) {
      throw new ProgramError(`clear${kind}(undefined) not allowed. Use clear${kind}() instead`);
    }
    for (const id of ids.length === 0 ? [...timers.keys()] : [Number(ids[0])]) {
      const timer = timers.get(id);
      if (timer === undefined) continue;
      loop.clearTimer(timer.handle);
      timers.delete(id);
    }
  }

  const functions: Record<string, Callable> = {
    setTimeout: (callback, ms, ...args) => add(callback, ms, args, false),
    setInterval: (callback, ms, ...args) => add(callback, ms, args, true),
    clearTimeout: (...ids) => clear("Timeout", ids),
    clearInterval: (...ids) => clear("Interval", ids),
    changeInterval(id, ms) {
      const timer = timers.get(Number(id));
      if (timer === undefined) throw new ProgramError("Unknown Interval");
      loop.clearTimer(timer.handle);
      timer.intervalMs = toInterval(ms);
      timer.dueMs = chip.clock.now() + timer.intervalMs;
      arm(Number(id), timer);
    },
  };
  realm.expose(realm.global, functions);
}

function toInterval(ms: unknown): number {
  const value = Number(ms);
  if (value > INTERVAL_MS_MAX) throw new ProgramError("Interval is too long (>100 years)");
  return Math.max(value, INTERVAL_MS_MIN);
}
