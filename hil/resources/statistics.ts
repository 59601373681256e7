// Owns how often suites pass: by suite, by board and by both, each with the interval that the number may be trusted within. Only what passed
// or failed counts; what was skipped, broken or interrupted says nothing of a promise, and is shown beside.
import type { Outcome } from "../steps/events.ts";
import type { HistoryEntry } from "./history.ts";

export interface PassRate {
  /** Marginal ones included. */
  passed: number;
  failed: number;
  /** Of passed + failed, 0 to 1; undefined without any. */
  rate: number | undefined;
  /** The rate lies within, 19 times of 20 (Wilson). */
  low: number;
  high: number;
  others: Partial<Record<Outcome, number>>;
  /** Median of those that passed; undefined without any. */
  medianMs: number | undefined;
}

/** Two-sided 95 %. */
const Z = 1.959964;

/** Wilson's interval: honest for few runs and for rates near 0 and 1, where the plain one claims certainty. */
export function computeInterval(passed: number, total: number): { low: number; high: number } {
  if (total === 0) return { low: 0, high: 1 };
  const rate = passed / total;
  const centre = rate + (Z * Z) / (2 * total);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / total + (Z * Z) / (4 * total * total));
  const scale = 1 + (Z * Z) / total;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

export function isPass(outcome: Outcome): boolean {
  return outcome === "passed" || outcome === "marginal";
}

export function isCounted(outcome: Outcome): boolean {
  return isPass(outcome) || outcome === "failed";
}

export function computeRate(entries: readonly HistoryEntry[]): PassRate {
  const passes = entries.filter(({ outcome }) => isPass(outcome));
  const failed = entries.filter(({ outcome }) => outcome === "failed").length;
  const others: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of entries) if (!isCounted(outcome)) others[outcome] = (others[outcome] ?? 0) + 1;
  const total = passes.length + failed;
  return {
    passed: passes.length,
    failed,
    rate: total === 0 ? undefined : passes.length / total,
    ...computeInterval(passes.length, total),
    others,
    medianMs: computeMedian(passes.map(({ durationMs }) => durationMs)),
  };
}

function computeMedian(values: number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** What tells boards apart: the chip, or for virtual ones the place on the bench, since their chips are new in each run. */
export function toBoardKey({ isVirtual, mac, board }: Pick<HistoryEntry, "isVirtual" | "mac" | "board">): string {
  return isVirtual ? `virtual:${board}` : mac;
}

/** In the order of the keys. */
export function groupEntries(
  entries: readonly HistoryEntry[],
  keyOf: (entry: HistoryEntry) => string,
): [key: string, entries: HistoryEntry[]][] {
  const groups = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
}
