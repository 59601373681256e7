// Owns what time is on the bench: one port with two doubles. Everything that waits, dates or paces takes a clock as an argument.

export interface Clock {
  /** Milliseconds, monotonic, from an origin of the clock's own. */
  now(): number;
  /** What the calendar says. */
  date(): Date;
  /** Calls `fn` once, `ms` from now, never from within this call. Returns how to forget it. */
  setTimer(ms: number, fn: () => void): () => void;
}

/** setTimeout of the host fires at once beyond this. */
const HOST_DELAY_MS_MAX = 2_147_483_647;

export function createWallClock(): Clock {
  return {
    now: () => performance.now(),
    date: () => new Date(),
    setTimer(ms, fn) {
      const timer = setTimeout(fn, Math.min(toDelay(ms), HOST_DELAY_MS_MAX));
      return () => clearTimeout(timer);
    },
  };
}

export interface SimClock extends Clock {
  /**
   * Moves time on by `ms` and runs what falls due, in order of due time and then of making. What promises do in answer is awaited between
   * two timers, so that what they set in turn falls due in its place.
   */
  advance(ms: number): Promise<void>;
}

interface SimTimer {
  dueMs: number;
  fn: () => void;
}

/** A clock that only moves when told to. */
export function createSimClock(options: { date?: Date } = {}): SimClock {
  const beginMs = (options.date ?? new Date("2026-11-21T08:00:00.000Z")).getTime();
  let nowMs = 0;
  let timers: SimTimer[] = [];

  return {
    now: () => nowMs,
    date: () => new Date(beginMs + nowMs),
    setTimer(ms, fn) {
      const timer = { dueMs: nowMs + toDelay(ms), fn };
      const at = timers.findIndex((other) => other.dueMs > timer.dueMs);
      timers.splice(at < 0 ? timers.length : at, 0, timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      while (timers.length > 0 && timers[0]!.dueMs <= untilMs) {
        const due = timers.shift()!;
        nowMs = Math.max(nowMs, due.dueMs);
        due.fn();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

/** Resolves after `ms`. @throws the signal's reason, at once when it is aborted */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const forget = clock.setTimer(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    const abort = () => {
      forget();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Every promise that can go on without time passing has gone on when this resolves. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function toDelay(ms: number): number {
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
