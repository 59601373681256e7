// Owns which of a board's outputs a replay compares, and which of their fields. What comes out as often as chance and speed have it (tries
// to connect, polls, telemetry, health) is not; what a person, or the cloud, would notice is. Pure.
import { parseConsoleLine } from "#protocol";
import { compareFields, type IdMap } from "./comparing.ts";
import type { RecordedEntry, RecordFields } from "./entries.ts";

/** One output as it is compared. */
export interface Output {
  channel: "console" | "mqtt" | "http";
  name: string;
  fields: RecordFields;
}

interface Rule {
  /** These and no others. */
  fields: readonly string[];
  /** Of the values each run draws anew. */
  drawn?: readonly string[];
  /** Only lines with such a value count: the others are on the way there. */
  only?: { field: string; values: readonly string[] };
  /** Once more than recorded is a difference too. */
  isCounted?: boolean;
}

const LINES: Record<string, Rule> = {
  boot: { fields: ["id", "reason"], drawn: ["id"], isCounted: true },
  link: { fields: ["state"], only: { field: "state", values: ["joined", "unset"] } },
  session: { fields: ["state"], only: { field: "state", values: ["online"] } },
  claim: {
    fields: ["status", "code"],
    only: {
      field: "status",
      values: [
        "open",
        "owned",
        "code-claimed",
        "code-refused",
        "ready",
        "released",
        "release-told",
        "free",
        "claim-failed",
      ],
    },
  },
  trap: { fields: ["state"] },
  event: { fields: ["kind", "seq"], isCounted: true },
  // A switch that bounces for long is several presses; what they lead to is counted.
  button: { fields: ["press"] },
  command: { fields: ["command", "id"], isCounted: true },
  config: { fields: ["rev"] },
  alarm: { fields: ["stage"] },
  update: {
    fields: ["phase", "code"],
    only: { field: "phase", values: ["accepted", "verified", "refused", "confirmed"] },
  },
  portal: { fields: ["state"], only: { field: "state", values: ["open", "closed"] } },
  fault: { fields: ["code", "about"], isCounted: true },
  refused: { fields: ["code", "about"], isCounted: true },
  restart: { fields: ["reason"], isCounted: true },
  reboot: { fields: [], isCounted: true },
  reset: { fields: [], isCounted: true },
};

const RECORDS: Record<string, Rule> = {
  hello: { fields: ["boot", "reason", "state", "rev"], drawn: ["boot"] },
  event: { fields: ["boot", "seq", "exact", "kind", "value"], drawn: ["boot"], isCounted: true },
  reported: { fields: ["rev", "telemetryS", "confirmMs", "armDelayMs", "buzzer"] },
  result: { fields: ["id", "code"] },
  update: { fields: ["phase", "code"], only: { field: "phase", values: ["accepted", "verified", "refused"] } },
};

const REQUESTS: Record<string, Rule> = { claiming: { fields: ["code"] }, release: { fields: [] } };
const RULES = { console: LINES, mqtt: RECORDS, http: REQUESTS };

/** In words, for people. */
export const OUTPUTS_COMPARED = [
  `console lines by name and fields: ${Object.keys(LINES).join(", ")}`,
  `MQTT records by topic and fields: ${Object.keys(RECORDS).join(", ")} (telemetry and wills are not; an event said again counts once)`,
  `requests: ${Object.keys(REQUESTS).join(", ")}; how often it asks for challenges and credentials is not compared`,
  "of connecting, joining and updating only where it ends; version and hash of the firmware, LED and buzzer are not compared",
];

/** What the entry is to a comparison; null if it is no output that is compared. */
export function readOutput(entry: RecordedEntry): Output | null {
  if (entry.kind === "line") {
    const line = parseConsoleLine(entry.text);
    return line === null ? null : choose("console", line.name, line.fields);
  }
  if (entry.kind === "mqtt") return entry.direction === "out" ? choose("mqtt", entry.name, entry.record) : null;
  return entry.kind === "request" ? choose("http", entry.step, entry.fields) : null;
}

function choose(channel: Output["channel"], name: string, all: RecordFields): Output | null {
  const rules: Record<string, Rule> = RULES[channel];
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule === undefined) return null;
  if (rule.only && !rule.only.values.includes(String(all[rule.only.field]))) return null;
  const fields: RecordFields = {};
  for (const field of rule.fields) {
    const value = all[field];
    if (value !== undefined) fields[field] = value;
  }
  return { channel, name, fields };
}

export function isCounted({ channel, name }: Output): boolean {
  const rules: Record<string, Rule> = RULES[channel];
  return rules[name]?.isCounted === true;
}

/** @param drawn fields that this replay draws anew, beside those that every replay does */
export function compareOutputs(
  recorded: Output,
  replayed: Output,
  ids: IdMap,
  drawn: readonly string[] = [],
): ReturnType<typeof compareFields> {
  const rules: Record<string, Rule> = RULES[recorded.channel];
  const { fields } = recorded;
  // A claim code is the replay's own.
  const asked =
    replayed.channel === "http" && fields.code ? { ...replayed.fields, code: fields.code } : replayed.fields;
  return compareFields(fields, asked, ids, [...(rules[recorded.name]?.drawn ?? []), ...drawn]);
}
