// Owns how the record store looks in flash, byte by byte: pages and records, each with a check value. What the records mean together is
// catalogue.ts's, when a page is begun renewal.ts's. README.md has the drawings.
//
// page    head: "TLS2", sequence (4), check (4); mark, written last: tail (4), check (4); then records without gaps, then 0xFF.
// record  'R' or 'X', length of the keys, length of the value (2), check (4), keys, value, 0xFF up to a multiple of 4.
// A check is the beginning of the SHA-256 of what it covers: native on the chip, where a checksum of our own would take its time.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";

export type Sha256 = (data: Bytes) => Bytes;

const PAGE_MAGIC = "TLS2";
const PAGE_HEAD_BYTES = 12;
export const PAGE_HEADER_BYTES = 20;
export const RECORD_HEADER_BYTES = 8;
export const KEY_CHARS_MAX = 8;
/** Of a key and those that the same record removes, with spaces in between. */
export const KEYS_CHARS_MAX = 96;
export const VALUE_BYTES_MAX = 1024;
export const RECORD_LIVE = "R";
export const RECORD_REMOVED = "X";
/** Written over a place that must never be taken for a record. */
const STRUCK = "\0\0\0\0\0\0\0\0";

export interface StoredRecord {
  live: boolean;
  /** As written: the record's own key first, then those it removes, with spaces in between. */
  keys: string;
  value: Bytes;
  /** In flash, header and padding included. */
  bytes: number;
}

export function encodeRecord(kind: string, keys: string, value: Bytes, sha256: Sha256): Bytes {
  const length = value.length;
  const head = kind + String.fromCharCode(keys.length, length >> 8, length & 255);
  const check = sha256(head + keys + value).substring(0, 4);
  const bytes = head + check + keys + value;
  return bytes + "\xff\xff\xff".substring(0, (4 - (bytes.length & 3)) & 3);
}

/** How many bytes a record takes that begins at an address, by what it says of itself; 0 if nothing begins there. */
export function findRecordBytes(flash: Flash, at: number): number {
  const room = flash.pageBytes - (at % flash.pageBytes);
  if (room < RECORD_HEADER_BYTES) return 0;
  const head = flash.read(at, RECORD_HEADER_BYTES);
  const kind = head.charAt(0);
  const keyChars = head.charCodeAt(1);
  const length = (head.charCodeAt(2) << 8) + head.charCodeAt(3);
  const bytes = (RECORD_HEADER_BYTES + keyChars + length + 3) & ~3;
  if ((kind !== RECORD_LIVE && kind !== RECORD_REMOVED) || keyChars < 1 || keyChars > KEYS_CHARS_MAX) return 0;
  return length > VALUE_BYTES_MAX || bytes > room ? 0 : bytes;
}

/** The record at an address; null if none is there, or it reaches out of its page, or its check does not fit. */
export function readRecord(flash: Flash, at: number, sha256: Sha256): StoredRecord | null {
  const bytes = findRecordBytes(flash, at);
  if (bytes === 0) return null;
  const whole = flash.read(at, bytes);
  const keyChars = whole.charCodeAt(1);
  const length = keyChars + (whole.charCodeAt(2) << 8) + whole.charCodeAt(3);
  const head = whole.substring(0, 4);
  const body = whole.substring(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + length);
  const check = sha256(head + body).substring(0, 4);
  if (check !== whole.substring(4, RECORD_HEADER_BYTES)) return null;
  return {
    live: head.startsWith(RECORD_LIVE),
    keys: body.substring(0, keyChars),
    value: body.substring(keyChars),
    bytes: bytes,
  };
}

/** Write and read back; what did not get there whole is struck out, lest a weak bit make a record of it later. */
export function writeChecked(flash: Flash, at: number, bytes: Bytes): boolean {
  flash.write(at, bytes);
  if (flash.read(at, bytes.length) === bytes) return true;
  strikeOut(flash, at);
  return false;
}

/** Make sure that nothing is ever read at an address behind the last record. */
export function strikeOut(flash: Flash, at: number): void {
  if (flash.pageBytes - (at % flash.pageBytes) >= STRUCK.length) flash.write(at, STRUCK);
}

function encodeWord(word: number): Bytes {
  return String.fromCharCode((word >> 24) & 127, (word >> 16) & 255, (word >> 8) & 255, word & 255);
}

function decodeWord(bytes: Bytes, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++) word = word * 256 + bytes.charCodeAt(i);
  return word;
}

export function encodePageHead(sequence: number, sha256: Sha256): Bytes {
  const covered = PAGE_MAGIC + encodeWord(sequence);
  return covered + sha256(covered).substring(0, 4);
}

/** What makes a page count: everything that has to be in it from its beginning is in it. It stands behind the head. */
export function writePageMark(flash: Flash, page: number, sequence: number, tail: number, sha256: Sha256): boolean {
  const covered = encodeWord(sequence) + encodeWord(tail);
  const mark = covered.substring(4) + sha256(covered).substring(0, 4);
  return writeChecked(flash, page * flash.pageBytes + PAGE_HEAD_BYTES, mark);
}

/**
 * What a page says of itself: its number in the order of use, and that of the oldest page in which something queued counts; tail 0 if it
 * was never finished. Null if it is none of ours, or stands where its sequence cannot be.
 */
export function readPage(flash: Flash, page: number, sha256: Sha256): { sequence: number; tail: number } | null {
  const header = flash.read(page * flash.pageBytes, PAGE_HEADER_BYTES);
  const sequence = decodeWord(header, 4);
  if (sequence < 1 || sequence > 2147483647 || sequence % flash.pageCount !== page) return null;
  const head = encodePageHead(sequence, sha256);
  if (!header.startsWith(head)) return null;
  const tail = header.substring(PAGE_HEAD_BYTES, PAGE_HEAD_BYTES + 4);
  const covered = header.substring(4, 8) + tail;
  const check = sha256(covered).substring(0, 4);
  const oldest = check === header.substring(PAGE_HEAD_BYTES + 4) ? decodeWord(tail, 0) : 0;
  return { sequence: sequence, tail: oldest <= sequence ? oldest : 0 };
}
