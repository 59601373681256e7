// Owns the trap that is fed with what it should not believe: claimed, configured, sprung, with events that nobody acknowledges. Any change
// of it is noticed, and so is whatever is thrown or caught at the last moment.
import { createHash } from "node:crypto";
import { CODE_UNCAUGHT, type DownName, downTopic, encodeDown } from "#protocol";
import { findRecord, listKeys, openRecordStore } from "../../../firmware/store/record-store.ts";
import { RESTART_KEY } from "../../../firmware/store/settings.ts";
import { type CloudDouble, DEVICE, startOwned, TENANT } from "../cloud-double.ts";
import { createTestFlash, sha256, type TestBench } from "../ports-double.ts";
import type { Chance } from "./mutations.ts";

export const WISH = { rev: 3, telemetryS: 600, confirmMs: 200, armDelayMs: 500, buzzer: false };

export interface Victim {
  bench: TestBench;
  cloud: CloudDouble;
  /** Refusals since the boot, as the trap counts them. */
  countRefusals(): number;
  /** Throws when the trap is other than it was at first; `about` says what it was fed with. */
  checkQuick(about: () => string): void;
  checkAll(about: () => string): void;
}

/** Sprung and online, two events under way. */
export function createVictim(): Victim {
  const { bench, cloud } = startOwned();
  cloud.send({ name: "config", value: WISH });
  bench.clock.advance(100);
  cloud.acknowledges = false;
  bench.setPlunger(true);
  bench.clock.advance(600);
  bench.setPlunger(false);
  bench.clock.advance(600);
  // From here on the broker does not hear: what it is told is not the question.
  bench.onWrite = () => undefined;
  return watch(bench, cloud);
}

/** @param isStill no time passes, so that nothing at all may be written; else a trap without a network starts anew now and then, and notes it */
export function watch(bench: TestBench, cloud: CloudDouble, isStill = true): Victim {
  const readInfo = (): string[] => {
    bench.lines.length = 0;
    bench.type("info");
    return bench.lines.splice(0).map((line) => line.replace(/^TL \d+ /, ""));
  };
  const steady = (line: string) => /^(boot|trap|claim)\b/.test(line) || line.startsWith("identity");
  const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  const name = () => [
    ...readInfo().filter(steady),
    ...[digest(bench.slots.bytes.a), digest(bench.slots.bytes.b), ...readRecords(bench)],
    ...(isStill ? [`${bench.pins.hz} Hz`, `${bench.reboots} reboots`] : []),
  ];
  const first = name();
  const { operations } = bench.flash;
  return {
    bench,
    cloud,
    countRefusals: () => Number(/refusals=(\d+)/.exec(readInfo().join("\n"))?.[1]),
    checkQuick(about) {
      if (isStill && bench.flash.operations !== operations) throw new Error(`it wrote to flash after ${about()}`);
      if (bench.slots.writes.length > 0) throw new Error(`it wrote to a slot after ${about()}`);
      const uncaught = bench.lines.find((line) => line.includes(`fault code=${CODE_UNCAUGHT}`));
      if (uncaught !== undefined) throw new Error(`${uncaught} after ${about()}`);
      bench.lines.length = 0;
    },
    checkAll(about) {
      const now = name();
      const changed = now.find((line, i) => line !== first[i]);
      if (changed !== undefined || now.length !== first.length) throw new Error(`it is "${changed}" after ${about()}`);
    },
  };
}

/** Everything that the trap keeps, but for why it has started itself anew. */
function readRecords(bench: TestBench): string[] {
  const store = openRecordStore(createTestFlash(15, 4096, bench.flash.bytes), sha256);
  const keys = listKeys(store, "").filter((key) => key !== RESTART_KEY);
  return keys.sort().map((key) => `${key}: ${findRecord(store, key)}`);
}

/** Bytes of a PUBLISH with QoS 1. */
export function encodePublish(topic: string, payload: string, id: number): string {
  const word = (value: number) => String.fromCharCode((value >> 8) & 255, value & 255);
  const body = word(topic.length) + topic + word(id) + payload;
  let length = body.length;
  let head = "\x32";
  while (length > 127) {
    head += String.fromCharCode((length & 127) | 128);
    length >>= 7;
  }
  return head + String.fromCharCode(length) + body;
}

export const topicOf = (name: DownName): string => downTopic(TENANT, DEVICE, name);

const OFFER = {
  ...{ id: "44444444-4444-4444-8444-444444444444", firmware: "55555555-5555-4555-8555-555555555555" },
  ...{ version: "9.0.0", size: 9000, sha256: "ab".repeat(32), chunk: 512 },
};

export interface Message {
  name: DownName;
  payload: string;
}

/** True orders of the cloud, sealed for this connection and never delivered: what a thief on the wire would have in its hands. */
export function stealMessages(cloud: CloudDouble, chance: Chance, count: number): Message[] {
  const stolen: Message[] = [];
  const { sendRaw } = cloud;
  cloud.sendRaw = (topic, payload) => void stolen.push({ name: topic.split("/").at(-1) as DownName, payload });
  for (const order of listOrders(cloud, chance, count)) cloud.sendRecord(order.name, order.record);
  cloud.sendRaw = sendRaw;
  return stolen;
}

/** Orders of every kind, each of which would change something. */
export function listOrders(cloud: CloudDouble, chance: Chance, count: number): { name: DownName; record: string }[] {
  const { boot, seq } = cloud.list("event").at(-1) ?? { boot: "0".repeat(16), seq: 1 };
  return Array.from({ length: count }, (_, i) => {
    const id = 1 + chance.draw(1000);
    switch (i % 6) {
      case 0:
        return { name: "ack", record: encodeDown({ name: "ack", value: { boot, seq } }) };
      case 1: {
        const command = chance.pick(["reboot", "release", "silence", "identify"] as const);
        return { name: "command", record: encodeDown({ name: "command", value: { id, command } }) };
      }
      case 2:
        return { name: "config", record: encodeDown({ name: "config", value: { ...WISH, rev: 3 + id } }) };
      case 3:
        return { name: "offer", record: encodeDown({ name: "offer", value: OFFER }) };
      case 4:
        return { name: "welcome", record: encodeDown({ name: "welcome", value: { boot, session: 1 } }) };
      default:
        return { name: "session", record: encodeDown({ name: "session", value: { nonce: "c".repeat(32) } }) };
    }
  });
}
