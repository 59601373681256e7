// Owns the events that the cloud has not yet acknowledged [OUTBOX-1]: each is in flash before it is first sent, they are sent in order
// with a few under way at a time, sent again after every reconnect, and leave only on the cloud's acknowledgement of (boot, seq).
//
// It is bounded. When full, the oldest event that is not `sprung` makes room; a spring is refused only when SPRUNG_MAX others wait.
// (What an event is worth beyond that, and merging of repeats, comes with long offline times.) An event of an earlier boot tells as its
// age what this boot knows: the time since the power came back. Nothing more is written down for it.
import { ACK_TIMEOUT_MS, type Bytes, type DeviceEvent, type EventKind } from "#protocol";
import { deleteRecord, findRecord, listKeys, putRecord, type RecordStore } from "../store/record-store.ts";
import { EVENT_PREFIX } from "../store/settings.ts";

export const OUTBOX_MAX = 32;
export const SPRUNG_MAX = 64;
export const IN_FLIGHT_MAX = 4;
/** What an event is to the trap is packed into the number of its record, so that none has to be read to know what waits. */
const CLASSES = 4;
const CLASS_OTHER = 0;
const CLASS_SPRUNG = 1;
const CLASS_LATCH = 2;

interface Flight {
  number: number;
  boot: string;
  seq: number;
  sentAt: number;
}

export interface Outbox {
  store: RecordStore;
  boot: string;
  /** Of the last event of this boot. */
  seq: number;
  /** Waiting, oldest first: four times a running number, plus the class. */
  numbers: number[];
  inFlight: Flight[];
  /** Events the flash did not take, by number: sent all the same, lost with the power. */
  loose: { [key: string]: Bytes };
}

export interface Inserted {
  seq: number;
  /** False if it is not in flash. */
  stored: boolean;
  /** Events given up for it, this one included. */
  dropped: number;
}

/** What waits from earlier boots is taken over. */
export function openOutbox(store: RecordStore, boot: string): Outbox {
  const numbers: number[] = [];
  for (const key of listKeys(store, EVENT_PREFIX)) {
    const number = parseInt(key.substring(EVENT_PREFIX.length), 10);
    let at = numbers.length;
    while (at > 0 && (numbers[at - 1] as number) > number) at--;
    numbers.splice(at, 0, number);
  }
  return { store: store, boot: boot, seq: 0, numbers: numbers, inFlight: [], loose: {} };
}

/** @param at when it happened, in milliseconds of this boot; exactly or, if not `exact`, at the latest */
export function insertEvent(o: Outbox, kind: EventKind, value: number, at: number, exact: boolean): Inserted {
  o.seq++;
  const last = o.numbers.length > 0 ? (o.numbers[o.numbers.length - 1] as number) : 0;
  const number = (Math.floor(last / CLASSES) + 1) * CLASSES + classOf(kind);
  const inserted: Inserted = { seq: o.seq, stored: false, dropped: 0 };
  if (o.numbers.length >= OUTBOX_MAX) {
    inserted.dropped = 1;
    if (!dropOne(o)) {
      if (kind !== "sprung" || o.numbers.length >= SPRUNG_MAX) return inserted;
      inserted.dropped = 0;
    }
  }
  const record = [o.boot, "" + o.seq, "" + at, exact ? "1" : "0", kind, "" + value].join(" ");
  inserted.stored = putRecord(o.store, EVENT_PREFIX + number, record);
  if (!inserted.stored) o.loose[EVENT_PREFIX + number] = record;
  o.numbers.push(number);
  return inserted;
}

function classOf(kind: EventKind): number {
  if (kind === "sprung") return CLASS_SPRUNG;
  return kind === "armed" || kind === "rearmed" || kind === "silenced" ? CLASS_LATCH : CLASS_OTHER;
}

/** The oldest that is not a spring and not under way goes; false if there is none. */
function dropOne(o: Outbox): boolean {
  for (const number of o.numbers) {
    if (number % CLASSES !== CLASS_SPRUNG && !isInFlight(o, number)) {
      forget(o, number);
      return true;
    }
  }
  return false;
}

function isInFlight(o: Outbox, number: number): boolean {
  return o.inFlight.some((flight) => flight.number === number);
}

function forget(o: Outbox, number: number): void {
  deleteRecord(o.store, EVENT_PREFIX + number);
  delete o.loose[EVENT_PREFIX + number];
  o.numbers.splice(o.numbers.indexOf(number), 1);
}

/** What a record holds; `age` is still the time at which it happened. */
function parseEvent(record: Bytes): DeviceEvent | null {
  const p = record.split(" ");
  if (p.length !== 6) return null;
  return {
    boot: "" + p[0],
    seq: parseInt("" + p[1], 10),
    age: parseInt("" + p[2], 10),
    exact: p[3] === "1",
    kind: p[4] as EventKind,
    value: parseInt("" + p[5], 10),
  };
}

function findEvent(o: Outbox, number: number): DeviceEvent | null {
  const key = EVENT_PREFIX + number;
  const record = findRecord(o.store, key) ?? o.loose[key];
  return record === undefined ? null : parseEvent(record);
}

/** The next event to send, as it is to be sent at `now`; null if none waits or enough are under way. It counts as sent. */
export function takeEvent(o: Outbox, now: number): DeviceEvent | null {
  if (o.inFlight.length >= IN_FLIGHT_MAX) return null;
  for (const number of o.numbers.slice(0, IN_FLIGHT_MAX)) {
    if (isInFlight(o, number)) continue;
    const event = findEvent(o, number);
    if (!event) {
      // Its record is damaged: nobody can read it, ever.
      forget(o, number);
      o.store.damaged++;
      continue;
    }
    o.inFlight.push({ number: number, boot: event.boot, seq: event.seq, sentAt: now });
    const ours = event.boot === o.boot;
    event.age = ours ? Math.max(0, now - event.age) : now;
    event.exact = event.exact && ours;
    return event;
  }
  return null;
}

/** The cloud has committed the event; false if it is none that is under way. */
export function applyAck(o: Outbox, boot: string, seq: number): boolean {
  const at = o.inFlight.findIndex((flight) => flight.boot === boot && flight.seq === seq);
  if (at < 0) return false;
  forget(o, (o.inFlight[at] as Flight).number);
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
  for (let i = o.numbers.length - 1; i >= 0; i--) {
    const number = o.numbers[i] as number;
    if (number % CLASSES !== CLASS_OTHER) return findEvent(o, number);
  }
  return null;
}

/** The trap has another owner, or none: what waits is nobody's business any more. */
export function clearOutbox(o: Outbox): void {
  while (o.numbers.length > 0) forget(o, o.numbers[0] as number);
  o.inFlight = [];
}
