// Owns the flat record: one JSON object of strings, integers and booleans in printable ASCII. Written by hand in fixed order, read by
// a scanner of its own, because the interpreter's JSON.parse takes trailing garbage, quotes of the wrong kind and the first of two
// equal keys [WIRE-1]. Neither direction throws; a refusal is a code and the name of the field.
import {
  CODE_BAD_FIELD,
  CODE_MALFORMED,
  CODE_NOT_TEXT,
  CODE_OK,
  CODE_TOO_LONG,
  CODE_UNKNOWN_VERSION,
} from "./codes.ts";
import { FIELD_NAME_CHARS_MAX, INTEGER_MAX, RECORD_BYTES_MAX } from "./limits.ts";
import { PROTOCOL_VERSION } from "./version.ts";

/** Bytes as a string whose characters are 0 to 255: what the interpreter's own strings are. */
export type Bytes = string;
export type FieldValue = string | number | boolean;
/** The outcome of reading what a stranger wrote. `field` names the first field at fault, or is empty. */
export type Decoded<T> = { ok: true; value: T } | { ok: false; code: number; field: string };

/** A record being read: the first fault stays, later reads of a faulty record answer harmless values. */
export interface RecordReader {
  code: number;
  field: string;
  /** Side by side, and not an object: so `constructor` and its like are names as any other, on both interpreters. */
  names: string[];
  values: FieldValue[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const COMMA = 44;
const DASH = 45;
const COLON = 58;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;

// The scanner goes by native searches and slices wherever it can: on the interpreter a call, or a look at one character, costs as much
// as a line of code. Past the end charCodeAt is NaN there as everywhere.

function isPrintable(text: string): boolean {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c < 32 || c > 126) return false;
  }
  return true;
}

/** A letter, then letters and digits. */
function isFieldName(name: string): boolean {
  const length = name.length;
  if (length < 1 || length > FIELD_NAME_CHARS_MAX) return false;
  for (let i = 0; i < length; i++) {
    const c = name.charCodeAt(i);
    if (c >= 97 && c <= 122) continue;
    if ((c < 65 || c > 90) && (c < 48 || c > 57 || i === 0)) return false;
  }
  return true;
}

/** Where the quote stands that closes the text beginning at `from`; -1 if there is none, or a backslash before anything but \\ and ". */
function closingQuote(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  let slash = text.indexOf("\\", from);
  while (slash >= 0 && slash < quote) {
    const c = text.charCodeAt(slash + 1);
    if (c !== QUOTE && c !== BACKSLASH) return -1;
    if (slash + 1 === quote) quote = text.indexOf('"', slash + 2);
    slash = text.indexOf("\\", slash + 2);
  }
  return quote;
}

/** Behind the value that starts at `from`: a text with both its quotes, or what may be a number or a word. -1 if there is none. */
function valueEnd(text: string, from: number): number {
  let c = text.charCodeAt(from);
  if (c === QUOTE) return closingQuote(text, from + 1) + 1 || -1;
  let at = from;
  while ((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === DASH) c = text.charCodeAt(++at);
  return at === from ? -1 : at;
}

/** What stands between the quotes, its backslashes taken off. */
function unescapeText(text: string): string {
  let out = "";
  let from = 0;
  let at = text.indexOf("\\");
  while (at >= 0) {
    out += text.substring(from, at);
    from = at + 1;
    at = text.indexOf("\\", from + 1);
  }
  return from === 0 ? text : out + text.substring(from);
}

/** Longest integer as written: a minus and 16 digits. */
const INTEGER_CHARS_MAX = 17;

/** A value as it was written; null if it is none. An integer is one if and only if it is written as we write it ourselves. */
function parseValue(raw: string): FieldValue | null {
  if (raw.charCodeAt(0) === QUOTE) return unescapeText(raw.substring(1, raw.length - 1));
  if (raw === "true") return true;
  if (raw === "false") return false;
  // The interpreter throws when it shall convert a long text.
  if (raw.length > INTEGER_CHARS_MAX) return null;
  const value = +raw;
  const exact = value >= 0 - INTEGER_MAX && value <= INTEGER_MAX && Math.floor(value) === value;
  return exact && "" + value === raw ? value : null;
}

/** Fill names and values from printable text; false if it is no record. Spaces are skipped in place, a call for each would double it. */
function scanRecord(text: string, names: string[], values: FieldValue[]): boolean {
  let at = 0;
  while (text.charCodeAt(at) === SPACE) at++;
  let c = text.charCodeAt(at);
  if (c !== BRACE_OPEN) return false;
  let open = true;
  while (open) {
    at++;
    while (text.charCodeAt(at) === SPACE) at++;
    if (c === BRACE_OPEN && text.charCodeAt(at) === BRACE_CLOSE) break;
    const nameEnd = text.charCodeAt(at) === QUOTE ? text.indexOf('"', at + 1) : -1;
    const name = nameEnd < 0 ? "" : text.substring(at + 1, nameEnd);
    if (!isFieldName(name) || names.indexOf(name) >= 0) return false;
    at = nameEnd + 1;
    while (text.charCodeAt(at) === SPACE) at++;
    if (text.charCodeAt(at) !== COLON) return false;
    at++;
    while (text.charCodeAt(at) === SPACE) at++;
    const end = valueEnd(text, at);
    const value = end < 0 ? null : parseValue(text.substring(at, end));
    if (value === null) return false;
    names.push(name);
    values.push(value);
    at = end;
    while (text.charCodeAt(at) === SPACE) at++;
    c = text.charCodeAt(at);
    open = c === COMMA;
  }
  if (text.charCodeAt(at) !== BRACE_CLOSE) return false;
  at++;
  while (text.charCodeAt(at) === SPACE) at++;
  return at === text.length;
}

/**
 * Open a record for reading. Never throws: whatever comes in, the answer is a reader whose `code` tells the fault.
 * @param text what arrived; anything but a string is refused.
 */
export function openRecord(text: unknown): RecordReader {
  const reader: RecordReader = { code: CODE_OK, field: "", names: [], values: [] };
  if (typeof text !== "string") reader.code = CODE_NOT_TEXT;
  else if (text.length > RECORD_BYTES_MAX) reader.code = CODE_TOO_LONG;
  else if (!isPrintable(text) || !scanRecord(text, reader.names, reader.values)) reader.code = CODE_MALFORMED;
  else if (findValue(reader, "v") !== PROTOCOL_VERSION) {
    reader.code = CODE_UNKNOWN_VERSION;
    reader.field = "v";
  }
  return reader;
}

function findValue(reader: RecordReader, name: string): FieldValue | undefined {
  const at = reader.code === CODE_OK ? reader.names.indexOf(name) : -1;
  return at < 0 ? undefined : reader.values[at];
}

function fault(reader: RecordReader, name: string): void {
  if (reader.code !== CODE_OK) return;
  reader.code = CODE_BAD_FIELD;
  reader.field = name;
}

/** The integer `name` between min and max, both allowed; else the record is at fault and the answer is min. */
export function readInteger(reader: RecordReader, name: string, min: number, max: number): number {
  const value = findValue(reader, name);
  if (typeof value === "number" && value >= min && value <= max) return value;
  fault(reader, name);
  return min;
}

export function readBoolean(reader: RecordReader, name: string): boolean {
  const value = findValue(reader, name);
  if (typeof value === "boolean") return value;
  fault(reader, name);
  return false;
}

/** The text `name` of min to max characters. */
export function readText(reader: RecordReader, name: string, min: number, max: number): string {
  return readChecked(reader, name, (text) => text.length >= min && text.length <= max);
}

/** The text `name` if `isGood` says so. */
export function readChecked(reader: RecordReader, name: string, isGood: (text: string) => boolean): string {
  const value = findValue(reader, name);
  if (typeof value === "string" && isGood(value)) return value;
  fault(reader, name);
  return "";
}

/** Lower-case hexadecimal of exactly `chars` characters. */
export function readHex(reader: RecordReader, name: string, chars: number): string {
  return readChecked(reader, name, (text) => text.length === chars && isHex(text));
}

export function readUuid(reader: RecordReader, name: string): string {
  return readChecked(reader, name, isUuid);
}

/** One of the words of a closed list. */
export function readWord<W extends string>(reader: RecordReader, name: string, words: readonly W[]): W {
  const value = findValue(reader, name);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as W;
    if (word === value) return word;
  }
  fault(reader, name);
  return words[0] as W;
}

/** Close a reader: the value if nothing was at fault. */
export function closeRecord<T>(reader: RecordReader, value: T): Decoded<T> {
  return reader.code === CODE_OK ? { ok: true, value: value } : { ok: false, code: reader.code, field: reader.field };
}

export function isHex(text: string): boolean {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if ((c < 48 || c > 57) && (c < 97 || c > 102)) return false;
  }
  return true;
}

/** A UUID in its lower-case textual form, of any version. */
export function isUuid(text: string): boolean {
  const parts = text.length === 36 ? text.split("-") : [];
  if (parts.length !== 5 || !isHex(parts.join(""))) return false;
  // Four dashes in all, so that one in each of these places leaves none elsewhere.
  return (
    text.charCodeAt(8) === DASH &&
    text.charCodeAt(13) === DASH &&
    text.charCodeAt(18) === DASH &&
    text.charCodeAt(23) === DASH
  );
}

/** Text as it may stand between quotes; what is not printable ASCII becomes `?`, so that writing never fails. */
export function escapeText(text: string): string {
  let out = "";
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE || c === BACKSLASH) out += "\\";
    out += c < SPACE || c > 126 ? "?" : text.charAt(i);
  }
  return out;
}

/** The beginning of every record. */
export function startRecord(): string {
  return '{"v":' + PROTOCOL_VERSION;
}

/** The end of every record. One that grew too long is no longer sent as it is but without its fields: every reader refuses that. */
export function endRecord(text: string): string {
  return text.length < RECORD_BYTES_MAX ? text + "}" : startRecord() + "}";
}

export function textField(name: string, value: string): string {
  return ',"' + name + '":"' + escapeText(value) + '"';
}

/** An integer field; what is no number is written as 0, a fraction is cut towards zero. */
export function integerField(name: string, value: number): string {
  // The comparison is false for NaN too, and the interpreter has no Number.isInteger.
  const known = value >= 0 - INTEGER_MAX && value <= INTEGER_MAX;
  const whole = known ? (value < 0 ? 0 - Math.floor(0 - value) : Math.floor(value)) : 0;
  return ',"' + name + '":' + (whole === 0 ? 0 : whole);
}

export function booleanField(name: string, value: boolean): string {
  return ',"' + name + '":' + (value ? "true" : "false");
}
