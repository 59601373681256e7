// Owns the events that the cloud has not yet acknowledged [OUTBOX-1]: each is in flash before it is first sent, they are sent in the order
// they happened with a few under way at a time, sent again after every reconnect, and leave only on the cloud's word on (boot, seq).
//
// It is bounded by the flash [OUTBOX-2]. When it is full, what is worth least goes, the oldest first (makeRoom). Alerts never go: once
// there is nothing else, two of a kind are told as one, whose value says so. Repeats of false triggers are told as one at once.
//
// Ages [OUTBOX-3]: events are dated by the life clock, the time the trap is known to have run in all its boots (life.ts). The age of an
// event of this boot is exact, that of an earlier one the least it can be: at least this boot, and at least what life has gone on since.
import { ACK_TIMEOUT_MS, type Bytes, type DeviceEvent, type EventKind } from "#protocol";
import { forgetQueued } from "../store/catalogue.ts";
import { deleteRecord, findRecord, putRecord, type RecordStore, readQueued } from "../store/record-store.ts";
import { EVENT_PREFIX } from "../store/settings.ts";

export const IN_FLIGHT_MAX = 4;
/** So many events that the flash did not take are kept in memory. */
export const LOOSE_MAX = 8;

interface Flight {
  boot: string;
  seq: number;
  sentAt: number;
}

export interface Outbox {
  store: RecordStore;
  boot: string;
  /** What the life clock showed when this boot began, in milliseconds. */
  lifeMs: number;
  /** When the life clock was noted in flash, in milliseconds of this boot. */
  notedAt: number;
  /** Of the last event of this boot. */
  seq: number;
  /** Of the last record. */
  number: number;
  /** Under way: the first that wait, in their order. */
  inFlight: Flight[];
  /** Events the flash did not take, behind all others: sent all the same, lost with the power. */
  loose: Bytes[];
}

export interface Inserted {
  seq: number;
  /** False if it is not in flash. */
  stored: boolean;
  /** Events given up for it, or told as one with another. */
  dropped: number;
}

/** An event as it is kept: `at` by the life clock. `key` is that of its record, empty if it has none. */
interface KeptEvent extends DeviceEvent {
  at: number;
  key: string;
}

/** What waits from earlier boots is taken over. @param lifeMs what the life clock shows at least */
export function openOutbox(store: RecordStore, boot: string, lifeMs: number): Outbox {
  const o: Outbox = {
    store: store,
    boot: boot,
    lifeMs: lifeMs,
    notedAt: 0,
    seq: 0,
    number: 0,
    inFlight: [],
    loose: [],
  };
  const last = findEvent(o, store.tags.length - 1);
  if (last) {
    o.number = parseInt(last.key.substring(EVENT_PREFIX.length), 10);
    o.lifeMs = Math.max(lifeMs, last.at);
  }
  return o;
}

/** How many events wait, those under way included. */
export function countWaiting(o: Outbox): number {
  return o.store.tags.length + o.loose.length;
}

/** @param at when it happened, in milliseconds of this boot; exactly or, if not `exact`, at the latest */
export function insertEvent(o: Outbox, kind: EventKind, value: number, at: number, exact: boolean): Inserted {
  const inserted: Inserted = { seq: o.seq + 1, stored: false, dropped: 0 };
  const letters = listLetters();
  const letter = letters.charAt(letters.indexOf(" " + kind + "=") + kind.length + 2);
  while (o.store.tags.length >= o.store.queuedMax && makeRoom(o)) inserted.dropped++;
  o.seq++;
  o.number++;
  const record = [letter, o.boot, "" + o.seq, "" + (o.lifeMs + at), exact ? "1" : "0", "" + value].join(" ");
  // Behind one that the flash did not take none is written, so that they stay in their order.
  if (o.loose.length === 0) {
    const merged = letter === "f" ? findMergeable(o) : "";
    inserted.stored = putRecord(o.store, EVENT_PREFIX + o.number, record, merged);
  }
  if (!inserted.stored) {
    if (o.loose.length >= LOOSE_MAX) {
      inserted.dropped++;
      dropLoose(o);
    }
    o.loose.push(record);
  }
  return inserted;
}

/** The letter of each kind. A function, since its text stays in flash where that of a constant would not. */
function listLetters(): string {
  return " sprung=s armed=a disarmed=d rearmed=r silenced=q false-trigger=f battery-low=l battery-ok=o sensor-fault=c fault=x";
}

/** The event that waits at a position; null if none does, or it cannot be read any more, by anybody, ever. */
function findEvent(o: Outbox, position: number): KeptEvent | null {
  const queued = o.store.tags.length;
  if (position < 0 || position >= countWaiting(o)) return null;
  const record =
    position < queued ? readQueued(o.store, position) : { key: "", value: "" + o.loose[position - queued] };
  if (!record) return null;
  const p = record.value.split(" ");
  const seq = parseInt("" + p[2], 10);
  const at = parseInt("" + p[3], 10);
  const value = parseInt("" + p[5], 10);
  const letters = listLetters();
  const end = letters.indexOf("=" + p[0]);
  if (p.length !== 6 || record.value.charAt(1) !== " " || end < 0 || isNaN(seq + at + value)) return null;
  const names = letters.substring(0, end);
  return {
    boot: "" + p[1],
    seq: seq,
    at: at,
    age: 0,
    exact: p[4] === "1",
    kind: names.substring(names.lastIndexOf(" ") + 1) as EventKind,
    value: value,
    key: record.key,
  };
}

/** False triggers count all of their boot, so that a newer one says what an older one said: its key if it is the last that waits. */
function findMergeable(o: Outbox): string {
  const last = o.store.tags.length - 1;
  if (last < o.inFlight.length || o.store.tags.charAt(last) !== "f") return "";
  const event = findEvent(o, last);
  return event && event.boot === o.boot ? event.key : "";
}

/**
 * One event less; false if there is none that may go and no two that can be told as one. The letters in their groups, worth least first,
 * say what may go; within a group the oldest does. Of battery events the last is no history: if it is a low one it stays.
 */
function makeRoom(o: Outbox): boolean {
  const tags = o.store.tags;
  const lastBattery = Math.max(tags.lastIndexOf("l"), tags.lastIndexOf("o"));
  for (const letters of "f lo adq r o x".split(" ")) {
    for (let i = o.inFlight.length; i < tags.length; i++) {
      if (letters.includes(tags.charAt(i)) && (i !== lastBattery || letters.length === 1)) {
        forget(o, i);
        return true;
      }
    }
  }
  // What has ever been sent, and so may be known to the cloud as it was, stands before this.
  for (let i = IN_FLIGHT_MAX; i < tags.length; i++) {
    const twin = tags.indexOf(tags.charAt(i), i + 1);
    if (twin > 0) return mergeAlerts(o, i, twin);
  }
  return false;
}

/** The earlier of two alerts of a kind stays and speaks for both. One that cannot be read any more is let go of instead. */
function mergeAlerts(o: Outbox, first: number, second: number): boolean {
  const one = findEvent(o, first);
  const other = findEvent(o, second);
  if (!one || !other) {
    forget(o, one ? second : first);
    return true;
  }
  const record = findRecord(o.store, one.key) ?? "";
  const value = Math.max(1, one.value) + Math.max(1, other.value);
  const merged = record.substring(0, record.lastIndexOf(" ") + 1) + value;
  return putRecord(o.store, one.key, merged, other.key);
}

/** In memory there is no room to be choosy; alerts go last all the same. */
function dropLoose(o: Outbox): void {
  const underWay = Math.max(0, o.inFlight.length - o.store.tags.length);
  let which = o.loose.findIndex((record, i) => i >= underWay && !"sclx".includes(record.charAt(0)));
  if (which < 0) which = Math.min(underWay, LOOSE_MAX - 1);
  o.loose.splice(which, 1);
}

function forget(o: Outbox, position: number): void {
  const queued = o.store.tags.length;
  if (position >= queued) {
    o.loose.splice(position - queued, 1);
    return;
  }
  const record = readQueued(o.store, position);
  if (record) deleteRecord(o.store, record.key);
  else {
    o.store.damaged++;
    forgetQueued(o.store, position);
  }
}

/** The next event to send, as it is to be sent at `now`; null if none waits or enough are under way. It counts as sent. */
export function takeEvent(o: Outbox, now: number): DeviceEvent | null {
  while (o.inFlight.length < IN_FLIGHT_MAX && o.inFlight.length < countWaiting(o)) {
    const event = findEvent(o, o.inFlight.length);
    if (!event) {
      forget(o, o.inFlight.length);
      continue;
    }
    o.inFlight.push({ boot: event.boot, seq: event.seq, sentAt: now });
    const isOurs = event.boot === o.boot;
    event.age = Math.max(isOurs ? 0 : now, o.lifeMs + now - event.at);
    event.exact = event.exact && isOurs;
    return event;
  }
  return null;
}

/** The cloud has committed the event; false if it is none that is under way. */
export function applyAck(o: Outbox, boot: string, seq: number): boolean {
  const at = o.inFlight.findIndex((flight) => flight.boot === boot && flight.seq === seq);
  if (at < 0) return false;
  forget(o, at);
  o.inFlight.splice(at, 1);
  return true;
}

/** The connection is another: everything unacknowledged is sent again. */
export function restartOutbox(o: Outbox): void {
  o.inFlight = [];
}

/** When the oldest event under way becomes overdue; 0 if none is. */
export function findAckDeadline(o: Outbox): number {
  let deadline = 0;
  for (const flight of o.inFlight) {
    const due = flight.sentAt + ACK_TIMEOUT_MS;
    if (deadline === 0 || due < deadline) deadline = due;
  }
  return deadline;
}

/** The last event that waits and changed the trap's latch; null if there is none. */
export function findLatchEvent(o: Outbox): DeviceEvent | null {
  const tags = o.store.tags;
  for (let i = tags.length - 1; i >= 0; i--) if ("arqs".includes(tags.charAt(i))) return findEvent(o, i);
  return null;
}

/** The events were removed from the store: the trap has another owner, or none, and they are nobody's business any more. */
export function clearOutbox(o: Outbox): void {
  o.inFlight = [];
  o.loose = [];
}
