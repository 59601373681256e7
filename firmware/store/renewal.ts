// Owns beginning a page [STORE-2]: which one is taken, and what it begins with: all settings, and the list of what is queued. Until that list
// is whole nothing has changed: the page before still says everything. How records are found and written is record-store.ts's.
//
// The page numbered s stands on page s modulo their number, so the pages form a ring. Of all the older ones only the queued records still
// matter, by the list. If the ring would close, those of the oldest page are copied too. A page that does not take what is written is
// passed over.
import type { Bytes } from "#protocol";
import type { Flash } from "../ports.ts";
import { placeAt, QUEUE_PREFIX, type RecordStore, readPlace, splicePlaces } from "./catalogue.ts";
import { encodePageHead, encodeRecord, PAGE_HEADER_BYTES, RECORD_LIVE, RECORD_QUEUE, writeChecked } from "./pages.ts";

/** So many pages ahead of the newest hold nothing that counts, wherever there is a choice: some of them may be worn. */
export const FREE_PAGES = 3;
/** A queued record in flash, at most. */
export const QUEUED_BYTES_MAX = 80;

/** Sixteenths of a page: what settings may take in all, and what may be queued into one page. The list has the rest of a new one. */
export const SETTINGS_SIXTEENTHS = 4;
export const QUEUED_SIXTEENTHS = 9;

/** So many records may be queued: five eighths of the room were they all as long as may be, so that going round always gains some. */
export function queuedMax(flash: Flash): number {
  const bytes = (flash.pageBytes >> 4) * QUEUED_SIXTEENTHS * (flash.pageCount - 1 - FREE_PAGES);
  return Math.floor((bytes * 5) / (8 * QUEUED_BYTES_MAX));
}

/** A page being filled; it becomes the store's when it is finished. */
interface Draft {
  sequence: number;
  /** Address of its next free byte, and of its end. */
  at: number;
  end: number;
  index: { [key: string]: number };
  places: Bytes;
  tags: Bytes;
  pageQueueBytes: number;
}

/** Begin the next page; false if no page takes it, then nothing has changed. */
export function renewPage(store: RecordStore): boolean {
  const count = store.flash.pageCount;
  const oldest = findTail(store.flash, store.places, store.sequence);
  for (let sequence = store.sequence + 1; sequence < oldest + count; sequence++) {
    if (fillPage(store, sequence)) return true;
    store.damaged++;
  }
  return false;
}

/** The sequence of the oldest page in which something queued stands; the newest's if there is none. */
function findTail(flash: Flash, places: Bytes, newest: number): number {
  const count = flash.pageCount;
  const placesPerPage = flash.pageBytes >> 2;
  let age = 0;
  for (let i = 0; 2 * i < places.length; i++) {
    const page = Math.floor(placeAt(places, i) / placesPerPage);
    const since = (newest + count - page) % count;
    if (since > age) age = since;
  }
  return newest - age;
}

function fillPage(store: RecordStore, sequence: number): boolean {
  const flash = store.flash;
  const page = sequence % flash.pageCount;
  const at = page * flash.pageBytes;
  flash.erasePage(page);
  if (!writeChecked(flash, at, encodePageHead(sequence, store.sha256))) return false;
  const draft: Draft = {
    sequence: sequence,
    at: at + PAGE_HEADER_BYTES,
    end: at + flash.pageBytes,
    index: {},
    places: store.places,
    tags: store.tags,
    pageQueueBytes: 0,
  };
  if (!copySettings(store, draft) || !copyLast(store, draft)) return false;
  let tail = findTail(flash, draft.places, sequence);
  while (tail < sequence + FREE_PAGES + 1 - flash.pageCount) {
    const isCopied = copyPage(store, draft, tail % flash.pageCount);
    if (isCopied < 0) return false;
    if (isCopied === 0) break;
    tail = findTail(flash, draft.places, sequence);
  }
  const list = encodeRecord(RECORD_QUEUE, QUEUE_PREFIX, draft.places + draft.tags, store.sha256);
  if (write(store, draft, list) === 0) return false;
  store.sequence = sequence;
  store.offset = draft.at - at;
  store.index = draft.index;
  store.places = draft.places;
  store.tags = draft.tags;
  store.pageQueueBytes = draft.pageQueueBytes;
  store.last = null;
  return true;
}

/** Write into the page; the place, or 0 if it did not get there. */
function write(store: RecordStore, draft: Draft, bytes: Bytes): number {
  const at = draft.at;
  if (at + bytes.length > draft.end || !writeChecked(store.flash, at, bytes)) return 0;
  draft.at += bytes.length;
  return at >> 2;
}

/** What cannot be read any more is left behind: there is nothing to copy, and the others must not suffer for it. */
function copySettings(store: RecordStore, draft: Draft): boolean {
  for (const key of Object.keys(store.index)) {
    const record = readPlace(store, store.index[key] as number);
    if (!record) {
      store.damaged++;
      continue;
    }
    const bytes = encodeRecord(RECORD_LIVE, key, record.value, store.sha256);
    const place = write(store, draft, bytes);
    if (place === 0) return false;
    draft.index[key] = place;
  }
  return true;
}

/** The last record of the boot before may be half a write that reads well by luck: if it is queued it is written once more. */
function copyLast(store: RecordStore, draft: Draft): boolean {
  for (let i = draft.tags.length - 1; i >= 0 && store.last; i--) {
    if (placeAt(draft.places, i) !== store.lastPlace) continue;
    const key = "" + store.last.keys.split(" ")[0];
    const bytes = encodeRecord(RECORD_LIVE, key, store.last.value, store.sha256);
    const place = write(store, draft, bytes);
    if (place === 0) return false;
    draft.places = splicePlaces(draft.places, i, 1, place);
    draft.pageQueueBytes += bytes.length;
    break;
  }
  return true;
}

/** Copy what is queued in a page: 1, or 0 if there is no room for all of it, or -1 if it was not taken. */
function copyPage(store: RecordStore, draft: Draft, page: number): number {
  const flash = store.flash;
  const first = page * (flash.pageBytes >> 2);
  const last = first + (flash.pageBytes >> 2);
  const listBytes = 12 + 3 * draft.tags.length;
  let need = 0;
  for (let i = 0; i < draft.tags.length; i++) {
    const place = placeAt(draft.places, i);
    if (place < first || place >= last) continue;
    const record = readPlace(store, place);
    if (record) need += record.bytes;
  }
  if (
    draft.pageQueueBytes + need > (flash.pageBytes >> 4) * QUEUED_SIXTEENTHS ||
    draft.at + need + listBytes > draft.end
  )
    return 0;
  draft.pageQueueBytes += need;
  for (let i = draft.tags.length - 1; i >= 0; i--) {
    const old = placeAt(draft.places, i);
    if (old < first || old >= last) continue;
    const record = readPlace(store, old);
    let place = 0;
    if (record) {
      const key = "" + record.keys.split(" ")[0];
      const bytes = encodeRecord(RECORD_LIVE, key, record.value, store.sha256);
      place = write(store, draft, bytes);
      if (place === 0) return -1;
    } else {
      store.damaged++;
      draft.tags = draft.tags.substring(0, i) + draft.tags.substring(i + 1);
    }
    draft.places = splicePlaces(draft.places, i, 1, place);
  }
  return 1;
}
