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
  /** The first character of the value of each queued record. */
  tags: Bytes;
  /** Of the newest page, from 1; 0 if there is none. It stands on page `sequence` modulo their number. */
  sequence: number;
  /** Where the newest page is free; a page of an earlier boot counts as full. */
  offset: number;
  /** What was queued into the newest page. */
  pageQueueBytes: number;
  /**
   * Until the first renewal: where the records of the boots before end, or 0, and the last of them. It may be half a write that reads well
   * now and otherwise a moment later, so it is read once and kept.
   */
  endAt: number;
  lastPlace: number;
  last: StoredRecord | null;
  /** No page could be renewed any more: the flash is worn out, or the interpreter's memory was. Until the next boot nothing is tried. */
  isWorn: boolean;
  /** Writes that the flash did not take, and records that could not be read; whoever reports them sets it back. */
  damaged: number;
}

/** How many records are queued. */
export function countQueued(store: RecordStore): number {
  return store.tags.length;
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
  return store.last && place === store.lastPlace ? store.last : readRecord(store.flash, place * 4, store.sha256);
}

/** Without reading all of it: this is asked often. */
function numberAt(store: RecordStore, position: number): number {
  const place = placeAt(store.places, position);
  if (store.last && place === store.lastPlace) return parseInt(store.last.keys.substring(1), 10);
  const at = place * 4;
  const head = store.flash.read(at, Math.min(GLANCE_BYTES, store.flash.pageBytes - (at % store.flash.pageBytes)));
  return parseInt(head.substring(9, 8 + head.charCodeAt(1)), 10);
}

/** The position of the first queued record whose number is not below this one. */
function findPosition(store: RecordStore, number: number): number {
  let low = 0;
  let high = countQueued(store);
  // What is new is at the end, and what is asked for mostly near the beginning.
  if (high > 0 && number > numberAt(store, high - 1)) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = numberAt(store, middle);
    if (found < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position of a queued record, or -1. */
export function findQueued(store: RecordStore, key: string): number {
  const number = parseInt(key.substring(1), 10);
  const position = findPosition(store, number);
  if (position >= countQueued(store)) return -1;
  return numberAt(store, position) === number ? position : -1;
}

function enqueue(store: RecordStore, key: string, tag: string, place: number): void {
  const number = parseInt(key.substring(1), 10);
  const position = findPosition(store, number);
  const isKnown = position < countQueued(store) && numberAt(store, position) === number;
  const replaced = isKnown ? 1 : 0;
  store.places = splicePlaces(store.places, position, replaced, place);
  const head = store.tags.substring(0, position) + (tag === "" ? " " : tag);
  store.tags = head + store.tags.substring(position + replaced);
}

/** @param key the prefix alone: all of them */
function dequeue(store: RecordStore, key: string): void {
  if (key === QUEUE_PREFIX) {
    store.places = "";
    store.tags = "";
    return;
  }
  const position = findQueued(store, key);
  if (position >= 0) forgetQueued(store, position);
}

/** Let it not be queued any more; in flash it stays until its removal is written. */
export function forgetQueued(store: RecordStore, position: number): void {
  store.places = splicePlaces(store.places, position, 1, 0);
  store.tags = store.tags.substring(0, position) + store.tags.substring(position + 1);
}

/**
 * Take a record that stands in flash into account: its own key if it is live, the removal of all others it names.
 * @param tag first character of the value
 * @param withSettings false: only what is queued
 */
export function enterRecord(
  store: RecordStore,
  record: { live: boolean; keys: string },
  tag: string,
  place: number,
  withSettings: boolean,
): void {
  const keys = record.keys.split(" ");
  for (let i = 0; i < keys.length; i++) {
    const key = "" + keys[i];
    const isEntered = record.live && i === 0;
    if (key.startsWith(QUEUE_PREFIX)) {
      if (isEntered) enqueue(store, key, tag, place);
      else dequeue(store, key);
    } else if (withSettings) {
      if (isEntered) store.index[key] = place;
      else delete store.index[key];
    }
  }
}
