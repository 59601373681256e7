// The outbox: in flash before it is sent, in order, few at a time, gone only when the cloud says so; what goes when it is full; how old an
// event is said to be. Days offline by chance: outbox-days.test.ts.
import * as assert from "uvu/assert";
import { ACK_TIMEOUT_MS, EVENT_KINDS, type EventKind } from "#protocol";
import { NOTE_MS, noteLife, openLife } from "../../../firmware/session/life.ts";
import {
  applyAck,
  clearOutbox,
  countWaiting,
  findAckDeadline,
  findLatchEvent,
  IN_FLIGHT_MAX,
  insertEvent,
  LOOSE_MAX,
  type Outbox,
  openOutbox,
  restartOutbox,
  takeEvent,
} from "../../../firmware/session/outbox.ts";
import { openRecordStore, putRecord } from "../../../firmware/store/record-store.ts";
import { queuedMax } from "../../../firmware/store/renewal.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash, sha256, type TestFlash } from "../ports-double.ts";

const test = suite("outbox");
const BOOT = "0000000100000000";
const NEXT_BOOT = "0000000200000000";

const open = (flash: TestFlash, boot = BOOT, lifeMs = 0): Outbox =>
  openOutbox(openRecordStore(flash, sha256), boot, lifeMs);

function drain(outbox: Outbox, now: number): string[] {
  const sent: string[] = [];
  for (let event = takeEvent(outbox, now); event; event = takeEvent(outbox, now)) {
    sent.push(`${event.kind} ${event.seq} ${event.age} ${event.exact}`);
  }
  return sent;
}

/** Everything that waits, acknowledged as it comes. */
function deliver(outbox: Outbox): string[] {
  const sent: string[] = [];
  for (let event = takeEvent(outbox, 0); event; event = takeEvent(outbox, 0)) {
    sent.push(event.value === 0 ? `${event.kind} ${event.seq}` : `${event.kind} ${event.seq} of ${event.value}`);
    assert.ok(applyAck(outbox, event.boot, event.seq));
  }
  return sent;
}

test("[OUTBOX-1] an event is in flash before it can be taken for sending", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  const operations = flash.operations;
  assert.equal(insertEvent(outbox, "sprung", 0, 1000, true), { seq: 1, stored: true, dropped: 0 });
  assert.ok(flash.operations > operations);
  assert.equal(drain(open(flash, NEXT_BOOT), 5000), ["sprung 1 5000 false"], "another boot knows a lower bound");
  assert.equal(drain(outbox, 1500), ["sprung 1 500 true"]);
});

test("[OUTBOX-1] an event leaves on its own acknowledgement and on no other", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  insertEvent(outbox, "sprung", 0, 0, true);
  assert.is(applyAck(outbox, BOOT, 1), false, "it was not even sent");
  drain(outbox, 10);
  assert.is(applyAck(outbox, BOOT, 2), false);
  assert.is(applyAck(outbox, NEXT_BOOT, 1), false);
  assert.is(countWaiting(open(flash)), 1);
  assert.is(applyAck(outbox, BOOT, 1), true);
  assert.is(applyAck(outbox, BOOT, 1), false);
  assert.is(countWaiting(open(flash)), 0);
});

test("every kind of event comes out as it went in, in this boot and the next", () => {
  for (const kind of EVENT_KINDS) {
    const flash = createTestFlash();
    insertEvent(open(flash), kind, 65535, 9_999_999_999, true);
    const event = takeEvent(open(flash, NEXT_BOOT), 0);
    assert.equal([event?.kind, event?.value, event?.boot, event?.seq], [kind, 65535, BOOT, 1]);
  }
});

test("events go in order, few at a time, and again after a reconnect with their age of then", () => {
  const outbox = open(createTestFlash());
  for (let i = 1; i <= 6; i++) insertEvent(outbox, "armed", i, i * 10, true);
  const first = ["armed 1 90 true", "armed 2 80 true", "armed 3 70 true", "armed 4 60 true"];
  assert.equal(drain(outbox, 100), first.slice(0, IN_FLIGHT_MAX));
  assert.equal(drain(outbox, 200), []);
  applyAck(outbox, BOOT, 2);
  assert.equal(drain(outbox, 300), ["armed 5 250 true"]);
  assert.is(findAckDeadline(outbox), 100 + ACK_TIMEOUT_MS);
  restartOutbox(outbox);
  assert.is(findAckDeadline(outbox), 0);
  assert.equal(drain(outbox, 400), ["armed 1 390 true", "armed 3 370 true", "armed 4 360 true", "armed 5 350 true"]);
});

test("events of several boots wait in the order they happened", () => {
  const flash = createTestFlash();
  for (let boot = 1; boot <= 3; boot++) {
    const outbox = open(flash, `0000000${boot}00000000`);
    insertEvent(outbox, "armed", 0, 10, true);
    insertEvent(outbox, "sprung", 0, 20, true);
  }
  const outbox = open(flash, "0000000400000000");
  const events = [];
  for (let event = takeEvent(outbox, 50); event; event = takeEvent(outbox, 50)) {
    events.push(`${event.boot.slice(0, 8)} ${event.seq}`);
    applyAck(outbox, event.boot, event.seq);
  }
  assert.equal(events, ["00000001 1", "00000001 2", "00000002 1", "00000002 2", "00000003 1", "00000003 2"]);
});

/** A small flash, so that full is soon. */
const createSmallFlash = () => createTestFlash(8, 576);
const MAX = queuedMax(createSmallFlash());

function fill(kinds: readonly EventKind[]): Outbox {
  const outbox = open(createSmallFlash());
  for (const [i, kind] of kinds.entries()) {
    assert.equal(insertEvent(outbox, kind, 0, i, true), { seq: i + 1, stored: true, dropped: 0 });
  }
  assert.is(outbox.store.tags.length, MAX);
  return outbox;
}

/** From worth least to worth most; within a row the oldest goes first. */
const WORTH: EventKind[][] = [
  ["false-trigger"],
  ["battery-low", "battery-ok"],
  ["armed", "silenced", "disarmed"],
  ["rearmed"],
  ["fault"],
];

test("[OUTBOX-2] when it is full, what is worth least goes, the oldest of it first, and no alert", () => {
  const kinds: EventKind[] = ["rearmed", "sprung", "armed", "silenced", "battery-low", "false-trigger", "disarmed"];
  const outbox = fill([...kinds, "battery-ok", "sensor-fault", "battery-low"]);
  const left = (): string => outbox.store.tags;
  assert.is(left(), "rsaqlfdocl");
  const steps = [];
  for (let i = 0; i < 7; i++) {
    assert.equal(insertEvent(outbox, "sprung", 0, 50, true).dropped, 1);
    steps.push(left());
  }
  assert.equal(steps, [
    "rsaqldocls",
    "rsaqdoclss",
    "rsaqdclsss",
    "rsqdclssss",
    "rsdclsssss",
    "rsclssssss",
    "sclsssssss",
  ]);
  assert.is(WORTH.length, 5);
});

test("[OUTBOX-2] alerts alone are told as one, two by two, with their number, and never given up", () => {
  const outbox = fill(Array.from({ length: MAX }, (): EventKind => "sprung"));
  for (let i = 0; i < 5; i++) {
    assert.equal(insertEvent(outbox, "sprung", 0, 100, true), { seq: MAX + 1 + i, stored: true, dropped: 1 });
  }
  assert.is(countWaiting(outbox), MAX);
  const sent = deliver(outbox);
  assert.equal(sent.slice(0, 5), ["sprung 1", "sprung 2", "sprung 3", "sprung 4", "sprung 5 of 6"]);
  assert.equal(sent.slice(5), ["sprung 11", "sprung 12", "sprung 13", "sprung 14", "sprung 15"]);
});

test("[OUTBOX-2] what the cloud may know already is not told as more than it was", () => {
  const outbox = fill(Array.from({ length: MAX }, (): EventKind => "sensor-fault"));
  assert.is(drain(outbox, 100).length, IN_FLIGHT_MAX);
  restartOutbox(outbox);
  for (let i = 0; i < 30; i++) insertEvent(outbox, "sensor-fault", 61, 100, true);
  assert.equal(deliver(outbox).slice(0, 4), ["sensor-fault 1", "sensor-fault 2", "sensor-fault 3", "sensor-fault 4"]);
});

test("[OUTBOX-2] alerts of several kinds leave each other in peace", () => {
  const kinds = Array.from({ length: MAX }, (_, i): EventKind => (i % 2 ? "sprung" : "sensor-fault"));
  const outbox = fill(kinds);
  insertEvent(outbox, "battery-low", 3200, 100, true);
  insertEvent(outbox, "sprung", 0, 100, true);
  const sent = deliver(outbox);
  assert.is(sent.length, MAX);
  assert.ok(sent.includes(`battery-low ${MAX + 1} of 3200`));
  assert.is(sent.at(-1), `sprung ${MAX + 2}`);
});

test("false triggers in a row are told as one, the last, which counts them all; not those under way", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  insertEvent(outbox, "armed", 0, 0, true);
  for (let i = 1; i <= 50; i++) assert.is(insertEvent(outbox, "false-trigger", i, i, true).dropped, 0);
  assert.is(countWaiting(outbox), 2);
  assert.equal(drain(outbox, 60), ["armed 1 60 true", "false-trigger 51 10 true"]);
  insertEvent(outbox, "false-trigger", 51, 60, true);
  assert.is(countWaiting(outbox), 3);
  const next = open(flash, NEXT_BOOT);
  insertEvent(next, "false-trigger", 1, 5, true);
  insertEvent(next, "false-trigger", 2, 6, true);
  assert.equal(deliver(next), ["armed 1", "false-trigger 51 of 50", "false-trigger 52 of 51", "false-trigger 2 of 2"]);
});

test("what the flash does not take is sent all the same, in order, and alerts are the last to be given up", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  insertEvent(outbox, "armed", 0, 1, true);
  for (let i = 0; i < flash.bytes.length; i++) flash.stuck.add(i);
  assert.equal(insertEvent(outbox, "sprung", 0, 5, true), { seq: 2, stored: false, dropped: 0 });
  for (let i = 0; i < 3; i++) insertEvent(outbox, "silenced", 0, 6, true);
  for (let i = 0; i < 6; i++) insertEvent(outbox, "sprung", 0, 7, true);
  assert.is(countWaiting(outbox), 1 + LOOSE_MAX);
  const springs = [2, 5, 6, 7, 8, 9, 10, 11].map((seq) => `${seq === 5 ? "silenced" : "sprung"} ${seq}`);
  assert.equal(deliver(outbox), ["armed 1", ...springs]);
  assert.is(countWaiting(outbox), 0);
});

test("the newest event that changed the latch is found without reading the others", () => {
  const outbox = open(createTestFlash());
  assert.is(findLatchEvent(outbox), null);
  insertEvent(outbox, "armed", 0, 1, true);
  insertEvent(outbox, "sprung", 0, 2, true);
  insertEvent(outbox, "battery-low", 3100, 3, true);
  assert.is(findLatchEvent(outbox)?.kind, "sprung");
});

test("cleared, nothing is under way any more", () => {
  const outbox = open(createTestFlash());
  for (let i = 0; i < 5; i++) insertEvent(outbox, "sprung", 0, i, true);
  drain(outbox, 10);
  clearOutbox(outbox);
  assert.equal([outbox.inFlight, outbox.loose], [[], []]);
});

test("a record that is no event is let go of, and holds nothing up", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  insertEvent(outbox, "armed", 0, 1, true);
  for (const [i, bad] of ["", "s", "s b 1 2", "z boot 1 2 1 0", "s boot x 2 1 0", "ss boot 1 2 1 0"].entries()) {
    assert.ok(putRecord(outbox.store, `e${i + 2}`, bad));
  }
  putRecord(outbox.store, "e9", `s ${BOOT} 7 5 1 0`);
  const next = open(flash, NEXT_BOOT);
  assert.equal(deliver(next), ["armed 1", "sprung 7"]);
  assert.is(countWaiting(open(flash)), 0);
});

/** One boot of a trap: when its events happen, when it notes its life, when the power goes; all in milliseconds of that boot. */
function live(flash: TestFlash, events: number[], endMs: number): void {
  const store = openRecordStore(flash, sha256);
  const life = openLife(store, 0);
  const outbox = openOutbox(store, life.boot, life.lifeMs);
  for (let now = 0; now <= endMs; now += 10_000) {
    noteLife(outbox, now);
    if (events.includes(now)) insertEvent(outbox, "sprung", 0, now, true);
  }
}

function sendAll(flash: TestFlash, now: number): { age: number; exact: boolean }[] {
  const store = openRecordStore(flash, sha256);
  const life = openLife(store, 0);
  const outbox = openOutbox(store, life.boot, life.lifeMs);
  return Array.from({ length: 3 }, () => takeEvent(outbox, now)).flatMap((event) => (event ? [event] : []));
}

test("[OUTBOX-3] an event of an earlier boot is as old as its trap has run since, as far as that was noted", () => {
  const flash = createTestFlash();
  const HOUR_MS = 3_600_000;
  live(flash, [HOUR_MS], 10 * HOUR_MS);
  live(flash, [], 5 * HOUR_MS);
  live(flash, [20_000], 60_000);
  const [old, young] = sendAll(flash, 30_000);
  const truth = 9 * HOUR_MS + 5 * HOUR_MS + 60_000 + 30_000;
  assert.ok(old && young && !old.exact && !young.exact);
  assert.ok(old.age <= truth, `${old.age} of ${truth}: never more than is known`);
  assert.ok(old.age >= truth - 3 * NOTE_MS, `${old.age} of ${truth}: what was noted counts`);
  assert.ok(young.age >= 30_000 && young.age <= 30_000 + 40_000);
});

test("[OUTBOX-3] without a note an event is at least as old as this boot, and nothing is noted while nothing waits", () => {
  const flash = createTestFlash();
  live(flash, [], 10 * NOTE_MS);
  const { operations } = flash;
  live(flash, [5 * NOTE_MS], 5 * NOTE_MS);
  assert.ok(flash.operations - operations < 12, "no notes before the event");
  assert.equal(
    sendAll(flash, 777).map((event) => event.age),
    [777],
  );
});
