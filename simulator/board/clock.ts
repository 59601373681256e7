// Owns what time is for a virtual board: one port with two doubles. It leaves to the board what a time means (its own system time
// starts at power-on and can be set).

/** Never 0, so that a handle can stand in a condition. */
export type TimerHandle = number;

export interface Clock {
  /** Milliseconds, monotonic, from an origin of the clock's own. */
  now(): number;
  /** Calls `fn` once, `ms` from now (a negative or non-finite `ms` counts as 0), never from within this call. */
  setTimer(ms: number, fn: () => void): TimerHandle;
  /** A handle that has fired, was cleared or never was is ignored. */
  clearTimer(handle: TimerHandle): void;
}

export interface SimClock extends Clock {
  /**
   * Moves time on by `ms` and runs what falls due, in order of due time and then of making, timers made meanwhile included.
   * What a timer throws is thrown here, with the time standing where it happened. Called by what a timer runs, it is time that passes
   * while everything else stands still: what fell due meanwhile runs late.
   */
  advance(ms: number): void;
}

interface QueuedTimer {
  handle: TimerHandle;
  dueMs: number;
  fn: () => void;
}

/** Ordered by due time, later made behind earlier made. */
function insertByDue(timers: QueuedTimer[], timer: QueuedTimer): void {
  let at = timers.length;
  while (at > 0 && timers[at - 1]!.dueMs > timer.dueMs) at -= 1;
  timers.splice(at, 0, timer);
}

/** A clock that only moves when told to. */
export function createSimClock(options: { startMs?: number } = {}): SimClock {
  let nowMs = options.startMs ?? 0;
  let lastHandle = 0;
  const timers: QueuedTimer[] = [];

  return {
    now: () => nowMs,
    setTimer(ms, fn) {
      lastHandle += 1;
      insertByDue(timers, { handle: lastHandle, dueMs: nowMs + toDelay(ms), fn });
      return lastHandle;
    },
    clearTimer(handle) {
      const at = timers.findIndex((timer) => timer.handle === handle);
      if (at >= 0) timers.splice(at, 1);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      while (timers.length > 0 && timers[0]!.dueMs <= untilMs) {
        const due = timers.shift()!;
        nowMs = Math.max(nowMs, due.dueMs);
        due.fn();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/** setTimeout of the host fires at once beyond this. */
const HOST_DELAY_MS_MAX = 2_147_483_647;

export interface WallClock extends Clock {
  speed(): number;
  /** From now on; what is running falls due sooner or later by that. */
  setSpeed(speed: number): void;
}

/**
 * The host's time. With `speed` 10 a board lives ten seconds in one. Hurried, it never runs ahead of what is due: on a busy host its time
 * goes slower than wished instead, or a board would find its watchdog run out between two of its own steps.
 */
export function createWallClock(options: { speed?: number } = {}): WallClock {
  let speed = options.speed ?? 1;
  /** Both as of the last change of speed, and of the last timer while hurried. */
  let hostMs = performance.now();
  let clockMs = hostMs * speed;
  const timers: QueuedTimer[] = [];
  let lastHandle = 0;
  let armed: NodeJS.Timeout | undefined;

  const flow = () => clockMs + (performance.now() - hostMs) * speed;
  const isHurried = () => speed > 1;

  function now(): number {
    const next = timers[0];
    // What is due has not happened yet, so it is not later than that.
    return isHurried() && next !== undefined ? Math.max(Math.min(flow(), next.dueMs), clockMs) : flow();
  }

  function setTime(ms: number): void {
    clockMs = ms;
    hostMs = performance.now();
  }

  function arm(): void {
    clearTimeout(armed);
    const next = timers[0];
    if (next === undefined) return;
    armed = setTimeout(fire, Math.min(Math.max(next.dueMs - flow(), 0) / speed, HOST_DELAY_MS_MAX));
  }

  /** One at a time: what it sets going has its turn before the next is due. */
  function fire(): void {
    const next = timers[0];
    if (next === undefined || next.dueMs > flow()) {
      arm();
      return;
    }
    if (isHurried()) setTime(Math.max(next.dueMs, clockMs));
    timers.shift();
    try {
      next.fn();
    } finally {
      arm();
    }
  }

  return {
    now,
    setTimer(ms, fn) {
      lastHandle += 1;
      const timer = { handle: lastHandle, dueMs: now() + toDelay(ms), fn };
      insertByDue(timers, timer);
      if (timers[0] === timer) arm();
      return lastHandle;
    },
    clearTimer(handle) {
      const at = timers.findIndex((timer) => timer.handle === handle);
      if (at < 0) return;
      timers.splice(at, 1);
      if (at === 0) arm();
    },
    speed: () => speed,
    setSpeed(next) {
      setTime(now());
      speed = next;
      arm();
    },
  };
}

function toDelay(ms: number): number {
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
