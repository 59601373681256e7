// Our MQTT against the mqtt-packet package, in both directions, in every fragmentation; and against garbage.
import fc from "fast-check";
import mqttPacket from "mqtt-packet";
import * as assert from "uvu/assert";
import { PACKET_BYTES_MAX } from "#protocol";
import {
  CONNACK,
  DISCONNECT_BYTES,
  encodeConnect,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  type Packet,
  PINGREQ_BYTES,
  PINGRESP,
  PUBACK,
  PUBLISH,
  parsePackets,
  SUBACK,
} from "../../firmware/session/mqtt-packets.ts";
import { suite } from "../support/suite.ts";
import { SEED } from "./seed.ts";

const test = suite("mqtt packets");

/** What the other codec reads. */
function readForeign(bytes: string): mqttPacket.Packet {
  const packets: mqttPacket.Packet[] = [];
  const parser = mqttPacket.parser();
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  assert.is(parser.parse(Buffer.from(bytes, "latin1")), 0, "nothing is left over");
  assert.is(packets.length, 1);
  return packets[0]!;
}

const write = (packet: Parameters<typeof mqttPacket.generate>[0]): string =>
  mqttPacket.generate(packet).toString("latin1");

test("CONNECT is read as it was meant: clean session, will of QoS 1, not retained", () => {
  const bytes = encodeConnect({
    ...{ clientId: "c1", user: "u1", password: "p".repeat(64), keepAliveS: 30 },
    ...{ willTopic: "tenant/t/device/d/up/will", willPayload: '{"v":1}' },
  });
  const read = readForeign(bytes);
  assert.is(read.cmd, "connect");
  if (read.cmd !== "connect") return;
  assert.equal([read.protocolId, read.protocolVersion, read.clean, read.keepalive], ["MQTT", 4, true, 30]);
  assert.equal([read.clientId, read.username, read.password?.toString()], ["c1", "u1", "p".repeat(64)]);
  const { topic, payload, qos, retain } = read.will!;
  assert.equal([topic, payload.toString(), qos, retain], ["tenant/t/device/d/up/will", '{"v":1}', 1, false]);
});

test("every other packet of ours is read as it was meant", () => {
  for (const length of [0, 1, 100, 127, 128, 129, 1024, 1900]) {
    const read = readForeign(encodePublish("a/b", "x".repeat(length), 65_535));
    if (read.cmd !== "publish") throw new Error(read.cmd);
    assert.equal([read.topic, read.qos, read.retain, read.dup, read.messageId], ["a/b", 1, false, false, 65_535]);
    assert.is(read.payload.length, length);
  }
  const subscribe = readForeign(encodeSubscribe(["a", "b/c"], 7));
  if (subscribe.cmd !== "subscribe") throw new Error(subscribe.cmd);
  assert.equal(
    [subscribe.messageId, subscribe.subscriptions.map((s) => [s.topic, s.qos])],
    [
      7,
      [
        ["a", 1],
        ["b/c", 1],
      ],
    ],
  );
  const puback = readForeign(encodePuback(258));
  assert.equal([puback.cmd, puback.messageId], ["puback", 258]);
  assert.is(readForeign(PINGREQ_BYTES).cmd, "pingreq");
  assert.is(readForeign(DISCONNECT_BYTES).cmd, "disconnect");
});

const SERVER: [string, string, Packet][] = [
  ["CONNACK", write({ cmd: "connack", returnCode: 0, sessionPresent: false }), packet(CONNACK)],
  ["CONNACK 5", write({ cmd: "connack", returnCode: 5, sessionPresent: false }), packet(CONNACK, { code: 5 })],
  ["SUBACK", write({ cmd: "suback", messageId: 1, granted: [1, 1, 0, 1] }), packet(SUBACK, { id: 1, code: 1 })],
  ["SUBACK 128", write({ cmd: "suback", messageId: 1, granted: [1, 128] }), packet(SUBACK, { id: 1, code: 128 })],
  ["PUBACK", write({ cmd: "puback", messageId: 513 }), packet(PUBACK, { id: 513 })],
  ["PINGRESP", write({ cmd: "pingresp" }), packet(PINGRESP)],
  ["PUBLISH 0", writePublish(0, "abc"), packet(PUBLISH, { topic: "t/x", payload: "abc" })],
  ["PUBLISH 1", writePublish(1, ""), packet(PUBLISH, { topic: "t/x", payload: "", code: 1, id: 300 })],
  ["PUBLISH 300", writePublish(1, "\0\xff".repeat(150)), packet(PUBLISH, { ...qos1(), payload: "\0\xff".repeat(150) })],
];

function qos1() {
  return { topic: "t/x", code: 1, id: 300 };
}
function packet(type: number, rest: Partial<Packet> = {}): Packet {
  return { type, id: 0, code: 0, topic: "", payload: "", ...rest };
}
function writePublish(qos: 0 | 1, payload: string): string {
  const body = Buffer.from(payload, "latin1");
  return write({ cmd: "publish", topic: "t/x", payload: body, qos, messageId: 300, dup: false, retain: false });
}

for (const [name, bytes, expected] of SERVER) {
  test(`${name} of a server is read, whole and cut at every place`, () => {
    assert.equal(parsePackets(bytes), { packets: [expected], rest: "", error: "" });
    for (let cut = 0; cut < bytes.length; cut++) {
      const first = parsePackets(bytes.slice(0, cut));
      assert.equal(first, { packets: [], rest: bytes.slice(0, cut), error: "" }, `cut at ${cut}`);
      assert.equal(parsePackets(first.rest + bytes.slice(cut)).packets, [expected], `cut at ${cut}`);
    }
  });
}

test("a stream of packets gives the same packets however it arrives", () => {
  const stream = SERVER.map(([, bytes]) => bytes).join("");
  const expected = SERVER.map(([, , one]) => one);
  for (const size of [1, 2, 3, 5, 7, 64, 536, stream.length]) {
    const packets: Packet[] = [];
    let rest = "";
    for (let at = 0; at < stream.length; at += size) {
      const parsed = parsePackets(rest + stream.slice(at, at + size));
      packets.push(...parsed.packets);
      rest = parsed.rest;
      assert.is(parsed.error, "");
    }
    assert.equal(packets, expected, `pieces of ${size}`);
  }
});

const MALFORMED: [string, string][] = [
  ["a packet type no server sends", "\x10\x00"],
  ["PUBREC, for a QoS nobody asked for", "\x50\x02\x00\x01"],
  ["flags where there are none", "\x21\x02\x00\x00"],
  ["a CONNACK too long", "\x20\x03\x00\x00\x00"],
  ["a PUBLISH of QoS 2", "\x34\x06\x00\x01a\x00\x01x"],
  ["a PUBLISH without identifier", "\x32\x05\x00\x01a\x00\x00"],
  ["a PUBLISH whose topic is longer than it", "\x30\x03\x00\x09a"],
  ["a PUBLISH without topic", "\x30\x02\x00\x00"],
  ["an empty PUBLISH", "\x30\x00"],
  ["a length of five bytes", "\x30\xff\xff\xff\xff\x7f"],
  ["a packet longer than the bound", "\x30\xff\xff\x7f"],
  ["a SUBACK without codes", "\x90\x02\x00\x01"],
];

for (const [name, bytes] of MALFORMED) {
  test(`refused: ${name}`, () => {
    const parsed = parsePackets(SERVER[0]![1] + bytes);
    assert.is(parsed.packets.length, 1, "what came before it is still given");
    assert.ok(parsed.error.length > 0);
  });
}

test("the bound is on the whole packet, header included", () => {
  const fit = encodePublish("t", "x".repeat(PACKET_BYTES_MAX - 3 - 3 - 2), 1);
  assert.is(fit.length, PACKET_BYTES_MAX);
  assert.is(parsePackets(fit).packets.length, 1);
  assert.is(parsePackets(encodePublish("t", "x".repeat(PACKET_BYTES_MAX - 7), 1)).error, "packet too long");
});

test("garbage is waited for or refused, never thrown at, and never grows without bound", () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString("latin1"));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (pieces) => {
      let rest = "";
      for (const piece of pieces) {
        const parsed = parsePackets(rest + piece);
        rest = parsed.error === "" ? parsed.rest : "";
        assert.ok(rest.length < PACKET_BYTES_MAX + 300);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});
