// Tests simulator/board/flash.ts and flash-file.ts: the rules of NOR flash, the seam for power cuts, and the image on disk.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import {
  createFlash,
  FLASH_BYTES,
  type FlashOperation,
  PowerCutError,
  programUnaligned,
} from "../../simulator/board/flash.ts";
import { openFlashFile } from "../../simulator/board/flash-file.ts";
import { suite } from "../support/suite.ts";

const test = suite("flash");
const folders: string[] = [];

function createFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-flash-"));
  folders.push(folder);
  return folder;
}

test.after(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

test("programming clears bits and never sets one", () => {
  const flash = createFlash();
  flash.program(0x310000, Uint8Array.of(0b1111_0000, 0xff, 0x00, 0xa5));
  flash.program(0x310000, Uint8Array.of(0b1010_1010, 0x0f, 0xff, 0x5a));
  assert.equal([...flash.read(0x310000, 4)], [0b1010_0000, 0x0f, 0x00, 0x00]);
});

test("erasing sets the whole page and nothing beside it", () => {
  const flash = createFlash({ image: new Uint8Array(FLASH_BYTES) });
  flash.erasePage(0x1234);
  assert.equal([...flash.read(0x0fff, 2)], [0x00, 0xff]);
  assert.equal([...flash.read(0x1fff, 2)], [0xff, 0x00]);
  assert.ok(flash.read(0x1000, 4096).every((byte) => byte === 0xff));
});

for (const [name, address, length] of [
  ["below the chip", -4, 4],
  ["beyond the chip", FLASH_BYTES - 4, 8],
  ["at a broken address", 0.5, 4],
  ["off a word", 2, 4],
  ["with a broken word", 0, 3],
] as const) {
  test(`programming ${name} is refused`, () => {
    const flash = createFlash();
    assert.throws(
      () => flash.program(address, new Uint8Array(length)),
      (error: unknown) => error instanceof RangeError,
    );
    assert.is(flash.operationCount(), 0);
  });
}

test("bytes off the words are programmed as the interpreter does it: first word, whole words, last word", () => {
  const flash = createFlash();
  flash.program(0x100, Uint8Array.of(1, 2, 3, 4));
  const operations: FlashOperation[] = [];
  flash.setHook((operation) => {
    operations.push(operation);
    return "run";
  });
  programUnaligned(flash, 0x103, Uint8Array.of(0, 11, 12, 13, 14, 15));
  assert.equal(
    operations.map(({ address, length }) => [address, length]),
    [
      [0x100, 4],
      [0x104, 4],
      [0x108, 4],
    ],
  );
  assert.equal([...flash.read(0x100, 12)], [1, 2, 3, 0, 11, 12, 13, 14, 15, 0xff, 0xff, 0xff]);
});

for (const [verdict, programmed, erased] of [
  ["cut-before", 0, 0],
  ["cut-torn", 8, 2048],
  ["cut-after", 16, 4096],
] as const) {
  test(`a power ${verdict} leaves what silicon would, and throws`, () => {
    const flash = createFlash();
    const isCut = (error: unknown) => error instanceof PowerCutError;
    flash.setHook(() => verdict);
    assert.throws(() => flash.program(0x2000, new Uint8Array(16)), isCut);
    assert.is(flash.read(0x2000, 16).filter((byte) => byte === 0).length, programmed);
    flash.setHook(undefined);
    flash.program(0x3000, new Uint8Array(4096));
    flash.setHook(() => verdict);
    assert.throws(() => flash.erasePage(0x3000), isCut);
    assert.is(flash.read(0x3000, 4096).filter((byte) => byte === 0xff).length, erased);
    assert.is(flash.operationCount(), 3);
  });
}

test("an image file is the chip itself: written through at every operation, found again by the next", () => {
  const file = path.join(createFolder(), "deep", "trap.bin");
  const flash = createFlash({ file: openFlashFile(file, { createImage: () => Uint8Array.of(1, 2, 3, 4) }) });
  assert.equal([...flash.read(0, 5)], [1, 2, 3, 4, 0xff]);
  flash.program(0x310000, Uint8Array.of(9, 9, 9, 9));
  assert.equal([...fs.readFileSync(file).subarray(0x310000, 0x310005)], [9, 9, 9, 9, 0xff]);
  flash.erasePage(0);
  flash.stop();
  const again = createFlash({ file: openFlashFile(file, { createImage: () => new Uint8Array() }) });
  assert.equal([...again.read(0, 4)], [0xff, 0xff, 0xff, 0xff]);
  assert.equal([...again.read(0x310000, 4)], [9, 9, 9, 9]);
  again.stop();
});

test("a file of another size is no image and is made anew", () => {
  const file = path.join(createFolder(), "trap.bin");
  fs.writeFileSync(file, "half");
  const flash = createFlash({ file: openFlashFile(file, { createImage: () => Uint8Array.of(7, 7, 7, 7) }) });
  assert.is(flash.read(0, 1)[0], 7);
  assert.is(fs.statSync(file).size, FLASH_BYTES);
  assert.equal(fs.readdirSync(path.dirname(file)), ["trap.bin"]);
  flash.stop();
});

test("an image that is not the one wanted is replaced", () => {
  const file = path.join(createFolder(), "trap.bin");
  const open = (first: number) =>
    openFlashFile(file, { createImage: () => Uint8Array.of(first), isWanted: (image) => image[0] === first });
  for (const [wanted, found] of [
    [1, 1],
    [2, 2],
    [2, 2],
  ] as const) {
    const opened = open(wanted);
    assert.is(opened.image[0], found);
    opened.close();
  }
});

for (const [order, part, programmed, erased] of [
  ["from-start", 0.25, "00000000ffffffffffffffffffffffff", "start"],
  ["from-end", 0.25, "ffffffffffffffffffffffff00000000", "end"],
] as const) {
  test(`an operation torn ${order} has done the words from that side`, () => {
    const flash = createFlash();
    flash.setHook(() => ({ order, part, seed: 0 }));
    assert.throws(
      () => flash.program(0x2000, new Uint8Array(16)),
      (error: unknown) => error instanceof PowerCutError,
    );
    assert.is(Buffer.from(flash.read(0x2000, 16)).toString("hex"), programmed);
    flash.setHook(undefined);
    flash.program(0x3000, new Uint8Array(4096));
    flash.setHook(() => ({ order, part, seed: 0 }));
    assert.throws(
      () => flash.erasePage(0x3000),
      (error: unknown) => error instanceof PowerCutError,
    );
    const page = flash.read(0x3000, 4096);
    assert.equal([page[0], page[4095]], erased === "start" ? [0xff, 0] : [0, 0xff]);
    assert.is(page.filter((byte) => byte === 0xff).length, 1024);
  });
}

for (const order of ["scattered-words", "scattered-bits"] as const) {
  test(`an operation torn in ${order} has done some of them, the same ones for the same seed`, () => {
    const tear = (seed: number) => {
      const flash = createFlash();
      flash.setHook(() => ({ order, part: 0.5, seed }));
      assert.throws(
        () => flash.program(0x2000, new Uint8Array(256)),
        (error: unknown) => error instanceof PowerCutError,
      );
      return Buffer.from(flash.read(0x2000, 256));
    };
    const bits = [...tear(1)].reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    assert.ok(bits > 700 && bits < 1350, `${bits} of 2048 bits`);
    assert.equal(tear(1), tear(1));
    assert.not.equal(tear(1), tear(2));
    const isWhole = [...tear(1)].every((byte) => byte === 0 || byte === 0xff);
    assert.is(isWhole, order === "scattered-words");
  });
}

test("an erasure cut in its first step has cleared bits and set none", () => {
  const flash = createFlash();
  flash.program(0x3000, Buffer.alloc(4096, 0x5a));
  flash.setHook(() => ({ order: "cleared-bits", part: 0.5, seed: 3 }));
  assert.throws(
    () => flash.erasePage(0x3000),
    (error: unknown) => error instanceof PowerCutError,
  );
  const page = flash.read(0x3000, 4096);
  assert.ok(page.every((byte) => (byte & ~0x5a) === 0));
  assert.ok(page.some((byte) => byte !== 0x5a));
});

test("what was saved is restored page by page, again and again and in any order", () => {
  const flash = createFlash();
  const write = (page: number, byte: number) => flash.program(page * 4096, Buffer.alloc(8, byte));
  write(1, 1);
  const first = flash.save();
  write(2, 2);
  flash.erasePage(4096);
  const second = flash.save();
  write(3, 3);
  write(1, 4);
  const read = () => [1, 2, 3].map((page) => flash.read(page * 4096, 1)[0]);
  for (const [state, expected] of [
    [first, [1, 0xff, 0xff]],
    [second, [0xff, 2, 0xff]],
    [first, [1, 0xff, 0xff]],
    [second, [0xff, 2, 0xff]],
  ] as const) {
    flash.restore(state);
    assert.equal(read(), expected);
    write(3, 9);
  }
});
