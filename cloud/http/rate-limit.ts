// Owns counting: how often a key (an address, an account, a serial number) did something within a window of time. It lives in memory,
// bounded, and per instance of the cloud; what must hold over all instances is decided by a row in the database instead.
import type { Clock } from "../clock.ts";
import { ProblemError } from "./problems.ts";

export interface RateLimit {
  /** So many within `windowMs`, counted from a key's first. */
  count: number;
  windowMs: number;
}

export type Taken = { ok: true } | { ok: false; retryAfterS: number };

export interface RateLimiter {
  /** Count one; refused beyond the limit, and then nothing is counted. */
  take(key: string): Taken;
  /** Take one back: it turned out not to be of the counted kind. */
  giveBack(key: string): void;
}

export interface RateLimiterDeps {
  clock: Pick<Clock, "now">;
  limit: RateLimit;
  /** So many keys are remembered; beyond it the oldest is forgotten. */
  keysMax?: number;
}

const KEYS_MAX = 10_000;

export function createRateLimiter({ clock, limit, keysMax = KEYS_MAX }: RateLimiterDeps): RateLimiter {
  // In the order of their windows' beginnings, since every window is equally long and a new one is put at the end.
  const windows = new Map<string, { since: number; count: number }>();

  function forget(nowMs: number): void {
    for (const [key, window] of windows) {
      if (nowMs - window.since < limit.windowMs && windows.size < keysMax) return;
      windows.delete(key);
    }
  }

  return {
    take(key) {
      const nowMs = clock.now().getTime();
      const known = windows.get(key);
      // A clock that was set back must not lock anybody out for longer than the window.
      const isOpen = known !== undefined && Math.abs(nowMs - known.since) < limit.windowMs;
      if (!isOpen) {
        windows.delete(key);
        forget(nowMs);
        windows.set(key, { since: nowMs, count: 1 });
        return { ok: true };
      }
      if (known.count >= limit.count) {
        return { ok: false, retryAfterS: Math.max(1, Math.ceil((known.since + limit.windowMs - nowMs) / 1000)) };
      }
      known.count += 1;
      return { ok: true };
    },
    giveBack(key) {
      const known = windows.get(key);
      if (known !== undefined && known.count > 0) known.count -= 1;
    },
  };
}

/** @throws ProblemError too-many-requests, saying when to come back */
export function refuseBeyond(taken: Taken): void {
  if (!taken.ok) throw new ProblemError("too-many-requests", { retryAfterS: taken.retryAfterS });
}
