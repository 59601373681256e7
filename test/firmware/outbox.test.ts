// The outbox: in flash before it is sent, in order, few at a time, gone only when the cloud says so, bounded.
import * as assert from "uvu/assert";
import { ACK_TIMEOUT_MS } from "#protocol";
import {
  applyAck,
  clearOutbox,
  findAckDeadline,
  findLatchEvent,
  IN_FLIGHT_MAX,
  insertEvent,
  OUTBOX_MAX,
  type Outbox,
  openOutbox,
  restartOutbox,
  SPRUNG_MAX,
  takeEvent,
} from "../../firmware/session/outbox.ts";
import { openRecordStore } from "../../firmware/store/record-store.ts";
import { suite } from "../support/suite.ts";
import { createTestFlash, sha256, type TestFlash } from "./ports-double.ts";

const test = suite("outbox");
const BOOT = "0000000100000000";
const NEXT_BOOT = "0000000200000000";

const open = (flash: TestFlash, boot = BOOT): Outbox => openOutbox(openRecordStore(flash, sha256), boot);

function drain(outbox: Outbox, now: number): string[] {
  const sent: string[] = [];
  for (let event = takeEvent(outbox, now); event; event = takeEvent(outbox, now)) {
    sent.push(`${event.kind} ${event.seq} ${event.age} ${event.exact}`);
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
  assert.is(open(flash).numbers.length, 1);
  assert.is(applyAck(outbox, BOOT, 1), true);
  assert.is(applyAck(outbox, BOOT, 1), false);
  assert.is(open(flash).numbers.length, 0);
});

test("events go in order, few at a time, and again after a reconnect with their age of then", () => {
  const outbox = open(createTestFlash());
  for (let i = 1; i <= 6; i++) insertEvent(outbox, "armed", i, i * 10, true);
  const first = ["armed 1 90 true", "armed 2 80 true", "armed 3 70 true", "armed 4 60 true"];
  assert.equal(drain(outbox, 100), first.slice(0, IN_FLIGHT_MAX));
  assert.equal(drain(outbox, 200), []);
  applyAck(outbox, BOOT, 1);
  assert.equal(drain(outbox, 300), ["armed 5 250 true"]);
  assert.is(findAckDeadline(outbox), 100 + ACK_TIMEOUT_MS);
  restartOutbox(outbox);
  assert.is(findAckDeadline(outbox), 0);
  assert.equal(drain(outbox, 400), ["armed 2 380 true", "armed 3 370 true", "armed 4 360 true", "armed 5 350 true"]);
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

test("full, the oldest that is no spring makes room; springs are refused last", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  insertEvent(outbox, "sprung", 0, 1, true);
  for (let i = 2; i <= OUTBOX_MAX; i++) insertEvent(outbox, "false-trigger", i, i, true);
  assert.is(insertEvent(outbox, "armed", 0, 99, true).dropped, 1);
  assert.is(outbox.numbers.length, OUTBOX_MAX);
  assert.ok(drain(outbox, 100)[1]?.startsWith("false-trigger 3"), "the second was the oldest false trigger");
  const springs = open(createTestFlash());
  for (let i = 1; i <= SPRUNG_MAX; i++) assert.is(insertEvent(springs, "sprung", 0, i, true).dropped, 0, `${i}`);
  assert.equal(insertEvent(springs, "armed", 0, 1, true), { seq: SPRUNG_MAX + 1, stored: false, dropped: 1 });
  assert.equal(insertEvent(springs, "sprung", 0, 1, true), { seq: SPRUNG_MAX + 2, stored: false, dropped: 1 });
  assert.is(springs.numbers.length, SPRUNG_MAX);
});

test("what the flash does not take is sent all the same", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  for (let i = 0; i < flash.bytes.length; i++) flash.stuck.add(i);
  assert.equal(insertEvent(outbox, "sprung", 0, 5, true), { seq: 1, stored: false, dropped: 0 });
  assert.equal(drain(outbox, 10), ["sprung 1 5 true"]);
  assert.ok(applyAck(outbox, BOOT, 1));
});

test("the newest event that changed the latch is found without reading the others", () => {
  const outbox = open(createTestFlash());
  assert.is(findLatchEvent(outbox), null);
  insertEvent(outbox, "armed", 0, 1, true);
  insertEvent(outbox, "sprung", 0, 2, true);
  insertEvent(outbox, "battery-low", 3100, 3, true);
  assert.is(findLatchEvent(outbox)?.kind, "sprung");
});

test("cleared, nothing is left in flash either", () => {
  const flash = createTestFlash();
  const outbox = open(flash);
  for (let i = 0; i < 5; i++) insertEvent(outbox, "sprung", 0, i, true);
  drain(outbox, 10);
  clearOutbox(outbox);
  assert.equal([outbox.numbers, outbox.inFlight, open(flash).numbers], [[], [], []]);
});
