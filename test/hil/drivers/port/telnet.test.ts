// Telnet's commands between bytes, cut anywhere.
import * as assert from "uvu/assert";
import { createTelnetReader, escapeTelnet, type TelnetItem, tellOption } from "../../../../hil/drivers/port/telnet.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("telnet between bytes");

const STREAM = [65, 255, 255, 66, 255, 253, 44, 67, 255, 250, 44, 101, 0, 255, 255, 1, 255, 240, 255, 241, 68];

function readIn(pieces: number[][]): TelnetItem[] {
  const read = createTelnetReader();
  return pieces.flatMap((piece) => read(Uint8Array.from(piece)));
}

function dataOf(items: TelnetItem[]): number[] {
  return items.flatMap((item) => (item.kind === "data" ? [...item.bytes] : []));
}

test("data, options and what is told within one are told apart", () => {
  const items = readIn([STREAM]);
  assert.equal(dataOf(items), [65, 255, 66, 67, 68]);
  assert.equal(items[1], { kind: "option", verb: "do", option: 44 });
  assert.equal(items[3], { kind: "told", option: 44, bytes: Uint8Array.of(101, 0, 255, 1) });
});

test("it reads the same wherever the pieces are cut", () => {
  const whole = readIn([STREAM]);
  for (let at = 1; at < STREAM.length; at++) {
    const items = readIn([STREAM.slice(0, at), STREAM.slice(at)]);
    assert.equal(dataOf(items), dataOf(whole), `cut at ${at}`);
    assert.equal(
      items.filter((item) => item.kind !== "data"),
      whole.filter((item) => item.kind !== "data"),
      `cut at ${at}`,
    );
  }
});

test("noise ends in no endless memory and in no throw", () => {
  const read = createTelnetReader();
  read(Uint8Array.of(255, 250, 44));
  read(new Uint8Array(5000));
  assert.equal(dataOf(read(Uint8Array.of(65))), [65]);
  for (let byte = 0; byte < 256; byte++) createTelnetReader()(Uint8Array.of(255, byte, byte, 255, 240, 255));
});

test("255 is doubled in data and in values, so that a speed may hold it", () => {
  assert.equal([...escapeTelnet(Uint8Array.of(1, 255, 2, 255))], [1, 255, 255, 2, 255, 255]);
  assert.equal([...tellOption(44, Uint8Array.of(1, 0, 0, 255, 0))], [255, 250, 44, 1, 0, 0, 255, 255, 0, 255, 240]);
});
