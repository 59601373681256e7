// Owns small records that survive power cuts [STORE-1]: a log over the raw pages of the flash port. Changing records appends one record
// that says all of the change; the newest valid one counts, and a torn write is as if it had not begun. What is known in memory is
// catalogue.ts's, how a page looks pages.ts's, how the next one is begun renewal.ts's. README.md explains the whole.
//
// Reading writes nothing. The first write of a boot begins a new page, so that nothing is ever written behind what a power cut may have
// left half done.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";
import { enterRecord, findQueued, placeAt, QUEUE_PREFIX, type RecordStore, readPlace } from "./catalogue.ts";
import {
  encodeRecord,
  KEY_CHARS_MAX,
  KEYS_CHARS_MAX,
  PAGE_HEADER_BYTES,
  RECORD_LIVE,
  RECORD_QUEUE,
  RECORD_REMOVED,
  readPageSequence,
  readRecord,
  type Sha256,
  VALUE_BYTES_MAX,
  writeChecked,
} from "./pages.ts";
import { QUEUED_BYTES_MAX, QUEUED_SIXTEENTHS, queuedMax, renewPage, SETTINGS_SIXTEENTHS } from "./renewal.ts";

export type { RecordStore } from "./catalogue.ts";

/** Open the store; on flash that never held one it is empty. */
export function openRecordStore(flash: Flash, sha256: Sha256): RecordStore {
  const store: RecordStore = {
    flash: flash,
    sha256: sha256,
    index: {},
    places: "",
    tags: "",
    queuedMax: queuedMax(flash),
    sequence: 0,
    offset: flash.pageBytes,
    pageQueueBytes: 0,
    lastPlace: 0,
    last: null,
    isWorn: false,
    damaged: 0,
  };
  // The newest page that was finished says everything. One that was not is newer than that, and there is at most one such in a row for
  // each page the flash has given up on.
  let below = 2147483648;
  while (store.sequence === 0 && below > 0) {
    let newest = 0;
    for (let page = 0; page < flash.pageCount; page++) {
      const sequence = readPageSequence(flash, page, sha256);
      // Math.max would make it a floating number on the chip, which its flash takes for no page.
      if (sequence < below && sequence > newest) newest = sequence;
    }
    if (newest > 0) scanPage(store, newest);
    below = newest;
  }
  if (store.sequence === 0) store.index = {};
  return store;
}

/** Take the records of a page into account, as far as they are whole. One that is not is passed over: the page may go on behind it. */
function scanPage(store: RecordStore, sequence: number): void {
  const flash = store.flash;
  const base = (sequence % flash.pageCount) * flash.pageBytes;
  let at = base + PAGE_HEADER_BYTES;
  store.index = {};
  store.last = null;
  while (at < base + flash.pageBytes) {
    const record = readRecord(flash, at, store.sha256);
    if (!record) break;
    const isQueued = record.keys.startsWith(QUEUE_PREFIX);
    if (record.keys === "") store.damaged++;
    else if (record.kind === RECORD_QUEUE) {
      const count = Math.floor(record.value.length / 3);
      store.places = record.value.substring(0, 2 * count);
      store.tags = record.value.substring(2 * count);
      store.sequence = sequence;
      store.last = null;
    } else if (!isQueued || store.sequence > 0) {
      // What is queued and stands before the list is in the list.
      store.last = record;
      store.lastPlace = at >> 2;
      enterRecord(store, record.kind === RECORD_LIVE, record.keys, record.value.charAt(0), at >> 2);
    }
    at += record.bytes;
  }
}

/** The value of a record, or null. */
export function findRecord(store: RecordStore, key: string): Bytes | null {
  let place = store.index[key];
  if (key.startsWith(QUEUE_PREFIX)) {
    const position = findQueued(store, key);
    place = position < 0 ? undefined : placeAt(store.places, position);
  }
  const record = place === undefined ? null : readPlace(store, place);
  return record ? record.value : null;
}

/** The keys that begin so: those of settings in no particular order, then what is queued. It may be a long list. */
export function listKeys(store: RecordStore, prefix: string): string[] {
  const keys = Object.keys(store.index);
  for (let i = 0; i < store.tags.length; i++) {
    const record = readQueued(store, i);
    if (record) keys.push(record.key);
  }
  return keys.filter((key) => key.startsWith(prefix));
}

/** The queued record at a position, from 0; null if it cannot be read any more. */
export function readQueued(store: RecordStore, position: number): { key: string; value: Bytes } | null {
  const record = readPlace(store, placeAt(store.places, position));
  return record ? { key: "" + record.keys.split(" ")[0], value: record.value } : null;
}

/**
 * Write a record; when this returns true it is in flash and was read back.
 * @param key 1 to 8 characters; beginning with QUEUE_PREFIX it is a queued record, and the rest is its number
 * @param value at most 1024 bytes
 * @param removed keys, with spaces in between, that are deleted by the same write, all or nothing; QUEUE_PREFIX alone: all that is queued
 * @returns false if there is no room or the flash does not take it; then everything is as before.
 */
export function putRecord(store: RecordStore, key: string, value: Bytes, removed = ""): boolean {
  const keys = removed === "" ? key : key + " " + removed;
  if (key.length < 1 || key.length > KEY_CHARS_MAX || keys.length > KEYS_CHARS_MAX) return false;
  if (value.length > VALUE_BYTES_MAX) return false;
  const bytes = encodeRecord(RECORD_LIVE, keys, value, store.sha256);
  if (!hasRoom(store, key, bytes.length)) return false;
  const place = append(store, bytes, key.startsWith(QUEUE_PREFIX));
  if (place === 0) return false;
  enterRecord(store, true, keys, value.charAt(0), place);
  return true;
}

/**
 * Forget records, all or none. @param keys with spaces in between; QUEUE_PREFIX alone is all that is queued
 * @returns false if the flash does not take it. Then they still count, but for the queued ones: those are back after the next boot only.
 */
export function deleteRecord(store: RecordStore, keys: string): boolean {
  const known = keys.split(" ").filter((key) => isKnown(store, key));
  if (known.length === 0) return true;
  const gone = known.join(" ");
  const bytes = encodeRecord(RECORD_REMOVED, gone, "", store.sha256);
  const place = append(store, bytes, false);
  const forgotten = place > 0 ? gone : known.filter((key) => key.startsWith(QUEUE_PREFIX)).join(" ");
  if (forgotten !== "") enterRecord(store, false, forgotten, "", 0);
  return place > 0;
}

function isKnown(store: RecordStore, key: string): boolean {
  if (key === QUEUE_PREFIX) return store.tags !== "";
  return key.startsWith(QUEUE_PREFIX) ? findQueued(store, key) >= 0 : store.index[key] !== undefined;
}

function hasRoom(store: RecordStore, key: string, bytes: number): boolean {
  if (key.startsWith(QUEUE_PREFIX)) {
    return bytes <= QUEUED_BYTES_MAX && (store.tags.length < store.queuedMax || findQueued(store, key) >= 0);
  }
  let sum = bytes;
  for (const other of Object.keys(store.index)) {
    const record = other === key ? null : readPlace(store, store.index[other] as number);
    if (record) sum += record.bytes;
  }
  return sum <= (store.flash.pageBytes >> 4) * SETTINGS_SIXTEENTHS;
}

/** Write where there is room; the place, or 0. */
function append(store: RecordStore, bytes: Bytes, isQueued: boolean): number {
  const flash = store.flash;
  // Once round the ring brings together what is scattered in it, and twice is more than enough.
  for (let i = 0; i <= 2 * flash.pageCount; i++) {
    const hasQueueRoom = !isQueued || store.pageQueueBytes + bytes.length <= (flash.pageBytes >> 4) * QUEUED_SIXTEENTHS;
    if (hasQueueRoom && store.offset + bytes.length <= flash.pageBytes) {
      const at = (store.sequence % flash.pageCount) * flash.pageBytes + store.offset;
      if (writeChecked(flash, at, bytes)) {
        store.offset += bytes.length;
        if (isQueued) store.pageQueueBytes += bytes.length;
        return at >> 2;
      }
      store.damaged++;
    }
    // A page that did not take a record is not asked again.
    store.offset = flash.pageBytes;
    store.isWorn = store.isWorn || !renewPage(store);
    if (store.isWorn) return 0;
  }
  return 0;
}
