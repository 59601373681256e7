// Tests what is booted and what is refused: boot.ts, second-loader.ts, image.ts, partition-table.ts and stand-in-images.ts, on a whole chip.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { createFlash } from "../../../simulator/board/flash.ts";
import { loadSecondLoader } from "../../../simulator/rom/boot.ts";
import { encodePartitionTable, type Partition } from "../../../simulator/rom/partition-table.ts";
import { runSecondLoader } from "../../../simulator/rom/second-loader.ts";
import {
  createProgram,
  createStandInImages,
  encodeImage,
  INTERPRETER_PARTITIONS,
} from "../../../simulator/rom/stand-in-images.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { createFlashedImage, createTool } from "./tool.ts";

const test = suite("boot");

interface Refusal {
  because: string;
  spoil(flash: Uint8Array): void;
  log: RegExp;
  cause: RegExp;
}

const BY_WATCHDOG = /rst:0x10 \(RTCWDT_RTC_RESET\)/;
const BY_SOFTWARE = /rst:0x3 \(SW_RESET\)/;
const flip = (at: number) => (flash: Uint8Array) => {
  flash[at]! ^= 0x10;
};
const rehash = (flash: Uint8Array, at: number, length: number) => {
  flash.set(
    createHash("sha256")
      .update(flash.subarray(at, at + length - 32))
      .digest(),
    at + length - 32,
  );
};
const PROGRAM_BYTES = createProgram().length;

const REFUSALS: Refusal[] = [
  {
    because: "the loader's magic is wrong",
    spoil: flip(0x1000),
    log: /invalid header: 0x200204f9/,
    cause: BY_WATCHDOG,
  },
  {
    because: "the loader is the program",
    spoil: (flash) => flash.set(createProgram(), 0x1000),
    log: /load:0x3f400020,len:\d+\r\n$/,
    cause: BY_WATCHDOG,
  },
  {
    because: "the loader's checksum is wrong",
    spoil: flip(0x1100),
    log: /csum err:0x[0-9a-f]+!=0x[0-9a-f]+\r\nets_main\.c 384/,
    cause: BY_WATCHDOG,
  },
  { because: "the loader begins nowhere", spoil: flip(0x1007), log: /entry 0x500806b4\r\n$/, cause: BY_WATCHDOG },
  {
    because: "the loader has no segments",
    spoil: (flash) => flash.fill(0, 0x1001, 0x1002),
    log: /flash read err, 1000\r\nets_main\.c 371/,
    cause: BY_WATCHDOG,
  },
  {
    because: "the loader is longer than the chip",
    spoil: (flash) => flash.fill(0x7f, 0x101c, 0x1020),
    log: /flash read err/,
    cause: BY_WATCHDOG,
  },
  {
    because: "there is no table",
    spoil: (flash) => flash.fill(0xff, 0x8000, 0x9000),
    log: /No bootable app partitions in the partition table/,
    cause: BY_SOFTWARE,
  },
  {
    because: "the table is not one",
    spoil: (flash) => flash.fill(0, 0x8000, 0x9000),
    log: /partition 0 invalid magic number 0x0\r\n.*Failed to verify partition table\r\n.*load partition table error!/,
    cause: BY_SOFTWARE,
  },
  { because: "the table's hash is wrong", spoil: flip(0x8045), log: /Incorrect MD5 checksum/, cause: BY_SOFTWARE },
  {
    because: "a partition reaches beyond the chip",
    spoil: (flash) => {
      const beyond: Partition = { label: "x", type: 1, subtype: 2, address: 0x3ff000, length: 0x2000 };
      flash.set(encodePartitionTable([beyond]), 0x8000);
    },
    log: /partition 0 invalid - offset 0x3ff000 size 0x2000 exceeds flash chip size 0x400000/,
    cause: BY_SOFTWARE,
  },
  {
    because: "the program is missing",
    spoil: (flash) => flash.fill(0xff, 0x10000, 0x20000),
    log: /image at 0x10000 has invalid magic byte\r\n.*Factory app partition is not bootable\r\n.*No bootable app/,
    cause: BY_SOFTWARE,
  },
  {
    because: "the program is for another chip",
    spoil: (flash) => flash.fill(5, 0x1000c, 0x1000d),
    log: /mismatch chip ID, expected 0, found 5/,
    cause: BY_SOFTWARE,
  },
  {
    because: "a byte of the program is wrong",
    spoil: flip(0x18000),
    log: /Checksum failed\. Calculated 0x/,
    cause: BY_SOFTWARE,
  },
  {
    because: "two bytes of the program are wrong and the checksum is not",
    spoil: (flash) => {
      flip(0x18000)(flash);
      flip(0x18001)(flash);
    },
    log: /Image hash failed - image is corrupt/,
    cause: BY_SOFTWARE,
  },
  {
    because: "the program is cut off",
    spoil: (flash) => flash.set(encodePartitionTable([{ ...INTERPRETER_PARTITIONS[2]!, length: 0x8000 }]), 0x8000),
    log: /image at 0x10000 is longer than its partition/,
    cause: BY_SOFTWARE,
  },
  {
    because: "the program's code does not lie where it is seen",
    spoil: (flash) => {
      flip(0x10019)(flash);
      rehash(flash, 0x10000, PROGRAM_BYTES);
    },
    log: /Segment 0 load address 0x3f401020, doesn't match data 0x00010020/,
    cause: BY_SOFTWARE,
  },
];

for (const { because, spoil, log, cause } of REFUSALS) {
  test(`[CHIP-2] nothing is booted where ${because}`, () => {
    const image = createFlashedImage();
    spoil(image);
    const tool = createTool(image);
    tool.powerOn("flash");
    tool.clock.advance(200);
    assert.is(tool.chip.state(), "looping");
    assert.match(tool.takeText(), log);
    tool.clock.advance(400);
    assert.match(tool.takeText(), cause);
    assert.equal(tool.told, []);
  });
}

test("the hash of the second loader is looked at by nobody, as on silicon", () => {
  const image = createFlashedImage();
  const [loader] = createStandInImages();
  flip(0x1000 + loader!.bytes.length - 1)(image);
  const tool = createTool(image);
  tool.powerOn("flash");
  tool.clock.advance(500);
  assert.is(tool.chip.state(), "running");
});

test("a looping chip boots when good images were flashed meanwhile", () => {
  const tool = createTool();
  tool.powerOn("flash");
  tool.clock.advance(1_000);
  for (const { address, bytes } of createStandInImages()) {
    tool.flash.program(address, Buffer.concat([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4).fill(0xff)]));
  }
  tool.clock.advance(1_000);
  assert.equal(tool.told, ["start watchdog"]);
});

test("another program than the interpreter runs and says nothing", () => {
  const image = createFlashedImage();
  image.set(createProgram("blink"), 0x10000);
  const tool = createTool(image);
  tool.powerOn("flash");
  tool.clock.advance(500);
  assert.is(tool.chip.state(), "running");
  assert.match(tool.takeText(), /App blink/);
  tool.chip.receive(Uint8Array.of(65), 115_200);
  tool.chip.setPower(false);
  assert.equal(tool.told, []);
});

test("an older build of the interpreter, without a description, is known by its banner", () => {
  const image = createFlashedImage();
  const constants = new Uint8Array(0x400);
  constants.set(new TextEncoder().encode("|_| espruino.com\n"), 0x100);
  image.set(
    encodeImage(0x40080000, [
      { address: 0x3f400020, bytes: constants },
      { address: 0x40080000, bytes: new Uint8Array(16) },
    ]),
    0x10000,
  );
  const tool = createTool(image);
  tool.powerOn("flash");
  tool.clock.advance(500);
  assert.equal(tool.told, ["start power-on"]);
});

const SLOTS: Partition[] = [
  { label: "otadata", type: 1, subtype: 0, address: 0xd000, length: 0x2000 },
  { label: "factory", type: 0, subtype: 0, address: 0x10000, length: 0x100000 },
  { label: "ota_0", type: 0, subtype: 0x10, address: 0x110000, length: 0x100000 },
  { label: "ota_1", type: 0, subtype: 0x11, address: 0x210000, length: 0x100000 },
];

function selection(sequence: number, state = 0xffffffff, crc?: number): Uint8Array {
  const bytes = Buffer.alloc(32, 0xff);
  bytes.writeUInt32LE(sequence, 0);
  bytes.writeUInt32LE(state, 24);
  bytes.writeUInt32LE(crc ?? crc32(bytes.subarray(0, 4), 0xffffffff), 28);
  return bytes;
}

const CHOICES: [what: string, first: Uint8Array | undefined, second: Uint8Array | undefined, runs: string][] = [
  ["no update was ever installed", undefined, undefined, "factory"],
  ["the first is chosen", selection(1), undefined, "ota_0"],
  ["the later choice counts", selection(1), selection(2), "ota_1"],
  ["choices go round", selection(3), selection(2), "ota_0"],
  ["a torn choice does not count", selection(1), selection(2, 0, 0), "ota_0"],
  ["an aborted choice does not count", selection(1), selection(2, 4), "ota_0"],
  ["an invalid choice does not count", selection(1, 3), undefined, "factory"],
];

for (const [what, first, second, runs] of CHOICES) {
  test(`of several programs the right one runs: ${what}`, () => {
    const image = createFlashedImage();
    image.set(encodePartitionTable(SLOTS), 0x8000);
    for (const { label, type, address } of SLOTS) if (type === 0) image.set(createProgram("espruino", label), address);
    image.fill(0xff, 0xd000, 0xf000);
    if (first) image.set(first, 0xd000);
    if (second) image.set(second, 0xe000);
    const { lines } = runSecondLoader(createFlash({ image }));
    assert.match(lines.join("\n"), new RegExp(`App espruino ${runs}$`, "m"));
  });
}

test("where the chosen program is not good, the next that is good runs", () => {
  const image = createFlashedImage();
  image.set(encodePartitionTable(SLOTS), 0x8000);
  image.set(selection(2), 0xd000);
  const { lines, program } = runSecondLoader(createFlash({ image }));
  assert.match(
    lines.join("\n"),
    /OTA app partition slot 1 is not bootable[\s\S]*slot 0 is not bootable[\s\S]*offset 0x10000/,
  );
  assert.ok(program);
});

test("the images are the same bytes every time", () => {
  const hashes = createStandInImages().map(({ bytes }) => createHash("sha256").update(bytes).digest("hex"));
  assert.equal(
    hashes,
    createStandInImages().map(({ bytes }) => createHash("sha256").update(bytes).digest("hex")),
  );
});

const spoiling = fc.array(
  fc.tuple(fc.constantFrom(0x1000, 0x8000, 0x10000), fc.nat(0x100), fc.uint8Array({ minLength: 1, maxLength: 64 })),
  { minLength: 1, maxLength: 4 },
);

test("[CHIP-2] whatever is on the flash, booting it ends in a verdict and never in an error", async () => {
  const good = createFlashedImage();
  await checkProperty(
    fc.property(spoiling, (spoils) => {
      const image = good.slice();
      for (const [base, offset, bytes] of spoils) image.set(bytes, base + offset);
      const flash = createFlash({ image });
      assert.ok(loadSecondLoader(flash).lines.length > 0);
      assert.ok(runSecondLoader(flash).lines.length > 0);
    }),
  );
});
