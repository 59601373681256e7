// Owns what can happen in a recording: one kind of entry for each thing that goes into a board or comes out of it, and how a line of a
// stranger's is found to be one. Seals, proofs, challenges, nonces and passwords have no place in any of them: a replay makes its own.
import { DOWN_NAMES, type DownName, type FieldValue, UP_NAMES, type UpName } from "#protocol";

/** As the board sees it: what goes in comes from the bench or the cloud, what goes out is the board's. */
export type Direction = "in" | "out";
export type RecordFields = Record<string, FieldValue>;

/** What a trap settles over HTTP; `firmware` is one chunk of an update. */
export const TRAP_STEPS = ["challenges", "claiming", "credentials", "release", "firmware"] as const;
export type TrapStep = (typeof TRAP_STEPS)[number];

export const PINS = ["button", "plunger", "led", "buzzer"] as const;
export type PinName = (typeof PINS)[number];

export const PERSON_METHODS = ["POST", "PUT", "DELETE"] as const;
export type PersonMethod = (typeof PERSON_METHODS)[number];

export type RecordedEntry =
  /** Bytes of the cable, as a string of characters 0 to 255. */
  | { kind: "serial"; direction: Direction; bytes: string }
  /** A whole line of the board's console, and an order typed on it. */
  | { kind: "line"; text: string }
  | { kind: "order"; text: string }
  /** The trap's CONNECT and what the broker answered; then records by topic; then the end, by whom. */
  | { kind: "mqtt-connect"; returnCode: number }
  | { kind: "mqtt"; direction: "in"; name: DownName; record: RecordFields }
  | { kind: "mqtt"; direction: "out"; name: UpName; record: RecordFields }
  | { kind: "mqtt-end"; by: "trap" | "cloud" | "cut" }
  /** What the trap asked over HTTP, and the answer. Of a chunk, `body` holds the bytes in base64. */
  | { kind: "request"; step: TrapStep; fields: RecordFields }
  | { kind: "answer"; step: TrapStep; status: number; fields: RecordFields; body?: string }
  /**
   * True: pressed, set, lit. A buzzer's value is its frequency in hertz. Button and plunger go in, LED and buzzer come out. `forMs` of the
   * board's time afterwards it is let go by itself.
   */
  | { kind: "pin"; pin: PinName; value: boolean | number; forMs?: number }
  | { kind: "power"; on: boolean }
  | { kind: "wifi"; up: boolean }
  /** The board's time runs this much faster than ours. */
  | { kind: "clock"; speed: number }
  /** The cloud's broker and doors are there, or not. */
  | { kind: "cloud"; up: boolean }
  /** What a person did at the API, how it was answered, and what they were told on the live stream. `who` tells persons of a suite apart. */
  | { kind: "person"; who: string; method: PersonMethod; path: string; body: Json }
  | { kind: "person-answer"; who: string; status: number }
  | { kind: "notice"; who: string; notice: string; data: Json }
  | { kind: "firmware"; version: string; sha256: string }
  | { kind: "remark"; text: string };

export type EntryKind = RecordedEntry["kind"];
export type EntryOf<K extends EntryKind> = Extract<RecordedEntry, { kind: K }>;
/** `at`: milliseconds since the recording began. */
export type TimedEntry = RecordedEntry & { at: number };

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What was expected in place of the value; null if it is right. */
type Check = (value: unknown) => string | null;

export type DecodedEntry = { ok: true; value: TimedEntry } | { ok: false; fault: string };

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isField = (value: unknown) => ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
/** What is nested deeper nobody writes, and writing it out again would exhaust the stack. */
const DEPTH_MAX = 12;
function isJson(value: unknown, depth = 0): boolean {
  if (value === null || isField(value)) return true;
  if (typeof value !== "object" || depth >= DEPTH_MAX) return false;
  return Object.values(value).every((inner) => isJson(inner, depth + 1));
}
const check =
  (expected: string, isRight: (value: unknown) => boolean): Check =>
  (value) =>
    isRight(value) ? null : expected;
const isNumber = (value: unknown, min: number, max: number) =>
  typeof value === "number" && value >= min && value <= max;

const text = check("a text", (value) => typeof value === "string");
const bytes = check("characters 0 to 255", (value) => typeof value === "string" && !/[^\0-\xff]/.test(value));
const flag = check("true or false", (value) => typeof value === "boolean");
const moment = check("milliseconds since the beginning", (value) => isNumber(value, 0, 1e12));
const status = check(
  "an HTTP status, or 0 for no answer",
  (value) => Number.isInteger(value) && isNumber(value, 0, 599),
);
const fields = check("an object of plain values", (value) => isPlain(value) && Object.values(value).every(isField));
const word = (words: readonly string[]) =>
  check(words.join(", "), (value) => typeof value === "string" && words.includes(value));
const optional =
  (inner: Check): Check =>
  (value) =>
    value === undefined ? null : inner(value);
const json = check(`a JSON value, nested ${DEPTH_MAX} times at most`, (value) => isJson(value));

const SHAPES: Record<EntryKind, Record<string, Check>> = {
  serial: { direction: word(["in", "out"]), bytes },
  line: { text },
  order: { text },
  "mqtt-connect": { returnCode: check("a return code", (value) => Number.isInteger(value) && isNumber(value, 0, 255)) },
  mqtt: { direction: word(["in", "out"]), name: word([...UP_NAMES, ...DOWN_NAMES]), record: fields },
  "mqtt-end": { by: word(["trap", "cloud", "cut"]) },
  request: { step: word(TRAP_STEPS), fields },
  answer: { step: word(TRAP_STEPS), status, fields, body: optional(text) },
  pin: {
    forMs: optional(moment),
    pin: word(PINS),
    value: check("true, false or hertz", (value) => ["boolean", "number"].includes(typeof value)),
  },
  power: { on: flag },
  wifi: { up: flag },
  clock: { speed: check("0.001 to 1000", (value) => isNumber(value, 0.001, 1000)) },
  cloud: { up: flag },
  person: {
    who: text,
    method: word(PERSON_METHODS),
    path: check("a path under /api/", (value) => typeof value === "string" && value.startsWith("/api/")),
    body: json,
  },
  "person-answer": { who: text, status },
  notice: { who: text, notice: text, data: json },
  firmware: { version: text, sha256: text },
  remark: { text },
};

/** Never throws. What it does not know beside the known is a fault too: a recording that says more than we read would be replayed wrongly. */
export function decodeEntry(value: unknown): DecodedEntry {
  if (!isPlain(value)) return { ok: false, fault: "expected an object" };
  const kind = value.kind;
  if (typeof kind !== "string" || !Object.hasOwn(SHAPES, kind)) {
    return { ok: false, fault: `"kind" is ${show(kind)}; expected one of ${Object.keys(SHAPES).join(", ")}` };
  }
  const shape: Record<string, Check> = { at: moment, ...SHAPES[kind as EntryKind] };
  for (const [name, isRight] of Object.entries(shape)) {
    const expected = isRight(value[name]);
    if (expected !== null) return { ok: false, fault: `"${name}" is ${show(value[name])}; expected ${expected}` };
  }
  const foreign = Object.keys(value).find((name) => name !== "kind" && !Object.hasOwn(shape, name));
  if (foreign !== undefined) return { ok: false, fault: `${show(foreign)} is no field of ${kind}` };
  if (kind === "mqtt" && !isNameOf(value.direction === "in" ? DOWN_NAMES : UP_NAMES, value.name)) {
    return { ok: false, fault: `"name" is ${show(value.name)}, which never goes ${String(value.direction)}` };
  }
  return { ok: true, value: value as TimedEntry };
}

function isNameOf(names: readonly string[], name: unknown): boolean {
  return typeof name === "string" && names.includes(name);
}

/** A stranger's value in a message: never long, and never looked into. */
export function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const shown = JSON.stringify(value) ?? "unreadable";
  return shown.length > 60 ? `${shown.slice(0, 60)}...` : shown;
}
