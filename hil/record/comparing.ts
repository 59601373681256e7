// Owns what two runs of the same thing must have in common: which fields count, which differ by their nature, and how ids that each run
// draws anew are followed from one to the other. Pure.
import type { Json, RecordFields } from "./entries.ts";

/** Somewhere a replay went another way than its recording. */
export interface Difference {
  /** Of the recording's file, from 1; the header is the first. 0: the recording has no place for it. */
  line: number;
  /** Milliseconds of the recording. */
  at: number;
  what: string;
  recorded: string;
  replayed: string;
}

/** Drawn anew, or measured, or the clock's: never compared. */
const NEVER_COMPARED = new Set([
  ...["nonce", "challenge", "proof", "sealed", "host", "port", "user", "serial", "serialNumber", "mac", "macAddress"],
  ...["age", "ageMs", "latencyMs", "uptimeMs", "ms", "memFree", "memTotal", "rssi", "batteryMv", "retryMs"],
]);
/** Allowed to differ by so much, in the field's own unit. */
const TOLERANCES: Record<string, number> = { expiresInS: 60 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In words, for people: what the lists above and the fields below say. */
export const TOLERATED = [
  "ids and numbers that each run draws anew (devices, alerts, updates, commands, boots) are followed, not compared by value",
  "nonces, challenges, proofs, seals, addresses, names of boards, ages, uptimes, memory, battery and signal strength are not compared",
  "the seconds a claiming window stays open may differ by 60",
];

/** Which id of the replay stands for which of the recording; one stands for one. */
export class IdMap {
  readonly #replayed = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  /** True if the two can be the same thing; the first pair decides. */
  match(recorded: string, replayed: string): boolean {
    const known = this.#replayed.get(recorded);
    if (known !== undefined) return known === replayed;
    if (this.#recorded.has(replayed)) return false;
    this.#replayed.set(recorded, replayed);
    this.#recorded.set(replayed, recorded);
    return true;
  }

  /** The replay's id; undefined if it was never met. */
  find(recorded: string): string | undefined {
    return this.#replayed.get(recorded);
  }

  /** The text with every id of the recording replaced that is known. */
  translate(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => this.find(id) ?? id);
  }
}

export function isUuidText(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}

/**
 * Compares what the recording has of these fields with what the replay has; what only the replay has, counts too.
 * @param drawn names whose values each run draws anew, beside UUIDs; they are told apart by their name
 * @returns one text for each field that differs
 */
export function compareFields(
  recorded: RecordFields,
  replayed: RecordFields,
  ids: IdMap,
  drawn: readonly string[] = [],
): { field: string; recorded: string; replayed: string }[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])];
  return names
    .filter((name) => !NEVER_COMPARED.has(name) && !isAlike(name, recorded[name], replayed[name], ids, drawn))
    .map((field) => ({ field, recorded: tell(recorded[field]), replayed: tell(replayed[field]) }));
}

type Value = RecordFields[string] | undefined;

function isAlike(name: string, recorded: Value, replayed: Value, ids: IdMap, drawn: readonly string[]): boolean {
  if (isUuidText(recorded) && isUuidText(replayed)) return ids.match(recorded, replayed);
  if (drawn.includes(name) && recorded !== undefined && replayed !== undefined) {
    return ids.match(`${name} ${recorded}`, `${name} ${replayed}`);
  }
  const tolerance = TOLERANCES[name];
  if (tolerance !== undefined && typeof recorded === "number" && typeof replayed === "number") {
    return Math.abs(recorded - replayed) <= tolerance;
  }
  return recorded === replayed;
}

function tell(value: Value): string {
  return value === undefined ? "nothing" : String(value);
}

export function tellFields(name: string, fields: RecordFields): string {
  const words = Object.entries(fields)
    .filter(([field]) => !NEVER_COMPARED.has(field))
    .map(([field, value]) => `${field}=${value}`);
  return [name, ...words].join(" ");
}

/** What a notice says to a person about the thing itself; its times and numbers are each run's own. */
const NOTICE_FIELDS: Record<string, readonly string[]> = {
  event: ["kind", "value", "bootId", "sequence", "exact"],
  alert: ["id", "type", "status", "severity"],
  update: ["id", "status", "code", "version", "sha256"],
  device: ["id", "online", "trapState", "firmwareVersion", "firmwareSha256"],
};

/** The plain values of a notice that are compared; null for notices of which nothing is. */
export function readNotice(notice: string, data: Json): RecordFields | null {
  const names = NOTICE_FIELDS[notice];
  if (names === undefined || data === null || typeof data !== "object" || Array.isArray(data)) return null;
  const fields: RecordFields = {};
  for (const name of names) {
    const value = data[name];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") fields[name] = value;
    else if (value === null) fields[name] = "null";
  }
  return fields;
}
