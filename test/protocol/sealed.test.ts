// How a record and its seal share a payload: frozen to the byte, split in one way only, and nothing makes the splitting throw [SEAL-1].
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { hex, integer, text } from "./arbitraries.ts";
import { readGoldenLines, readPairs } from "./golden.ts";
import { RECORDS } from "./records.ts";
import { SEAL_FAULTS, SEALED } from "./seal-faults.ts";

const test = suite("sealed messages");

const count = integer(0, protocol.SEAL_COUNT_MAX);
const seal = hex(protocol.PROOF_CHARS);

test("every sealed message is the frozen one, and is split into what it was joined from", () => {
  const [title, ...lines] = readGoldenLines("sealed");
  assert.is(title, "sealed");
  for (const { value, bytes } of readPairs(lines)) {
    const parts = value as { record: string; count: number; seal: string };
    const payload: unknown = JSON.parse(bytes);
    assert.is(protocol.joinSealed(parts.record, parts.count, parts.seal), payload);
    assert.equal(protocol.splitSealed(payload), { ok: true, ...parts });
  }
});

test("every record of the contract fits, with the largest count, and with room to spare in a packet", () =>
  checkProperty(
    fc.property(
      fc.constantFrom(...RECORDS).chain((one) => one.values.map((value) => one.encode(value))),
      seal,
      (record, proof) => {
        const payload = protocol.joinSealed(record, protocol.SEAL_COUNT_MAX, proof);
        assert.equal(protocol.splitSealed(payload), { ok: true, record, count: protocol.SEAL_COUNT_MAX, seal: proof });
      },
    ),
  ));

test("the longest message is one byte under what is too long, and fits into a packet with its topic", () => {
  const longest = protocol.joinSealed("x".repeat(protocol.RECORD_BYTES_MAX), protocol.SEAL_COUNT_MAX, "0".repeat(64));
  assert.is(longest.length, protocol.SEALED_BYTES_MAX);
  assert.ok(protocol.splitSealed(longest).ok);
  assert.equal(protocol.splitSealed(`x${longest}`), { ok: false, code: protocol.CODE_TOO_LONG });
  assert.ok(protocol.SEALED_BYTES_MAX + protocol.TOPIC_BYTES_MAX + 10 <= protocol.PACKET_BYTES_MAX);
});

for (const [fault, spoil] of SEAL_FAULTS)
  test(`refused: ${fault}`, () => {
    assert.ok(protocol.splitSealed(SEALED).ok);
    const spoiled = spoil(SEALED);
    const code = spoiled.length > protocol.SEALED_BYTES_MAX ? protocol.CODE_TOO_LONG : protocol.CODE_MALFORMED;
    assert.equal(protocol.splitSealed(spoiled), { ok: false, code });
  });

test("what is no text is refused unread", () => {
  for (const input of [undefined, null, 0, true, {}, [SEALED], Buffer.from(SEALED), new String(SEALED)])
    assert.equal(protocol.splitSealed(input), { ok: false, code: protocol.CODE_NOT_TEXT });
});

test("whatever is split is joined to the very same bytes, and nothing makes it throw", () => {
  const near = fc
    .tuple(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.oneof(count.map(String), text([..."0123 .-e\n"], 0, 12)),
      seal,
    )
    .map(([record, digits, proof]) => `${record}\n${digits} ${proof}`);
  let split = 0;
  return checkProperty(
    fc.property(fc.oneof(near, fc.string({ unit: "binary", maxLength: 1_200 })), (payload) => {
      const read = protocol.splitSealed(payload);
      if (!read.ok) return;
      split += 1;
      assert.is(protocol.joinSealed(read.record, read.count, read.seal), payload);
      assert.ok(Number.isInteger(read.count) && read.count >= 0 && read.count <= protocol.SEAL_COUNT_MAX);
      assert.is(read.seal.length, protocol.PROOF_CHARS);
    }),
    3_000,
  ).then(() => assert.ok(split > 0, "the generator never made one that can be split"));
});
