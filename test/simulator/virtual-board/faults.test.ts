// Tests what can be wrong with a virtual board that is half dead: line-faults.ts, worn-flash.ts, and the request that brings them about.
import * as assert from "uvu/assert";
import { createFlash } from "../../../simulator/board/flash.ts";
import { createWearableFlash } from "../../../simulator/board/worn-flash.ts";
import { runSecondLoader } from "../../../simulator/rom/second-loader.ts";
import { createStandInImages } from "../../../simulator/rom/stand-in-images.ts";
import { createLineFaults, type LineFault } from "../../../simulator/serial/line-faults.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { type BoardProcess, plugIn, startBoard } from "./board-process.ts";

const test = suite("half-dead virtual boards", { limitMs: 60_000, fileLimitMs: 120_000 });
const boards: BoardProcess[] = [];

test.after.each(async () => {
  for (const board of boards.splice(0)) assert.is(await board.end(), 0, board.complaints());
});

const WORD = Uint8Array.of(1, 2, 3, 4);
const SPOILT = [1, 2, 3 ^ 0x15, 4];
const LINES: [fault: LineFault, left: (number[] | undefined)[], arrived: number[] | undefined][] = [
  [{ kind: "none" }, [[...WORD], [...WORD], [...WORD], [...WORD]], [...WORD]],
  [{ kind: "mute" }, [undefined, undefined, undefined, undefined], [...WORD]],
  [{ kind: "deaf" }, [[...WORD], [...WORD], [...WORD], [...WORD]], undefined],
  [{ kind: "lose", after: 1, count: 2 }, [[...WORD], undefined, undefined, [...WORD]], [...WORD]],
  [{ kind: "spoil", after: 2, count: 1 }, [[...WORD], [...WORD], SPOILT, [...WORD]], [...WORD]],
];

for (const [fault, left, arrived] of LINES) {
  test(`${JSON.stringify(fault)} is what happens on the wires`, () => {
    const faults = createLineFaults();
    faults.set(fault);
    assert.equal(
      left.map(() => faults.leaving(WORD)).map((bytes) => bytes && [...bytes]),
      left,
    );
    const heard = faults.arriving(WORD);
    assert.equal(heard && [...heard], arrived);
    const missing = [...left, arrived].filter((bytes) => bytes === undefined || bytes === SPOILT);
    assert.equal(faults.state(), { kind: fault.kind, hits: missing.length });
    faults.set({ kind: "none" });
    assert.is(faults.leaving(WORD), WORD);
  });
}

test("a worn word stays 0, whatever is erased or programmed, and its neighbours do not", () => {
  const flash = createWearableFlash(createFlash());
  flash.wear(0x1006);
  for (let round = 0; round < 2; round++) {
    assert.equal([...flash.read(0x1000, 12)], [255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255]);
    flash.program(0x1000, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    assert.equal([...flash.read(0x1000, 12)], [1, 2, 3, 4, 0, 0, 0, 0, 9, 10, 11, 12]);
    flash.erasePage(0x1000);
  }
  assert.throws(() => flash.wear(0x400000), /flash has no/);
});

test("a program on a worn word is not booted", () => {
  const flash = createWearableFlash(createFlash());
  flash.wear(0x12020);
  for (const { address, bytes } of createStandInImages()) flash.program(address, bytes);
  const { lines, program } = runSecondLoader(flash);
  assert.is(program, undefined);
  assert.match(lines.join("\n"), /Checksum failed/);
});

test("a board is made half dead, and mended, through its control server", async () => {
  const board = await startBoard(["--serial", "tcp"]);
  boards.push(board);
  const cable = await plugIn(board.addresses.serial);
  await cable.hears("invalid header: 0xffffffff");
  await board.control("/api/fault", { kind: "mute" });
  await board.control("/api/fault", { kind: "worn", address: 0x1000 });
  await board.control("/api/power", { on: false });
  await board.control("/api/power", { on: true });
  await eventually(async () => ((await board.control("/api/state")).fault as { hits: number }).hits > 0, {
    withinMs: 5_000,
    because: "the chip speaks, and nobody hears it",
  });
  await board.control("/api/fault", { kind: "none" });
  await cable.hears("invalid header: 0x00000000");
  cable.close();
});

const WRONGS: object[] = [
  {},
  { kind: "tired" },
  { kind: "worn" },
  { kind: "worn", address: 0x400000 },
  { kind: "lose", count: 0 },
  { kind: "spoil", after: -1 },
  { kind: "lose", count: "one" },
];

test("a fault that is none is refused in words", async () => {
  const board = await startBoard(["--serial", "tcp"]);
  boards.push(board);
  for (const wrong of WRONGS) {
    const refusal = await board.control("/api/fault", wrong).catch((error: Error) => error.message);
    assert.match(String(refusal), /^400 /, JSON.stringify(wrong));
  }
});
