// Owns what is known in memory of the records in flash: where each setting and each queued record stands, and nothing of their contents
// but the first character of what is queued. Reading and writing is record-store.ts's.
//
// Keys that begin with QUEUE_PREFIX and go on with a number are queued records: there may be many, so they cost three bytes each, in the
// order of their numbers. All others are settings, of which there are few.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";
import { readRecord, type Sha256, type StoredRecord } from "./pages.ts";

export const QUEUE_PREFIX = "e";
/** Read at once where only the length and the number of a queued record are wanted. */
const GLANCE_BYTES = 16;

export interface RecordStore {
  flash: Flash;
  sha256: Sha256;
  /** Key of a setting to the place of its newest record. A place is an address divided by four. */
  index: { [key: string]: number };
  /** Places of the queued records, two bytes each, in the order of their numbers. */
  places: Bytes;
  /** The first character of the value of each queued record; as many as there are records. */
  tags: Bytes;
  /** So many may be queued. */
  queuedMax: number;
  /** Of the newest page, from 1; 0 if there is none. It stands on page `sequence` modulo their number. */
  sequence: number;
  /** Where the newest page is free; a page of an earlier boot counts as full. */
  offset: number;
  /** What was queued into the newest page. */
  pageQueueBytes: number;
  /**
   * Until the first renewal: the last record of the boots before, and its place. It may be half a write that reads well now and otherwise a
   * moment later, so it is read once and kept.
   */
  lastPlace: number;
  last: StoredRecord | null;
  /** No page could be renewed any more: the flash is worn out, or the interpreter's memory was. Until the next boot nothing is tried. */
  isWorn: boolean;
  /** Writes that the flash did not take, and records that could not be read; whoever reports them sets it back. */
  damaged: number;
}

/** The place of a queued record in a list of them. */
export function placeAt(places: Bytes, position: number): number {
  return (places.charCodeAt(2 * position) << 8) + places.charCodeAt(2 * position + 1);
}

/** A list of places in which `count` from `position` on are replaced by one, or by none if `place` is 0. */
export function splicePlaces(places: Bytes, position: number, count: number, place: number): Bytes {
  const middle = place === 0 ? "" : String.fromCharCode(place >> 8, place & 255);
  const head = places.substring(0, 2 * position) + middle;
  return head + places.substring(2 * (position + count));
}

/** The record at a place; null if it cannot be read any more. */
export function readPlace(store: RecordStore, place: number): StoredRecord | null {
  if (store.last && place === store.lastPlace) return store.last;
  const record = readRecord(store.flash, place * 4, store.sha256);
  return record && record.keys !== "" ? record : null;
}

/** The position of a queued record. If there is none it is negative: its complement is where the record would be. */
export function findQueued(store: RecordStore, key: string): number {
  const number = parseInt(key.substring(QUEUE_PREFIX.length), 10);
  let low = 0;
  let high = store.tags.length;
  // The last and the first before any other: what is new stands behind the one, what is acknowledged is mostly the other.
  let middle = high - 1;
  let step = 0;
  while (low < high) {
    const place = placeAt(store.places, middle);
    // Without reading all of it: this is asked often.
    const room = store.flash.pageBytes - ((place * 4) % store.flash.pageBytes);
    const head = store.flash.read(place * 4, Math.min(GLANCE_BYTES, room));
    const isLast = store.last && place === store.lastPlace;
    const keys = isLast && store.last ? store.last.keys : head.substring(8, 8 + head.charCodeAt(1));
    const found = parseInt(keys.substring(QUEUE_PREFIX.length), 10);
    if (found === number) return middle;
    if (found < number) low = middle + 1;
    else high = middle;
    middle = step++ === 0 ? low : (low + high) >> 1;
  }
  return ~low;
}

/** Let it not be queued any more; in flash it stays until its removal is written. */
export function forgetQueued(store: RecordStore, position: number): void {
  store.places = splicePlaces(store.places, position, 1, 0);
  store.tags = store.tags.substring(0, position) + store.tags.substring(position + 1);
}

/**
 * Take a record that stands in flash into account: its own key if it is live, the removal of all others it names. QUEUE_PREFIX alone
 * names all that is queued.
 * @param tag first character of the value
 */
export function enterRecord(store: RecordStore, isLive: boolean, keys: string, tag: string, place: number): void {
  const names = keys.split(" ");
  for (let i = 0; i < names.length; i++) {
    const key = "" + names[i];
    const isEntered = isLive && i === 0;
    if (!key.startsWith(QUEUE_PREFIX)) {
      if (isEntered) store.index[key] = place;
      else delete store.index[key];
    } else if (key === QUEUE_PREFIX) {
      store.places = "";
      store.tags = "";
    } else {
      const found = findQueued(store, key);
      const position = found < 0 ? ~found : found;
      if (found >= 0) forgetQueued(store, position);
      if (!isEntered) continue;
      store.places = splicePlaces(store.places, position, 0, place);
      const head = store.tags.substring(0, position) + (tag === "" ? " " : tag);
      store.tags = head + store.tags.substring(position);
    }
  }
}
