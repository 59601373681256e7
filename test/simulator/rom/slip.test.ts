// Tests slip.ts and noise.ts: what goes over the wire as bytes.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { distort } from "../../../simulator/rom/noise.ts";
import { createSlipReader, encodeSlip } from "../../../simulator/rom/slip.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("slip");

function read(...chunks: number[][]): number[][] {
  const frames: number[][] = [];
  const reader = createSlipReader((frame) => frames.push([...frame]));
  for (const chunk of chunks) reader.push(Uint8Array.from(chunk));
  return frames;
}

test("both special bytes are escaped", () => {
  assert.equal([...encodeSlip(Uint8Array.of(1, 0xc0, 0xdb, 2))], [0xc0, 1, 0xdb, 0xdc, 0xdb, 0xdd, 2, 0xc0]);
});

const STREAMS: [what: string, chunks: number[][], frames: number[][]][] = [
  ["text between frames is nobody's", [[65, 0xc0, 1, 0xc0, 66, 0xc0, 2, 0xc0]], [[1], [2]]],
  ["a frame may come in pieces, even within an escape", [[0xc0, 1, 0xdb], [0xdc], [0xc0]], [[1, 0xc0]]],
  ["frames may share the byte between them only by losing one", [[1, 0xc0, 0xc0, 2, 0xc0]], [[2]]],
  ["a wrong escape spoils its frame alone", [[0xc0, 1, 0xdb, 7, 2, 0xc0, 0xc0, 3, 0xc0]], [[3]]],
  ["empty frames are none", [[0xc0, 0xc0, 0xc0, 0xc0, 1, 0xc0]], [[1]]],
];

for (const [what, chunks, frames] of STREAMS) test(what, () => assert.equal(read(...chunks), frames));

test("a frame without an end takes no memory without an end", () => {
  const frames = read([0xc0], new Array<number>(0x8001).fill(1), [0xc0, 0xc0, 2, 0xc0]);
  assert.equal(frames, [[2]]);
});

test("what is encoded is read again, cut where it may", async () => {
  await checkProperty(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
      fc.integer({ min: 1, max: 9 }),
      (list, cut) => {
        const bytes = list.flatMap((frame) => [...encodeSlip(frame)]);
        const chunks = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, i) =>
          bytes.slice(i * cut, (i + 1) * cut),
        );
        assert.equal(
          read(...chunks),
          list.map((frame) => [...frame]),
        );
      },
    ),
  );
});

test("another speed garbles every byte, always alike, and never into plain text", async () => {
  await checkProperty(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      fc.constantFrom(9_600, 57_600, 230_400, 921_600),
      (bytes, baud) => {
        const heard = distort(bytes, baud, 115_200);
        assert.ok(heard.length >= 1 && heard.every((byte) => byte >= 0x80));
        assert.equal(heard, distort(bytes, baud, 115_200));
      },
    ),
  );
  const bytes = Uint8Array.of(1, 2, 3);
  assert.is(distort(bytes, 117_000, 115_200), bytes);
});
