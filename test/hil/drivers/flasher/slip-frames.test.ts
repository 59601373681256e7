// Frames between ends, with whatever a chip writes beside them.
import * as assert from "uvu/assert";
import { createSlipFrames, encodeSlip } from "../../../../hil/drivers/flasher/slip-frames.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("SLIP as a flashing host reads it");

test("what is encoded is read again, wherever it is cut", () => {
  const data = Uint8Array.of(0xc0, 1, 0xdb, 2, 0xdc, 0xdd, 0);
  const encoded = encodeSlip(data);
  assert.equal([...encoded], [0xc0, 0xdb, 0xdc, 1, 0xdb, 0xdd, 2, 0xdc, 0xdd, 0, 0xc0]);
  for (let at = 0; at <= encoded.length; at++) {
    const slip = createSlipFrames();
    const frames = [...slip.read(encoded.subarray(0, at)), ...slip.read(encoded.subarray(at))];
    assert.equal(
      frames.map((frame) => [...frame]),
      [[...data]],
      `cut at ${at}`,
    );
  }
});

test("text beside frames is kept apart", () => {
  const slip = createSlipFrames();
  const log = Buffer.from("rst:0x1 (POWERON_RESET),boot:0x3\r\n");
  const frames = slip.read(Buffer.concat([log, encodeSlip(Uint8Array.of(1, 8)), encodeSlip(Uint8Array.of(1, 9))]));
  assert.equal(
    frames.map((frame) => [...frame]),
    [
      [1, 8],
      [1, 9],
    ],
  );
  assert.is(slip.text(), log.toString());
  slip.forgetText();
  assert.is(slip.text(), "");
});

test("half a frame does not spoil the next one", () => {
  const slip = createSlipFrames();
  slip.read(Uint8Array.of(0xc0, 1, 2));
  slip.drop();
  assert.equal(
    slip.read(encodeSlip(Uint8Array.of(7))).map((frame) => [...frame]),
    [[7]],
  );
  assert.equal(slip.read(new Uint8Array(100_000).fill(1)), []);
  slip.read(Uint8Array.of(0xc0));
  assert.equal(slip.read(new Uint8Array(100_000).fill(1)), []);
  assert.ok(slip.text().length <= 2_000);
});
