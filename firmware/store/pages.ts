// Owns how the record store looks in flash, byte by byte: pages and records, each with a check value. What the records mean together is
// catalogue.ts's, when a page is begun renewal.ts's. README.md has the drawings.
//
// page    "TLS2", sequence (4), check (4); then records without gaps, then 0xFF.
// record  'R', 'X' or 'Q', length of the keys, length of the value (2), check (4), keys, value, 0xFF up to a multiple of 4.
// A check is the beginning of the SHA-256 of what it covers: native on the chip, where a checksum of our own would take its time.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";

export type Sha256 = (data: Bytes) => Bytes;

const PAGE_MAGIC = "TLS2";
export const PAGE_HEADER_BYTES = 12;
export const RECORD_HEADER_BYTES = 8;
export const KEY_CHARS_MAX = 8;
/** Of a key and those that the same record removes, with spaces in between. */
export const KEYS_CHARS_MAX = 96;
export const VALUE_BYTES_MAX = 1024;
export const RECORD_LIVE = "R";
export const RECORD_REMOVED = "X";
/** Ends what a page begins with, and lists what is queued. A page without it was never finished. */
export const RECORD_QUEUE = "Q";
/** Written where nothing must ever be taken for a record, or for a page. */
const STRUCK = "\0\0\0\0\0\0\0\0";

export interface StoredRecord {
  /** One of the kinds above. */
  kind: string;
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
  const kind = head.charAt(0);
  const keyChars = head.charCodeAt(1);
  const length = keyChars + (head.charCodeAt(2) << 8) + head.charCodeAt(3);
  const bytes = (RECORD_HEADER_BYTES + length + 3) & ~3;
  if (!"RXQ".includes(kind) || keyChars < 1 || keyChars > KEYS_CHARS_MAX) return null;
  if (length > keyChars + VALUE_BYTES_MAX || bytes > room) return null;
  const body = flash.read(at + RECORD_HEADER_BYTES, bytes - RECORD_HEADER_BYTES).substring(0, length);
  const check = sha256(head.substring(0, 4) + body).substring(0, 4);
  const isWhole = check === head.substring(4);
  return {
    kind: kind,
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

export function encodePageHead(sequence: number, sha256: Sha256): Bytes {
  const word = String.fromCharCode(
    (sequence >> 24) & 127,
    (sequence >> 16) & 255,
    (sequence >> 8) & 255,
    sequence & 255,
  );
  const covered = PAGE_MAGIC + word;
  return covered + sha256(covered).substring(0, 4);
}

/** The number of a page in the order of use; 0 if it is none of ours, or stands where its sequence cannot be. */
export function readPageSequence(flash: Flash, page: number, sha256: Sha256): number {
  const head = flash.read(page * flash.pageBytes, PAGE_HEADER_BYTES);
  const covered = head.substring(0, 8);
  const check = sha256(covered).substring(0, 4);
  if (!head.startsWith(PAGE_MAGIC) || check !== head.substring(8)) return 0;
  let sequence = 0;
  for (let i = 4; i < 8; i++) sequence = sequence * 256 + head.charCodeAt(i);
  return sequence <= 2147483647 && sequence % flash.pageCount === page ? sequence : 0;
}
