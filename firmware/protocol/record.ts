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
  fields: { [name: string]: FieldValue };
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

function isLetter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

interface Cursor {
  text: string;
  at: number;
  ok: boolean;
}

/** The next character that is no space, not taken; 0 at the end. (charCodeAt beyond the end differs between interpreters.) */
function peek(s: Cursor): number {
  while (s.at < s.text.length && s.text.charCodeAt(s.at) === SPACE) s.at++;
  return s.at < s.text.length ? s.text.charCodeAt(s.at) : 0;
}

function take(s: Cursor, c: number): boolean {
  if (peek(s) !== c) return false;
  s.at++;
  return true;
}

/** The string whose opening quote comes next; on a fault `ok` falls and the answer is empty. */
function scanText(s: Cursor): string {
  let out = "";
  if (!take(s, QUOTE)) {
    s.ok = false;
    return out;
  }
  let from = s.at;
  while (s.at < s.text.length) {
    const c = s.text.charCodeAt(s.at);
    if (c === QUOTE) {
      out += s.text.substring(from, s.at);
      s.at++;
      return out;
    }
    if (c === BACKSLASH) {
      const escaped = s.at + 1 < s.text.length ? s.text.charCodeAt(s.at + 1) : 0;
      if (escaped !== QUOTE && escaped !== BACKSLASH) break;
      out += s.text.substring(from, s.at);
      from = s.at + 1;
      s.at += 2;
    } else if (c < SPACE || c > 126) break;
    else s.at++;
  }
  s.ok = false;
  return "";
}

/** An integer without leading zeros, at most INTEGER_MAX either way. */
function scanInteger(s: Cursor): number {
  const negative = take(s, 45);
  const from = s.at;
  let value = 0;
  while (s.at < s.text.length && isDigit(s.text.charCodeAt(s.at))) {
    value = value * 10 + (s.text.charCodeAt(s.at) - 48);
    s.at++;
  }
  const digits = s.at - from;
  if (digits < 1 || digits > 16 || value > INTEGER_MAX) s.ok = false;
  if (s.text.charCodeAt(from) === 48 && (digits > 1 || negative)) s.ok = false;
  return negative ? 0 - value : value;
}

function scanWord(s: Cursor, word: string): boolean {
  if (s.text.substring(s.at, s.at + word.length) !== word) return false;
  s.at += word.length;
  return true;
}

function scanValue(s: Cursor): FieldValue {
  const c = peek(s);
  if (c === QUOTE) return scanText(s);
  if (c === 45 || isDigit(c)) return scanInteger(s);
  if (scanWord(s, "true")) return true;
  if (scanWord(s, "false")) return false;
  s.ok = false;
  return "";
}

function isFieldName(name: string): boolean {
  if (name.length < 1 || name.length > FIELD_NAME_CHARS_MAX || !isLetter(name.charCodeAt(0))) return false;
  for (let i = 1; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (!isLetter(c) && !isDigit(c)) return false;
  }
  return true;
}

function scanFields(s: Cursor, fields: { [name: string]: FieldValue }): void {
  // Names are compared with those seen, not looked up, so that `constructor` and its like are names as any other.
  const seen: string[] = [];
  if (!take(s, 123)) {
    s.ok = false;
    return;
  }
  if (take(s, 125)) return;
  while (s.ok) {
    const name = scanText(s);
    if (!s.ok || !isFieldName(name) || seen.indexOf(name) >= 0 || !take(s, 58)) {
      s.ok = false;
      return;
    }
    seen.push(name);
    fields[name] = scanValue(s);
    if (take(s, 125)) return;
    if (!take(s, 44)) s.ok = false;
  }
}

/**
 * Open a record for reading. Never throws: whatever comes in, the answer is a reader whose `code` tells the fault.
 * @param text what arrived; anything but a string is refused.
 */
export function openRecord(text: unknown): RecordReader {
  const reader: RecordReader = { code: CODE_OK, field: "", fields: {} };
  if (typeof text !== "string") {
    reader.code = CODE_NOT_TEXT;
    return reader;
  }
  if (text.length > RECORD_BYTES_MAX) {
    reader.code = CODE_TOO_LONG;
    return reader;
  }
  const cursor: Cursor = { text: text, at: 0, ok: true };
  scanFields(cursor, reader.fields);
  if (!cursor.ok || peek(cursor) !== 0 || cursor.at < text.length) {
    reader.code = CODE_MALFORMED;
    reader.fields = {};
  } else if (reader.fields.v !== PROTOCOL_VERSION) {
    reader.code = CODE_UNKNOWN_VERSION;
    reader.field = "v";
  }
  return reader;
}

function fault(reader: RecordReader, name: string): void {
  if (reader.code !== CODE_OK) return;
  reader.code = CODE_BAD_FIELD;
  reader.field = name;
}

/** The integer `name` between min and max, both allowed; else the record is at fault and the answer is min. */
export function readInteger(reader: RecordReader, name: string, min: number, max: number): number {
  const value = reader.fields[name];
  if (typeof value === "number" && value >= min && value <= max) return value;
  fault(reader, name);
  return min;
}

export function readBoolean(reader: RecordReader, name: string): boolean {
  const value = reader.fields[name];
  if (typeof value === "boolean") return value;
  fault(reader, name);
  return false;
}

/** The text `name` of min to max characters. */
export function readText(reader: RecordReader, name: string, min: number, max: number): string {
  const value = reader.fields[name];
  if (typeof value === "string" && value.length >= min && value.length <= max) return value;
  fault(reader, name);
  return "";
}

/** Lower-case hexadecimal of exactly `chars` characters. */
export function readHex(reader: RecordReader, name: string, chars: number): string {
  const value = reader.fields[name];
  if (typeof value === "string" && value.length === chars && isHex(value)) return value;
  fault(reader, name);
  return "";
}

export function readUuid(reader: RecordReader, name: string): string {
  const value = reader.fields[name];
  if (typeof value === "string" && isUuid(value)) return value;
  fault(reader, name);
  return "";
}

/** One of the words of a closed list. */
export function readWord<W extends string>(reader: RecordReader, name: string, words: readonly W[]): W {
  const value = reader.fields[name];
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
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!isDigit(c) && !(c >= 97 && c <= 102)) return false;
  }
  return true;
}

/** A UUID in its lower-case textual form, of any version. */
export function isUuid(text: string): boolean {
  if (text.length !== 36) return false;
  for (let i = 0; i < 36; i++) {
    const c = text.charCodeAt(i);
    const dash = i === 8 || i === 13 || i === 18 || i === 23;
    if (dash ? c !== 45 : !isDigit(c) && !(c >= 97 && c <= 102)) return false;
  }
  return true;
}

/** Text as it may stand between quotes; what is not printable ASCII becomes `?`, so that writing never fails. */
export function escapeText(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE || c === BACKSLASH) out += "\\" + text.charAt(i);
    else out += c < SPACE || c > 126 ? "?" : text.charAt(i);
  }
  return out;
}

/** The beginning of every record. */
export function startRecord(): string {
  return '{"v":' + PROTOCOL_VERSION;
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
