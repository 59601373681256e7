// Owns the counts of a proof: plain data, so that several processes can count and one can add up.
import type { Scenario } from "./scenario.ts";

/** So many failures are kept with their words; the rest is counted. */
const FAILURES_KEPT = 20;

export interface Failure {
  /** Replays it alone. */
  id: string;
  message: string;
}

export interface Tally {
  scenario: string;
  /** Flash operations of the run that is not cut. */
  operations: number;
  /** Of what follows a first cut, all together. */
  operationsAfter: number;
  cases: number;
  /** Cases that were not equal to another to the byte, and so were really gone through. */
  boots: number;
  states: Record<string, number>;
  failureCount: number;
  failures: Failure[];
}

export function createTally(scenario: Scenario): Tally {
  const states = Object.fromEntries(scenario.states.map((state) => [state, 0]));
  return {
    ...{ scenario: scenario.name, operations: 0, operationsAfter: 0, cases: 0, boots: 0, states },
    ...{ failureCount: 0, failures: [] },
  };
}

export function addFailure(tally: Tally, id: string, message: string): void {
  tally.failureCount += 1;
  if (tally.failures.length < FAILURES_KEPT) tally.failures.push({ id, message });
}

export function addState(tally: Tally, state: string): void {
  tally.states[state] = (tally.states[state] ?? 0) + 1;
}

/** The second is a share of the same scenario. */
export function addTally(sum: Tally, share: Tally): void {
  sum.operations = share.operations;
  sum.operationsAfter += share.operationsAfter;
  sum.cases += share.cases;
  sum.boots += share.boots;
  for (const [state, count] of Object.entries(share.states)) sum.states[state] = (sum.states[state] ?? 0) + count;
  for (const { id, message } of share.failures) {
    // Every share runs the whole without a cut.
    if (!sum.failures.some((known) => known.id === id)) addFailure(sum, id, message);
  }
  sum.failureCount += share.failureCount - share.failures.length;
}

/** States that should have been seen and were not, and states nobody knew of. */
export function listStateFaults(scenario: Scenario, tally: Tally): string[] {
  const unseen = scenario.states.filter((state) => !tally.states[state]).map((state) => `never saw "${state}"`);
  const unknown = Object.keys(tally.states).filter((state) => !scenario.states.includes(state));
  return [...unseen, ...unknown.map((state) => `saw "${state}", which no trap should be in`)];
}
