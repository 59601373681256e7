// Owns what a run comes to: how many of which outcome, the one outcome of all, and what the process ends with.
import { EXIT } from "../error.ts";
import type { Outcome } from "./events.ts";

export interface RunResult {
  outcome: Outcome;
  exitStatus: number;
  durationMs: number;
  counts: Record<Outcome, number>;
}

export function countOutcomes(outcomes: Outcome[]): Record<Outcome, number> {
  const counts = { passed: 0, marginal: 0, failed: 0, skipped: 0, broken: 0, interrupted: 0 };
  for (const outcome of outcomes) counts[outcome] += 1;
  return counts;
}

/** The weightiest first: a promise that was broken is news even where a port gave way as well, and whoever tries again because of the port
 * shall not overlook it. */
const WEIGHTIEST_FIRST: Outcome[] = ["interrupted", "failed", "broken", "marginal", "passed", "skipped"];

export function outcomeOfRun(counts: Record<Outcome, number>): Outcome {
  return WEIGHTIEST_FIRST.find((outcome) => counts[outcome] > 0) ?? "skipped";
}

export function exitStatusOf(outcome: Outcome): number {
  if (outcome === "failed") return EXIT.failed;
  return outcome === "broken" || outcome === "interrupted" ? EXIT.infrastructure : EXIT.passed;
}
