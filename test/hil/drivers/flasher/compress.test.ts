// Regions as the loader takes them, against Node's own zlib.
import { inflateSync } from "node:zlib";
import * as assert from "uvu/assert";
import { compressPackets } from "../../../../hil/drivers/flasher/compress.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("the packets of a region");

const noise = Uint8Array.from({ length: 200_001 }, (_, at) => ((at * 7919) ^ (at >> 3)) & 255);
const CASES: [name: string, data: Uint8Array][] = [
  ["four bytes", Uint8Array.of(1, 2, 3, 4)],
  ["erased flash", new Uint8Array(917_504).fill(0xff)],
  ["one piece exactly", noise.subarray(0, 0x10000)],
  ["what hardly compresses", noise],
];

for (const [name, data] of CASES) {
  test(`are one zlib stream: ${name}`, () => {
    for (const max of [0x400, 0x4000]) {
      const packets = compressPackets(data, max);
      assert.equal([...inflateSync(Buffer.concat(packets.map((packet) => packet.bytes)))].length, data.length);
      assert.is(Buffer.compare(inflateSync(Buffer.concat(packets.map((one) => one.bytes))), data), 0);
      assert.ok(packets.every((packet) => packet.bytes.length > 0 && packet.bytes.length <= max));
      assert.is(packets.at(-1)?.done, data.length);
    }
  });
}

test("none holds more than can be waited for", () => {
  let before = 0;
  for (const { done } of compressPackets(new Uint8Array(917_504).fill(0xff), 0x4000)) {
    assert.ok(done - before <= 0x10000);
    before = done;
  }
});
