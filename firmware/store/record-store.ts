// Owns small records that survive power cuts [STORE-1]: a log over the raw pages of the flash port. Changing a record appends its new
// value; the newest valid one counts, and a torn write is as if it had not begun. The index in memory holds addresses, never values.
// How a page looks is pages.ts.
//
// The pages form a ring. When the newest is full, the one after it, which holds nothing that counts, is erased and becomes the newest;
// then what still counts in the page after that one is copied over, before anything new is written. So the next page in the ring is
// always free, and a page is erased only when everything in it stands elsewhere. A power cut in the middle of the copying leaves a
// newest page with nothing but copies: the next boot erases it and does it again.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";
import {
  encodeRecord,
  findPageSequence,
  formatPage,
  KEY_CHARS_MAX,
  PAGE_HEADER_BYTES,
  RECORD_LIVE,
  RECORD_REMOVED,
  readRecord,
  type Sha256,
  VALUE_BYTES_MAX,
} from "./pages.ts";

export interface RecordStore {
  flash: Flash;
  sha256: Sha256;
  /** Key to address of its newest record. */
  index: { [key: string]: number };
  /** Bytes of the records in the index. */
  liveBytes: number;
  /** The newest page, its number in the order of use, and where its free room begins. */
  page: number;
  sequence: number;
  offset: number;
  /** Writes that the flash did not take, and records that could not be read; whoever reports them sets it back. */
  damaged: number;
}

/** Open the store; on flash that never held one it is empty. */
export function openRecordStore(flash: Flash, sha256: Sha256): RecordStore {
  const store: RecordStore = {
    flash: flash,
    sha256: sha256,
    index: {},
    liveBytes: 0,
    page: 0,
    sequence: 0,
    offset: 0,
    damaged: 0,
  };
  forgetAll(store);
  scanPages(store);
  if (hasLive(store, nextPage(store))) {
    // The power went while a page was being renewed: the newest holds copies only. Do without it, and renew again when room is needed.
    formatPage(flash, store.page, 0, sha256);
    forgetAll(store);
    scanPages(store);
  }
  return store;
}

function forgetAll(store: RecordStore): void {
  store.index = {};
  store.liveBytes = 0;
  store.page = store.flash.pageCount - 1;
  store.sequence = 0;
  store.offset = store.flash.pageBytes;
}

/** The value of a record, or null. */
export function findRecord(store: RecordStore, key: string): Bytes | null {
  const at = store.index[key];
  const record = at === undefined ? null : readRecord(store.flash, at, store.sha256);
  return record ? record.value : null;
}

/** The keys that begin so, in no particular order. */
export function listKeys(store: RecordStore, prefix: string): string[] {
  return Object.keys(store.index).filter((key) => key.startsWith(prefix));
}

/**
 * Write a record; when this returns true it is in flash and was read back.
 * @param key 1 to 8 characters
 * @param value at most 1024 bytes
 * @returns false if there is no room or the flash does not take it; then the old value still counts.
 */
export function putRecord(store: RecordStore, key: string, value: Bytes): boolean {
  if (key.length < 1 || key.length > KEY_CHARS_MAX || value.length > VALUE_BYTES_MAX) return false;
  const bytes = encodeRecord(RECORD_LIVE, key, value, store.sha256);
  const old = recordBytes(store, key);
  // A quarter of the pages stays free, so that renewing a page always gains room.
  const roomBytes = Math.floor(((store.flash.pageCount - 2) * store.flash.pageBytes * 3) / 4);
  if (store.liveBytes - old + bytes.length > roomBytes) return false;
  const at = append(store, bytes);
  if (at < 0) return false;
  store.index[key] = at;
  store.liveBytes += bytes.length - old;
  return true;
}

/** Forget a record; false if the flash does not take it, then it still counts. */
export function deleteRecord(store: RecordStore, key: string): boolean {
  if (store.index[key] === undefined) return true;
  const old = recordBytes(store, key);
  if (append(store, encodeRecord(RECORD_REMOVED, key, "", store.sha256)) < 0) return false;
  delete store.index[key];
  store.liveBytes -= old;
  return true;
}

function recordBytes(store: RecordStore, key: string): number {
  const at = store.index[key];
  const record = at === undefined ? null : readRecord(store.flash, at, store.sha256);
  return record ? record.bytes : 0;
}

function nextPage(store: RecordStore): number {
  return (store.page + 1) % store.flash.pageCount;
}

/** Does anything that counts stand in this page? */
function hasLive(store: RecordStore, page: number): boolean {
  return keysIn(store, page).length > 0;
}

function keysIn(store: RecordStore, page: number): string[] {
  const from = page * store.flash.pageBytes;
  const to = from + store.flash.pageBytes;
  return Object.keys(store.index).filter((key) => {
    const at = store.index[key] as number;
    return at >= from && at < to;
  });
}

/** Read the pages in the order of their use. */
function scanPages(store: RecordStore): void {
  const sequences: number[] = [];
  for (let page = 0; page < store.flash.pageCount; page++) {
    sequences.push(findPageSequence(store.flash, page, store.sha256));
  }
  for (;;) {
    const lowest = sequences.reduce((low, s) => (s > store.sequence && (low === 0 || s < low) ? s : low), 0);
    if (lowest === 0) break;
    store.page = sequences.indexOf(lowest);
    store.sequence = lowest;
    scanPage(store, store.page);
  }
}

/** Enter a page's records into the index, up to the first free or faulty place; `offset` is left there. */
function scanPage(store: RecordStore, page: number): void {
  const base = page * store.flash.pageBytes;
  let offset = PAGE_HEADER_BYTES;
  while (offset < store.flash.pageBytes) {
    const record = readRecord(store.flash, base + offset, store.sha256);
    if (!record) break;
    store.liveBytes -= recordBytes(store, record.key);
    if (record.live) {
      store.index[record.key] = base + offset;
      store.liveBytes += record.bytes;
    } else delete store.index[record.key];
    offset += record.bytes;
  }
  store.offset = offset;
}

/** Write where there is room; the address, or -1. */
function append(store: RecordStore, bytes: Bytes): number {
  for (let i = 0; i <= store.flash.pageCount; i++) {
    const at = appendHere(store, bytes);
    if (at >= 0) return at;
    if (!renewPage(store)) return -1;
  }
  return -1;
}

/**
 * Write into the newest page and read back; the address, or -1. The reading also finds what a torn write has left in the room that
 * looked free: the page is closed then.
 */
function appendHere(store: RecordStore, bytes: Bytes): number {
  if (store.offset + bytes.length > store.flash.pageBytes) return -1;
  const at = store.page * store.flash.pageBytes + store.offset;
  store.flash.write(at, bytes);
  if (store.flash.read(at, bytes.length) === bytes) {
    store.offset += bytes.length;
    return at;
  }
  store.damaged++;
  store.offset = store.flash.pageBytes;
  return -1;
}

/** Begin the next page and empty the one after it; false if the flash does not take it. */
function renewPage(store: RecordStore): boolean {
  const page = nextPage(store);
  if (hasLive(store, page) || !formatPage(store.flash, page, store.sequence + 1, store.sha256)) return false;
  store.page = page;
  store.sequence++;
  store.offset = PAGE_HEADER_BYTES;
  for (const key of keysIn(store, nextPage(store))) {
    const record = readRecord(store.flash, store.index[key] as number, store.sha256);
    const bytes = record ? encodeRecord(RECORD_LIVE, key, record.value, store.sha256) : "";
    const at = record ? appendHere(store, bytes) : -1;
    if (at < 0) {
      // Nothing may follow copies that are not complete.
      store.offset = store.flash.pageBytes;
      return false;
    }
    store.index[key] = at;
  }
  return true;
}
