// Owns how long what is kept: which months of which log are past their time, and when ended tokens and deliveries are forgotten. Pure; the
// SQL is in queries/, and when it runs is the scheduler's.

import type { Retention } from "../config.ts";

export type LogByMonth = keyof Retention;

/** How long a token that ended, or a delivery that is done, is kept for whoever asks what happened. */
export const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Keys of events deleted in one go: each is looked for in every month by its foreign key, so that these take half a second. */
export const KEYS_AT_ONCE = 5_000;

export interface RetiredLog {
  log: LogByMonth;
  /** Partitions that end at or before this moment have had their time; the first moment of a month in UTC. */
  endedBy: Date;
}

export function listRetired(now: Date, retention: Retention): RetiredLog[] {
  const logs = Object.keys(retention) as LogByMonth[];
  return logs.map((log) => ({ log, endedBy: endedByOf(now, retention[log]) }));
}

/** What ended by this moment has been kept for so many months and more. */
export function endedByOf(now: Date, monthsKept: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsKept, 1));
}
