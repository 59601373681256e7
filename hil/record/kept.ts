// Owns what makes a test of a recording: which half is replayed against what, and what is expected. A sound run is expected to be the same
// again; of a failure it is said what must come out, or must not, once the fault is mended. Pure.
import type { TimedEntry } from "./entries.ts";
import { readOutput } from "./expectations.ts";
import { type Kept, type KeptAgainst, parseExpectation } from "./kept-terms.ts";
import type { Recording } from "./recording.ts";
import type { ReplayOutcome } from "./replay-cloud.ts";

/** What speaks against it having gone as expected; empty if nothing does. */
export function judgeKept(kept: Kept, against: KeptAgainst, outcome: ReplayOutcome): string[] {
  const { differences, seen } = outcome;
  const tell = differences.map((one) => `line ${one.line}, ${one.what}: recorded ${one.recorded}, now ${one.replayed}`);
  if (outcome.compared === 0) return ["nothing was compared: the recording holds nothing of this half"];
  if (kept.expects === "same") return tell;
  if (against === "cloud" || kept.must.length + kept.never.length === 0) {
    return differences.length > 0 ? [] : ["it went as recorded, and the recording shows a fault"];
  }
  const came = (text: string) => {
    const wanted = parseExpectation(text);
    return seen.some((one) => {
      if (wanted === null || one.channel !== wanted.channel || one.name !== wanted.name) return false;
      return Object.entries(wanted.fields).every(([field, value]) => String(one.fields[field]) === value);
    });
  };
  return [
    ...kept.must.filter((text) => !came(text)).map((text) => `${text} did not come`),
    ...kept.never.filter(came).map((text) => `${text} came`),
  ];
}

/** Says nothing to a replay, and fills a file that people read. */
const DROPPED_LINES = ["health", "portal", "identity"];

/**
 * What a test needs of a recording: bytes of the cable, lines that no comparison looks at and the bench's own labels go; chunks of firmware
 * stay, since an update cannot be replayed without.
 */
export function trimRecording(recording: Recording): Recording {
  const entries = recording.entries.filter(isWorthKeeping);
  const begin = entries[0]?.at ?? 0;
  const { board, end } = recording;
  return {
    ...recording,
    board: { ...board, name: "board", labels: {} },
    entries: entries.map((entry) => ({ ...entry, at: entry.at - begin })),
    end: end === null ? null : { ...end, durationMs: end.durationMs - begin },
  };
}

function isWorthKeeping(entry: TimedEntry): boolean {
  if (entry.kind === "serial" || (entry.kind === "pin" && ["led", "buzzer"].includes(entry.pin))) return false;
  if (entry.kind === "mqtt") return entry.name !== "will";
  if (entry.kind !== "line") return true;
  const name = /^TL \d+ (\S+)/.exec(entry.text)?.[1];
  return name !== undefined && (!DROPPED_LINES.includes(name) || readOutput(entry) !== null);
}

/** The halves that a recording has anything of. */
export function listHalves({ entries }: Recording): KeptAgainst[] {
  const hasOutputs = entries.some((entry) => readOutput(entry) !== null);
  const says = entries.some(
    (entry) => entry.kind === "request" || (entry.kind === "mqtt" && entry.direction === "out"),
  );
  // A cloud that nobody has claimed the trap at would only be silent.
  const hasPerson = entries.some((entry) => entry.kind === "person" || entry.kind === "notice");
  return [...(hasOutputs ? (["trap"] as const) : []), ...(says && hasPerson ? (["cloud"] as const) : [])];
}
