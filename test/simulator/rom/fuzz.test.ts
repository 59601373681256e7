// Tests that the loaders stand whatever comes in on the wire: garbage, broken frames, commands with nonsense in them.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { OP } from "../../../simulator/rom/packets.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { createTool, encodeRequest, encodeWords, SYNC_DATA, type Tool } from "./tool.ts";

const test = suite("chip under noise");
const MODES = ["rom", "stub"] as const;
const garbage = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 30 });
const slipBytes = fc.array(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 0x00, 0x01, 0x02, 0x08), { maxLength: 200 });
const op = fc.oneof(fc.constantFrom(...Object.values(OP)), fc.nat(255));
const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0x1000, 0x3fffff, 0x400000, 0xfffffffc, 0xffffffff));
const commands = fc.array(fc.tuple(op, fc.array(word, { maxLength: 6 }), fc.uint8Array({ maxLength: 20 })), {
  maxLength: 20,
});

function begin(mode: (typeof MODES)[number]): Tool {
  const tool = createTool();
  tool.powerOn("download");
  if (mode === "stub") tool.runStub();
  return tool;
}

/** It still answers a tool that goes about it properly. */
function isWell(tool: Tool): boolean {
  tool.chip.setEnable(false);
  tool.chip.setIo0(false);
  tool.chip.setEnable(true);
  tool.clock.advance(10);
  return tool.command(OP.SYNC, SYNC_DATA).length === 8;
}

for (const mode of MODES) {
  test(`[CHIP-3] garbage on the wire of the ${mode} writes nothing and breaks nothing`, async () => {
    await checkProperty(
      fc.property(garbage, slipBytes, (chunks, slip) => {
        const tool = begin(mode);
        for (const chunk of [...chunks, Uint8Array.from(slip)]) tool.chip.receive(chunk, 115_200);
        assert.is(tool.flash.operationCount(), 0);
        assert.ok(isWell(tool));
      }),
      100,
    );
  });

  test(`[CHIP-3] commands full of nonsense are answered by the ${mode} or ignored`, async () => {
    await checkProperty(
      fc.property(commands, (list) => {
        const tool = begin(mode);
        for (const [number, words, rest] of list) {
          tool.sendFrame(encodeRequest(number, Buffer.concat([encodeWords(...words), rest])));
        }
        assert.ok(isWell(tool));
      }),
      50,
    );
  });

  test(`[CHIP-3] a block that was damaged on its way is never written by the ${mode}`, async () => {
    await checkProperty(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 64 }),
        fc.nat(63),
        fc.integer({ min: 1, max: 255 }),
        (block, at, by) => {
          const tool = begin(mode);
          tool.ask(OP.SPI_ATTACH, 0);
          tool.ask(OP.FLASH_BEGIN, block.length, 1, 0x400, 0x2000);
          const before = tool.flash.operationCount();
          const sent = Buffer.concat([encodeWords(block.length, 0, 0, 0), block]);
          sent[16 + (at % block.length)]! ^= by;
          const checksum = block.reduce((sum, byte) => sum ^ byte, 0xef);
          const [answer] = tool.command(OP.FLASH_DATA, sent, checksum);
          assert.is.not(answer?.data[0], 0);
          assert.is(tool.flash.operationCount(), before);
        },
      ),
      50,
    );
  });
}

test("[CHIP-3] noise of another speed writes nothing, and the tool finds the chip as it left it", () => {
  const tool = begin("rom");
  assert.is(tool.command(OP.SYNC, SYNC_DATA).length, 8);
  for (const baud of [9_600, 57_600, 230_400, 921_600]) {
    tool.sendFrame(encodeRequest(OP.FLASH_BEGIN, encodeWords(0x1000, 1, 0x400, 0)), baud);
    tool.sendFrame(encodeRequest(OP.FLASH_DATA, new Uint8Array(0x400)), baud);
  }
  assert.is(tool.flash.operationCount(), 0);
  assert.is(tool.command(OP.SYNC, SYNC_DATA).length, 8);
});
