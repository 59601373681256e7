// Tests inflate.ts against the runtime's own zlib: whatever that packs comes out again, in whatever pieces it comes.
import { constants, deflateSync } from "node:zlib";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { createInflater, type InflateVerdict } from "../../../simulator/rom/inflate.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("inflate");

function inflate(packed: Uint8Array, cut: number): { verdict: InflateVerdict | undefined; bytes: Buffer } {
  const parts: Uint8Array[] = [];
  const inflater = createInflater((bytes) => parts.push(bytes));
  let verdict: InflateVerdict | undefined;
  for (let at = 0; at < packed.length; at += cut) verdict = inflater.push(packed.subarray(at, at + cut));
  return { verdict, bytes: Buffer.concat(parts) };
}

/** Bytes with repetitions near and far, in every mixture. */
const plain = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 40 })), { maxLength: 40 })
  .map((parts) =>
    Buffer.concat(parts.map(([bytes, times]) => Buffer.concat(new Array<Uint8Array>(times).fill(bytes)))),
  );
const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
});

test("what was packed comes out, at every level and in pieces of any size", async () => {
  await checkProperty(
    fc.property(plain, settings, fc.integer({ min: 1, max: 3000 }), (bytes, options, cut) => {
      const result = inflate(deflateSync(bytes, options), cut);
      assert.is(result.verdict, "done");
      assert.ok(result.bytes.equals(bytes));
    }),
  );
});

test("repetitions reach back over the whole window", () => {
  const far = Buffer.alloc(200_000);
  for (let i = 0; i < far.length; i++) far[i] = (i * i + (i >> 7)) & 0xff;
  far.copy(far, 32_000, 0, 10_000);
  assert.ok(inflate(deflateSync(far), 1_024).bytes.equals(far));
});

test("all that can be known of a block comes out with it", () => {
  const packed = deflateSync(Buffer.alloc(100_000, "trapline"), { level: 0 });
  assert.ok(inflate(packed.subarray(0, 50_000), 50_000).bytes.length > 49_000);
});

const WRONGS: [what: string, bytes: number[], verdict: InflateVerdict][] = [
  ["no zlib header", [0x12, 0x34], "broken"],
  ["a header that asks for a dictionary", [0x78, 0xbb], "broken"],
  ["a block of no kind", [0x78, 0x9c, 0x07], "broken"],
  ["a stored block whose length contradicts itself", [0x78, 0x9c, 0x01, 5, 0, 5, 0], "broken"],
  ["a repetition of what never was", [0x78, 0x9c, 0x63, 0x00, 0x42, 0x00], "broken"],
  ["a wrong sum", [...deflateSync(Buffer.from("x")).subarray(0, -1), 0], "adler"],
  ["an end before the end", [...deflateSync(Buffer.from("x")).subarray(0, -2)], "more"],
];

for (const [what, bytes, verdict] of WRONGS) {
  test(`${what} is told from a stream`, () => assert.is(inflate(Uint8Array.from(bytes), 1).verdict, verdict));
}

test("nonsense ends in a verdict", async () => {
  await checkProperty(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      inflate(Buffer.concat([Uint8Array.of(0x78, 0x9c), bytes]), 7);
    }),
  );
});
