// Owns how the proof's result is told: in words, or as JSON lines of which the last says whether it holds.
import type { Scenario } from "./scenario.ts";
import { listStateFaults, type Tally } from "./tally.ts";

export interface Verdict {
  ok: boolean;
  cases: number;
  boots: number;
  failures: number;
  /** What is broken on purpose: names of those the proof has found out, and of those it has not. */
  caught: string[];
  survived: string[];
  seconds: number;
}

export interface Proven {
  scenario: Scenario;
  tally: Tally;
}

export function decideVerdict(proven: Proven[], broken: Proven[], seconds: number): Verdict {
  const faults = proven.flatMap(({ scenario, tally }) => listStateFaults(scenario, tally));
  const sum = (field: "cases" | "boots" | "failureCount") =>
    proven.reduce((count, { tally }) => count + tally[field], 0);
  const names = (isCaught: boolean) =>
    broken.filter(({ tally }) => tally.failureCount > 0 === isCaught).map(({ scenario }) => scenario.name);
  const failures = sum("failureCount") + faults.length;
  const survived = names(false);
  return {
    ...{ ok: failures === 0 && survived.length === 0, cases: sum("cases"), boots: sum("boots"), failures },
    ...{ caught: names(true), survived, seconds: Math.round(seconds * 10) / 10 },
  };
}

export function formatJson(proven: Proven[], broken: Proven[], verdict: Verdict): string[] {
  const tellOne = ({ scenario, tally }: Proven) => {
    const { failureCount, failures, ...counts } = tally;
    const faults = listStateFaults(scenario, tally);
    return JSON.stringify({
      ...counts,
      title: scenario.title,
      failures: failureCount,
      stateFaults: faults,
      first: failures,
    });
  };
  const tellBroken = ({ scenario, tally }: Proven) =>
    JSON.stringify({ broken: scenario.name, title: scenario.title, cases: tally.cases, failures: tally.failureCount });
  return [...proven.map(tellOne), ...broken.map(tellBroken), JSON.stringify(verdict)];
}

export function formatWords(proven: Proven[], broken: Proven[], verdict: Verdict): string[] {
  const lines = proven.flatMap(({ scenario, tally }) => [
    `${scenario.name}: ${scenario.title}`,
    `  ${tally.operations} flash operations, ${count(tally.cases, "case")}, of which ${count(tally.boots, "are", "is")} not alike to the byte`,
    `  states seen: ${Object.entries(tally.states)
      .map(([state, times]) => `${state} ${times}`)
      .join(", ")}`,
    ...listStateFaults(scenario, tally).map((fault) => `  FAILED: ${fault}`),
    ...tally.failures.map(({ id, message }) => `  FAILED ${id}: ${message}`),
    ...(tally.failureCount > tally.failures.length ? [`  ... ${tally.failureCount} failures in all`] : []),
  ]);
  for (const { scenario, tally } of broken) {
    const outcome = tally.failureCount > 0 ? `caught, in ${tally.failureCount} of ${tally.cases} cases` : "SURVIVED";
    lines.push(`${scenario.name} (${scenario.title}): ${outcome}`);
  }
  const end = `${verdict.cases} cases, ${verdict.failures} failures, ${verdict.caught.length} broken variants caught`;
  lines.push(
    `${verdict.ok ? "proven" : "NOT PROVEN"}: ${end}, ${verdict.survived.length} survived, ${verdict.seconds} s`,
  );
  const failed = proven.flatMap(({ tally }) => tally.failures)[0];
  if (failed) lines.push(`replay: npm run proof:powercut -- --only ${failed.id}`);
  return lines;
}

function count(number: number, word: string, single = word): string {
  return word === "case" ? `${number} ${number === 1 ? "case" : "cases"}` : `${number} ${number === 1 ? single : word}`;
}
