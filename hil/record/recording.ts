// Owns the file of a recording: JSON lines, a header first, then what happened in order, an `ended` line last. Reading never throws and
// names line and fault; a recording whose end was torn off, as by a full disk, is read as far as it goes.
import type { BoardFacts, Outcome } from "../steps/events.ts";
import { decodeEntry, show, type TimedEntry } from "./entries.ts";
import { KEPT_AGAINST, type Kept, parseExpectation } from "./kept-terms.ts";

/** Of the file. A reader takes no other: what it does not know it would replay wrongly. */
export const RECORDING_FORMAT = 1;
/** A chunk of firmware in base64 is below 1 KB, a record below 2; nothing of ours comes near. */
export const LINE_CHARS_MAX = 262_144;

export interface FirmwareFacts {
  version: string;
  sha256: string;
}

export interface RecordingHeader {
  board: BoardFacts;
  /** What ran when it began; null while nobody has said. */
  firmware: FirmwareFacts | null;
  suite: string;
  attempt: number;
  /** ISO 8601. */
  recordedAt: string;
  /** What is expected when it is replayed, once somebody has kept it as a test. */
  kept?: Kept;
}

export interface RecordingEnd {
  outcome: Outcome;
  /** The failure's message; null where there was none. */
  failure: string | null;
  durationMs: number;
}

export interface Recording extends RecordingHeader {
  entries: TimedEntry[];
  /** Null: the recording breaks off. */
  end: RecordingEnd | null;
}

/** `line` counts from 1; `fault` is a whole sentence's half: what stands there and what was expected. */
export type ParsedRecording =
  | { ok: true; value: Recording; remarks: string[] }
  | { ok: false; line: number; fault: string };

const OUTCOMES: readonly Outcome[] = ["passed", "marginal", "failed", "skipped", "broken", "interrupted"];

export function formatHeader(header: RecordingHeader): string {
  const { board, firmware, suite, attempt, recordedAt, kept } = header;
  const named = { trapline: "recording", format: RECORDING_FORMAT, board, firmware, suite, attempt, recordedAt };
  return formatLine({ ...named, ...(kept && { kept }) });
}

export function formatEntry(entry: TimedEntry): string {
  const { at, kind, ...rest } = entry;
  return formatLine({ at, kind, ...rest });
}

export function formatEnd(end: RecordingEnd): string {
  const { outcome, failure, durationMs } = end;
  return formatLine({ at: durationMs, kind: "ended", outcome, failure });
}

/** The whole file. What is parsed of it is the same recording. */
export function formatRecording(recording: Recording): string {
  const { entries, end } = recording;
  return formatHeader(recording) + entries.map(formatEntry).join("") + (end === null ? "" : formatEnd(end));
}

function formatLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Never throws, whatever the text is. */
export function parseRecording(text: string): ParsedRecording {
  const lines = text.split("\n");
  const isTorn = lines.at(-1) !== "";
  if (!isTorn) lines.pop();
  const remarks: string[] = [];
  const header = decodeHeader(parseJson(lines[0] ?? ""));
  if (!header.ok) return { ok: false, line: 1, fault: header.fault };
  const recording: Recording = { ...header.value, entries: [], end: null };
  for (let i = 1; i < lines.length; i++) {
    const line = i + 1;
    const fault = addLine(recording, lines[i] ?? "");
    if (fault === null) continue;
    // Only what has no line end can have been torn.
    if (!isTorn || i < lines.length - 1) return { ok: false, line, fault };
    remarks.push(`line ${line} was torn and is left out`);
  }
  if (recording.end === null) remarks.push("the recording breaks off: its end was never written");
  return { ok: true, value: recording, remarks };
}

/** What is wrong with the line; null if it was taken. */
function addLine(recording: Recording, line: string): string | null {
  if (recording.end !== null) return "nothing may stand behind the end";
  if (line.length > LINE_CHARS_MAX) return `the line has ${line.length} characters, at most ${LINE_CHARS_MAX} are read`;
  const value = parseJson(line);
  if (value === undefined) return "expected JSON";
  if (isObject(value) && value.kind === "ended") {
    const end = decodeEnd(value);
    if (typeof end === "string") return end;
    recording.end = end;
    return null;
  }
  const entry = decodeEntry(value);
  if (!entry.ok) return entry.fault;
  const last = recording.entries.at(-1)?.at ?? 0;
  if (entry.value.at < last) return `"at" is ${entry.value.at}, which is before ${last} of the line above`;
  recording.entries.push(entry.value);
  return null;
}

function decodeHeader(value: unknown): { ok: true; value: RecordingHeader } | { ok: false; fault: string } {
  if (!isObject(value) || value.trapline !== "recording")
    return { ok: false, fault: "expected the header of a recording" };
  if (value.format !== RECORDING_FORMAT) {
    return { ok: false, fault: `"format" is ${show(value.format)}; this program reads ${RECORDING_FORMAT}` };
  }
  const { board, firmware, suite, attempt, recordedAt, kept } = value;
  if (!isBoard(board)) return { ok: false, fault: '"board" is no board: expected name, mac, isVirtual and labels' };
  if (!isFirmware(firmware)) return { ok: false, fault: '"firmware" is neither null nor version and sha256' };
  if (typeof suite !== "string" || suite === "")
    return { ok: false, fault: `"suite" is ${show(suite)}; expected a name` };
  if (!Number.isInteger(attempt)) return { ok: false, fault: `"attempt" is ${show(attempt)}; expected a number` };
  if (typeof recordedAt !== "string" || Number.isNaN(Date.parse(recordedAt))) {
    return { ok: false, fault: `"recordedAt" is ${show(recordedAt)}; expected a date` };
  }
  const read = { board, firmware, suite, attempt: Number(attempt), recordedAt };
  if (kept === undefined) return { ok: true, value: read };
  if (!isKept(kept)) return { ok: false, fault: '"kept" does not say name, against, expects, must and never' };
  return { ok: true, value: { ...read, kept } };
}

function decodeEnd({ at, outcome, failure }: Record<string, unknown>): RecordingEnd | string {
  if (typeof at !== "number" || at < 0) return `"at" is ${show(at)}; expected milliseconds since the beginning`;
  const known = OUTCOMES.find((one) => one === outcome);
  if (known === undefined) return `"outcome" is ${show(outcome)}; expected one of ${OUTCOMES.join(", ")}`;
  if (failure !== null && typeof failure !== "string") return `"failure" is ${show(failure)}; expected a text or null`;
  return { outcome: known, failure, durationMs: at };
}

function isBoard(value: unknown): value is BoardFacts {
  if (!isObject(value) || !isObject(value.labels)) return false;
  const { name, mac, isVirtual, labels } = value;
  const isNamed = typeof name === "string" && typeof mac === "string" && typeof isVirtual === "boolean";
  return isNamed && Object.values(labels).every((label) => typeof label === "string");
}

function isFirmware(value: unknown): value is FirmwareFacts | null {
  if (value === null) return true;
  return isObject(value) && typeof value.version === "string" && typeof value.sha256 === "string";
}

function isKept(value: unknown): value is Kept {
  if (!isObject(value) || typeof value.name !== "string") return false;
  const { against, expects, must, never } = value;
  const isList = (list: unknown, fits: (one: unknown) => boolean) => Array.isArray(list) && list.every(fits);
  const isExpectation = (one: unknown) => typeof one === "string" && parseExpectation(one) !== null;
  return (
    isList(against, (one) => KEPT_AGAINST.some((known) => known === one)) &&
    (expects === "same" || expects === "otherwise") &&
    isList(must, isExpectation) &&
    isList(never, isExpectation)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
