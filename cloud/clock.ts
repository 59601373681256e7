// Owns time as the cloud's rooms know it: a clock that is handed to them, and its two makes. createWallClock is the only place of the
// cloud that asks the machine what time it is; createSimClock is the one that tests hold.

export interface Timer {
  /** Stopping twice, or after it fired, is no error. */
  stop(): void;
}

export interface Clock {
  now(): Date;
  /** Call `fn` once, after `delayMs` milliseconds. A timer alone does not keep the process running. */
  setTimer(delayMs: number, fn: () => void): Timer;
}

export function createWallClock(): Clock {
  return {
    now: () => new Date(),
    setTimer(delayMs, fn) {
      const timer = setTimeout(fn, delayMs);
      timer.unref();
      return { stop: () => clearTimeout(timer) };
    },
  };
}

export interface SimClock extends Clock {
  /** Move time on and run the timers that fall due, in order of due time and then of making. */
  advance(ms: number): void;
}

/** A clock that only moves when told to. */
export function createSimClock(start: Date): SimClock {
  let nowMs = start.getTime();
  const timers = new Set<{ dueMs: number; fn: () => void }>();

  function nextDue(untilMs: number) {
    const due = [...timers].filter((timer) => timer.dueMs <= untilMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }

  return {
    now: () => new Date(nowMs),
    setTimer(delayMs, fn) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), fn };
      timers.add(timer);
      return { stop: () => void timers.delete(timer) };
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        nowMs = Math.max(nowMs, timer.dueMs);
        timer.fn();
      }
      nowMs = untilMs;
    },
  };
}
