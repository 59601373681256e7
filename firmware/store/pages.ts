// Owns how the record store looks in flash: pages with a header, records behind it, each with a check value. What the records mean
// together is record-store.ts's.
//
// page    "TLS1", sequence (4 bytes), check (4), 0xFFFFFFFF; then records without gaps, then 0xFF.
// record  'R' or 'X', length of the key, length of the value (2), check (4), key, value, 0xFF up to a multiple of 4.
// A check is the beginning of the SHA-256 of what it covers: native on the chip, where a checksum of our own would take its time.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";

export type Sha256 = (data: Bytes) => Bytes;

export const PAGE_HEADER_BYTES = 16;
export const KEY_CHARS_MAX = 8;
export const VALUE_BYTES_MAX = 1024;
export const RECORD_LIVE = "R";
export const RECORD_REMOVED = "X";
const RECORD_HEADER_BYTES = 8;
const PAGE_MAGIC = "TLS1";

export interface StoredRecord {
  live: boolean;
  key: string;
  value: Bytes;
  /** In flash, header and padding included. */
  bytes: number;
}

function checkOf(data: Bytes, sha256: Sha256): Bytes {
  return sha256(data).substring(0, 4);
}

export function encodeRecord(kind: string, key: string, value: Bytes, sha256: Sha256): Bytes {
  const length = value.length;
  const head = kind + String.fromCharCode(key.length, length >> 8, length & 255);
  const bytes = head + checkOf(head + key + value, sha256) + key + value;
  return bytes + "\xff\xff\xff".substring(0, (4 - (bytes.length & 3)) & 3);
}

/** The record at an address; null if none is there, or it reaches out of its page, or its check does not fit. */
export function readRecord(flash: Flash, at: number, sha256: Sha256): StoredRecord | null {
  const room = flash.pageBytes - (at % flash.pageBytes);
  if (room < RECORD_HEADER_BYTES) return null;
  const head = flash.read(at, RECORD_HEADER_BYTES);
  const kind = head.charAt(0);
  const keyChars = head.charCodeAt(1);
  const length = keyChars + (head.charCodeAt(2) << 8) + head.charCodeAt(3);
  const bytes = (RECORD_HEADER_BYTES + length + 3) & ~3;
  if ((kind !== RECORD_LIVE && kind !== RECORD_REMOVED) || keyChars < 1 || keyChars > KEY_CHARS_MAX) return null;
  if (length > KEY_CHARS_MAX + VALUE_BYTES_MAX || bytes > room) return null;
  const body = flash.read(at + RECORD_HEADER_BYTES, bytes - RECORD_HEADER_BYTES).substring(0, length);
  if (checkOf(head.substring(0, 4) + body, sha256) !== head.substring(4)) return null;
  return {
    live: kind === RECORD_LIVE,
    key: body.substring(0, keyChars),
    value: body.substring(keyChars),
    bytes: bytes,
  };
}

/** The number of a page in the order of use; 0 if it is none of ours, or its header was never finished. */
export function findPageSequence(flash: Flash, page: number, sha256: Sha256): number {
  const head = flash.read(page * flash.pageBytes, 12);
  const covered = head.substring(0, 8);
  if (!head.startsWith(PAGE_MAGIC) || checkOf(covered, sha256) !== head.substring(8)) return 0;
  let sequence = 0;
  for (let i = 4; i < 8; i++) sequence = sequence * 256 + covered.charCodeAt(i);
  return sequence;
}

/**
 * Erase a page and give it its header. The old header is spoilt first: an erasure that is cut short can leave anything behind,
 * and half of a page must not be taken for a page.
 * @param sequence 0: leave it without header
 * @returns false if the flash did not take it
 */
export function formatPage(flash: Flash, page: number, sequence: number, sha256: Sha256): boolean {
  const at = page * flash.pageBytes;
  flash.write(at, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
  flash.erasePage(page);
  if (sequence === 0) return true;
  const covered =
    PAGE_MAGIC +
    String.fromCharCode((sequence >> 24) & 255, (sequence >> 16) & 255, (sequence >> 8) & 255, sequence & 255);
  const header = covered + checkOf(covered, sha256) + "\xff\xff\xff\xff";
  flash.write(at, header);
  return flash.read(at, PAGE_HEADER_BYTES) === header;
}
