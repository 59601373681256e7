// Owns how long what is kept: which months of which log are past their time, and when ended tokens and deliveries are forgotten. Pure; the
// SQL is in queries/, and when it runs is the scheduler's.

import type { Retention } from "../config.ts";

export type LogByMonth = keyof Retention;

/** How long a token that ended, or a delivery that is done, is kept for whoever asks what happened. */
export const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

export interface RetiredLog {
  log: LogByMonth;
  /** Partitions that end at or before this moment have had their time; the first moment of a month in UTC. */
  endedBy: Date;
}

export function listRetired(now: Date, retention: Retention): RetiredLog[] {
  const logs = Object.keys(retention) as LogByMonth[];
  return logs.map((log) => ({
    log,
    endedBy: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - retention[log], 1)),
  }));
}
