// What strangers and broken traps send: nothing of it ends the process, grows the memory, or reaches the ingest; all of it is counted.
import * as fc from "fast-check";
import { generate } from "mqtt-packet";
import * as assert from "uvu/assert";
import {
  CODE_BAD_FIELD,
  CODE_MALFORMED,
  CODE_TOO_LONG,
  CODE_UNKNOWN_VERSION,
  encodeEvent,
  encodeHello,
  RECORD_BYTES_MAX,
  UP_NAMES,
} from "#protocol";
import { eventually } from "../../support/eventually.ts";
import { BOOT, connectDevice, connectPacket, eventOf, helloOf, openMqtt } from "../../support/mqtt.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { type BrokerFixture, connectProven, deviceAt, startBroker } from "./broker-fixture.ts";

const test = suite("mqtt bad input");
let fixture: BrokerFixture;
test.before.each(async () => {
  fixture = await startBroker({ connectMs: 300, connectionsMax: 40 });
});
test.after.each(() => fixture.stop());

const own = deviceAt(0);

/** The broker is well if a trap gets through from CONNECT to PUBACK. */
async function assertWell(): Promise<void> {
  const before = fixture.taken.length;
  const device = await connectDevice(fixture.port, deviceAt(3));
  await device.hello();
  assert.is(fixture.taken.length, before + 1);
  device.cut();
}

const good = encodeEvent(eventOf(BOOT));
const malformed: [name: string, payload: string | Buffer, code: number][] = [
  ["nothing", "", CODE_MALFORMED],
  ["no record", "hello", CODE_MALFORMED],
  ["half a record", good.slice(0, -1), CODE_MALFORMED],
  ["something behind the record", `${good} x`, CODE_MALFORMED],
  ["another version", good.replace('"v":1', '"v":2'), CODE_UNKNOWN_VERSION],
  ["no version", "{}", CODE_UNKNOWN_VERSION],
  ["a kind nobody knows", good.replace("sprung", "flown"), CODE_BAD_FIELD],
  ["a sequence of zero", good.replace('"seq":1', '"seq":0'), CODE_BAD_FIELD],
  ["a boot id that is none", good.replace(BOOT, BOOT.toUpperCase().replace("1", "X")), CODE_BAD_FIELD],
  ["an array", "[1]", CODE_MALFORMED],
  ["bytes that are no text", Buffer.from([0xff, 0x00, 0x80]), CODE_MALFORMED],
  ["more than a record may hold", `{"v":1,"x":"${"x".repeat(1_012)}"}`, CODE_TOO_LONG],
  ["a nested record", '{"v":1,"boot":{"a":1}}', CODE_MALFORMED],
];
for (const [name, payload, code] of malformed) {
  test(`an event that is ${name} is counted, acknowledged so that it does not come back, and not taken`, async () => {
    const device = await connectProven(fixture, own);
    await device.say("event", Buffer.from(payload).toString("latin1"));
    assert.equal(fixture.broker.refusals(), { [`message-${code}`]: 1 });
    assert.equal(fixture.taken, []);
    await device.event({ seq: 1 });
    assert.is(fixture.taken.length, 1, "the connection goes on");
    device.cut();
  });
}

test("any record on any own topic is taken or counted, and acknowledged, if it is sealed", async () => {
  const device = await connectProven(fixture, own);
  const near = fc
    .tuple(fc.constantFrom(good, encodeHello(helloOf(BOOT, 1))), fc.nat(60), fc.string())
    .map(([record, at, noise]) => Buffer.from(record.slice(0, at) + noise + record.slice(at + noise.length), "latin1"));
  const payloads = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    near,
  );
  const names = UP_NAMES.filter((name) => name !== "hello");
  let sent = 0;
  await checkProperty(
    fc.asyncProperty(fc.constantFrom(...names), payloads, async (name, payload) => {
      // What cannot be split from its seal is judged with the seal.
      if (payload.includes("\n") || payload.length > RECORD_BYTES_MAX) return;
      sent += 1;
      await device.say(name, payload.toString("latin1"));
    }),
  );
  const counted = Object.values(fixture.broker.refusals()).reduce((sum, one) => sum + one, 0);
  assert.is(counted + fixture.taken.length, sent);
  device.cut();
});

test("any payload without a seal ends its connection, is counted and not taken [SEAL-1]", async () => {
  const payloads = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(good, encodeHello(helloOf(BOOT, 1)), `${good}\n2 ${"0".repeat(64)}`)
      .map((text) => Buffer.from(text)),
  );
  let sent = 0;
  await checkProperty(
    fc.asyncProperty(fc.constantFrom(...UP_NAMES), payloads, fc.boolean(), async (name, payload, isProven) => {
      const connect = isProven ? connectProven(fixture, own) : connectDevice(fixture.port, own);
      const device = await connect;
      sent += 1;
      device.publishBytes(name, payload);
      await device.closed;
      assert.equal(device.inbox, []);
    }),
    40,
  );
  assert.equal(fixture.broker.refusals(), { unproven: sent });
  assert.equal(fixture.taken, []);
});

test("bytes that are no MQTT end their connection and nothing else", async () => {
  const start = fc.constantFrom(Buffer.alloc(0), Buffer.from([0x10]), generate(connectPacket(own)));
  await checkProperty(
    fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (head, noise) => {
      const raw = await openMqtt(fixture.port);
      raw.sendBytes(Buffer.concat([head, noise]));
      raw.sendBytes(generate({ cmd: "pingreq" }));
      // Whether it is closed at once or waits for the rest of a packet depends on the bytes; nothing may be said in answer to them.
      await eventually(() => raw.isClosed() || raw.inbox.length > 0 || fixture.connections.list().length > 0, {
        withinMs: 1_000,
        because: "the bytes have arrived",
      });
      raw.cut();
    }),
    60,
  );
  await eventually(() => fixture.connections.list().length === 0, {
    withinMs: 2_000,
    because: "every connection is gone",
  });
  await assertWell();
});

const MALFORMED_PACKETS: [name: string, bytes: number[]][] = [
  ["a CONNECT without a protocol name", [0x10, 0x02, 0x00, 0x00]],
  ["a second CONNECT's worth of zeros", [0x10, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ["an empty CONNECT", [0x10, 0x00]],
  ["a CONNECT with the reserved flag set", [0x10, 0x0d, 0, 4, 77, 81, 84, 84, 4, 0x03, 0, 30, 0, 1, 97]],
];
for (const [name, bytes] of MALFORMED_PACKETS) {
  test(`${name} is refused and counted`, async () => {
    const raw = await openMqtt(fixture.port);
    raw.sendBytes(Uint8Array.from(bytes));
    await raw.closed;
    assert.equal(
      raw.inbox.filter((packet) => packet.cmd !== "connack"),
      [],
    );
    assert.is(
      Object.values(fixture.broker.refusals()).reduce((sum, one) => sum + one, 0),
      1,
    );
    await assertWell();
  });
}

test("an oversized packet ends the connection by its header, before and after CONNECT [GUARD-1]", async () => {
  const before = await openMqtt(fixture.port);
  before.sendBytes(Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await before.closed;
  const device = await connectDevice(fixture.port, own);
  device.publishBytes("event", "x".repeat(3_000));
  await device.closed;
  assert.equal(fixture.broker.refusals(), { "packet-too-large": 2 });
  assert.equal(fixture.taken, []);
});

test("memory does not grow with what strangers pour in before they are known [GUARD-1]", async () => {
  const before = process.memoryUsage().rss;
  const flood = Buffer.concat([Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(1_000_000)]);
  for (let round = 0; round < 20; round++) {
    const raw = await openMqtt(fixture.port);
    for (let piece = 0; piece < 5; piece++) raw.sendBytes(flood);
    await raw.closed;
  }
  const grown = (process.memoryUsage().rss - before) / 1_000_000;
  // The sender's own buffers are in this process as well; a broker that kept 100 MB would show.
  assert.ok(grown < 60, `${Math.round(grown)} MB more`);
  assert.is(fixture.broker.refusals()["packet-too-large"], 20);
});

test("a client that pipelines before its CONNACK is held to a few packets", async () => {
  const raw = await openMqtt(fixture.port);
  raw.sendBytes(
    Buffer.concat([generate(connectPacket(own)), ...Array.from({ length: 60 }, () => generate({ cmd: "pingreq" }))]),
  );
  await raw.closed;
  await assertWell();
});

test("whoever sends no CONNECT in time is cut off, byte by byte or silent", async () => {
  const silent = await openMqtt(fixture.port);
  const slow = await openMqtt(fixture.port);
  const bytes = generate(connectPacket(own));
  slow.sendBytes(bytes.subarray(0, 20));
  await Promise.all([silent.closed, slow.closed]);
  await assertWell();
});

test("connections are bounded, and taken again when there is room", async () => {
  const open = await Promise.all(Array.from({ length: 40 }, () => openMqtt(fixture.port)));
  const tooMany = await openMqtt(fixture.port);
  await tooMany.closed;
  assert.is(fixture.broker.refusals()["too-many-connections"], 1);
  for (const one of open) one.cut();
  await eventually(() => fixture.connections.list().length === 0, { withinMs: 2_000, because: "there is room" });
  await assertWell();
});

test("a device that reads nothing is dropped, and does not hold up the others", async () => {
  await fixture.stop();
  fixture = await startBroker({ drainMs: 200 });
  const frozen = await connectProven(fixture, own);
  await frozen.subscribe();
  frozen.freeze();
  const talk = async () => {
    while (fixture.connections.find(own.credentialId) !== null) {
      await Promise.all(
        Array.from({ length: 500 }, (_, id) =>
          fixture.link.send(own, { name: "command", value: { id: id + 1, command: "identify" } }),
        ),
      );
    }
  };
  await Promise.all([talk(), assertWell()]);
  frozen.cut();
});
