// The bound on packets, without a socket: the guard sees the same packets wherever the chunks are cut.
import * as fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import * as assert from "uvu/assert";
import { PACKET_BYTES_MAX } from "#protocol";
import { createPacketGuard } from "../../../cloud/mqtt/packet-guard.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("mqtt packet guard");
const CONNECT: Packet = { cmd: "connect", clientId: "c", protocolId: "MQTT", protocolVersion: 4, clean: true };

function publish(bytes: number): Buffer {
  return generate({ cmd: "publish", topic: "t", payload: "x".repeat(bytes), qos: 0, dup: false, retain: false });
}

test("packets are counted alike wherever the stream is cut [GUARD-1]", async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1_900 }), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 40 });
  await checkProperty(
    fc.property(sizes, cuts, (bodies, steps) => {
      const stream = Buffer.concat([generate(CONNECT), ...bodies.map(publish), generate({ cmd: "pingreq" })]);
      const guard = createPacketGuard(PACKET_BYTES_MAX);
      const types: number[] = [];
      for (let at = 0, step = 0; at < stream.length; step++) {
        const size = steps[step % steps.length] ?? 1;
        const fed = guard.feed(stream.subarray(at, at + size));
        if (!fed.ok) throw new Error(fed.refusal);
        types.push(...fed.types);
        at += size;
      }
      assert.equal(types, [1, ...bodies.map(() => 3), 12]);
    }),
  );
});

const refused: [name: string, bytes: number[], refusal: string][] = [
  ["a CONNECT one byte too long, known by its header alone", [0x10, 0xfe, 0x0f], "packet-too-large"],
  ["a CONNECT of 256 MB", [0x10, 0xff, 0xff, 0xff, 0x7f], "packet-too-large"],
  ["a remaining length that never ends", [0x10, 0x80, 0x80, 0x80, 0x80], "malformed-length"],
  ["a PUBLISH before any CONNECT", [0x30, 0x05], "not-connect"],
  ["HTTP", [...Buffer.from("GET / HTTP/1.1\r\n")], "not-connect"],
];
for (const [name, bytes, refusal] of refused) {
  test(`${name} is refused`, () => {
    assert.equal(createPacketGuard(PACKET_BYTES_MAX).feed(Uint8Array.from(bytes)), { ok: false, refusal });
  });
}

test("a packet of exactly the bound passes", () => {
  const guard = createPacketGuard(PACKET_BYTES_MAX);
  const body = PACKET_BYTES_MAX - 3;
  const bytes = Buffer.concat([Buffer.from([0x10, 0x80 | (body & 127), body >> 7]), Buffer.alloc(body)]);
  assert.is(bytes.length, PACKET_BYTES_MAX);
  assert.equal(guard.feed(bytes), { ok: true, types: [1] });
});
