// Owns a mechanical switch: closed or open, and for a few milliseconds after each change both by turns.
import type { Clock, TimerHandle } from "./board/clock.ts";
import { createSeededWords, type DrawWord, drawShare } from "./board/random.ts";

/** Contacts have come to rest after this long. */
export const BOUNCE_MS_MAX = 5;
const BOUNCES_MAX = 3;

export interface SwitchOptions {
  clock: Clock;
  drive(closed: boolean): void;
  /** Of the bouncing; undefined for a switch that does not bounce. */
  seed: number | undefined;
}

export interface Switch {
  /** What it was last set to, bouncing or not. */
  isClosed(): boolean;
  /** Changes it, with one to three bounces on the way. Setting what it is does nothing. */
  set(closed: boolean): void;
  /** Puts it there at once and without a bounce. */
  settle(closed: boolean): void;
  stop(): void;
}

export function createSwitch(options: SwitchOptions): Switch {
  const { clock, drive } = options;
  const draw: DrawWord | undefined = options.seed === undefined ? undefined : createSeededWords(options.seed);
  const timers: TimerHandle[] = [];
  let closed = false;

  function settle(next: boolean): void {
    for (const timer of timers.splice(0)) clock.clearTimer(timer);
    closed = next;
    drive(next);
  }

  return {
    isClosed: () => closed,
    set(next) {
      if (next === closed) return;
      settle(next);
      if (draw === undefined) return;
      const bounces = 1 + (draw() % BOUNCES_MAX);
      const times = Array.from({ length: bounces * 2 }, () => drawShare(draw) * BOUNCE_MS_MAX).sort((a, b) => a - b);
      for (const [i, ms] of times.entries()) timers.push(clock.setTimer(ms, () => drive(i % 2 === 0 ? !next : next)));
    },
    settle,
    stop() {
      for (const timer of timers.splice(0)) clock.clearTimer(timer);
    },
  };
}
