// Owns time as the cloud's rooms know it: a clock that is handed to them, so that a test can hold another. createWallClock is the only
// place of the cloud that asks the machine what time it is; compose.ts makes it.

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
