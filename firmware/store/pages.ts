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
/** Written where nothing must ever be taken for a record, or for the mark of a page. */
export const STRUCK = "\0\0\0\0\0\0\0\0";

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

/**
 * The record at an address; null if none begins there. One that is cut short, or has no more the bytes it was written with, has no keys:
 * of such a one only its length may be believed, and that only as the way to what may stand behind it.
 */
export function readRecord(flash: Flash, at: number, sha256: Sha256): StoredRecord | null {
  const room = flash.pageBytes - (at % flash.pageBytes);
  if (room < RECORD_HEADER_BYTES) return null;
  const head = flash.read(at, RECORD_HEADER_BYTES);
  const isLive = head.startsWith(RECORD_LIVE);
  const keyChars = head.charCodeAt(1);
  const length = keyChars + (head.charCodeAt(2) << 8) + head.charCodeAt(3);
  const bytes = (RECORD_HEADER_BYTES + length + 3) & ~3;
  if ((!isLive && !head.startsWith(RECORD_REMOVED)) || keyChars < 1 || keyChars > KEYS_CHARS_MAX) return null;
  if (length > keyChars + VALUE_BYTES_MAX || bytes > room) return null;
  const body = flash.read(at + RECORD_HEADER_BYTES, bytes - RECORD_HEADER_BYTES).substring(0, length);
  const check = sha256(head.substring(0, 4) + body).substring(0, 4);
  const isWhole = check === head.substring(4);
  return {
    live: isLive,
    keys: isWhole ? body.substring(0, keyChars) : "",
    value: body.substring(keyChars),
    bytes: bytes,
  };
}

/** Write and read back; what did not get there whole is struck out, lest a weak bit make a record of it later. */
export function writeChecked(flash: Flash, at: number, bytes: Bytes): boolean {
  flash.write(at, bytes);
  if (flash.read(at, bytes.length) === bytes) return true;
  flash.write(at, STRUCK);
  return false;
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
  const head = header.substring(0, 8);
  const headCheck = sha256(head).substring(0, 4);
  if (!head.startsWith(PAGE_MAGIC) || headCheck !== header.substring(8, PAGE_HEAD_BYTES)) return null;
  const words = head.substring(4) + header.substring(PAGE_HEAD_BYTES, PAGE_HEAD_BYTES + 4);
  const sequence = decodeWord(words, 0);
  if (sequence < 1 || sequence > 2147483647 || sequence % flash.pageCount !== page) return null;
  const tail = decodeWord(words, 4);
  const check = sha256(words).substring(0, 4);
  const isFinished = check === header.substring(PAGE_HEAD_BYTES + 4) && tail <= sequence;
  return { sequence: sequence, tail: isFinished ? tail : 0 };
}
