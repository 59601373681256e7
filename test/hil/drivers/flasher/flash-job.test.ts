// Flashing a virtual board, whole and through everything that goes wrong on the way.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runChild } from "../../../../hil/drivers/child/child-program.ts";
import {
  type FlashOptions,
  type FlashRegion,
  flashBoard,
  probeBoard,
} from "../../../../hil/drivers/flasher/flash-job.ts";
import { HilError } from "../../../../hil/error.ts";
import { createProgramEnvironment } from "../../../support/config.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import {
  clock,
  type FlashableBoard,
  openFree,
  ROOT,
  readFlashMd5,
  startBoard,
  startWire,
  type WireTap,
} from "./flashable-board.ts";

const test = suite("a flash job", { limitMs: 40_000 });

const closing: (() => Promise<unknown>)[] = [];
let board: FlashableBoard;
test.before(async () => {
  board = await startBoard();
});
test.after(() => board.stop());
test.after.each(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Bytes that hardly compress, different for each seed. */
function makeBytes(length: number, seed: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 32) createHash("sha256").update(`${seed}:${at}`).digest().copy(bytes, at);
  return bytes;
}

let seed = 0;
function makeRegions(): FlashRegion[] {
  seed += 1;
  return [
    { name: "small", address: 0x1000, bytes: makeBytes(5_001, seed) },
    { name: "large", address: 0x10000, bytes: makeBytes(150_000, seed) },
    { name: "empty", address: 0x311000, bytes: new Uint8Array(0xf000).fill(0xff) },
  ];
}

interface Job {
  tap?: WireTap;
  regions?: FlashRegion[];
  options?: Partial<FlashOptions>;
}

async function flash({ tap = {}, regions = makeRegions(), options = {} }: Job = {}) {
  const wire = await startWire(board.serial, tap);
  const port = await openFree(wire.port);
  const remarks: string[] = [];
  const onRemark = (text: string) => remarks.push(text);
  try {
    const result = await flashBoard({ port, clock, mac: board.mac, regions, onRemark, ...options });
    return { result, outcomes: result.regions.map((region) => region.outcome), remarks, regions };
  } finally {
    await port.close();
    await wire.close();
  }
}

async function refusal(work: Promise<unknown>): Promise<HilError> {
  const error = await getRejection(work);
  assert.instance(error, HilError);
  return error as HilError;
}

test("writes every region, reads it back, tells how far it is, and finds it there the next time", async () => {
  const told: string[] = [];
  const first = await flash({
    options: { onProgress: (region, done, total) => told.push(`${region} ${done}/${total}`) },
  });
  assert.is(first.result.attempts, 1);
  assert.is(first.result.flashBytes, 0x400000);
  assert.equal(first.outcomes.slice(0, 2), ["written", "written"]);
  assert.equal(told.slice(0, 2), ["small 0/5001", "small 5001/5001"]);
  assert.ok(told.filter((line) => line.startsWith("large")).length > 4, "the large one is told in steps");
  const again = await flash({ regions: first.regions });
  assert.equal(again.outcomes, ["there already", "there already", "there already"]);
});

test("[BENCH-32] a board that is not the one of the bench is not written to, and says who it is", async () => {
  const before = await readFlashMd5(board);
  const error = await refusal(flash({ options: { mac: "24:0a:c4:00:00:01" } }));
  assert.is(error.code, "wrong-board");
  assert.is(error.kind, "usage");
  assert.match(error.message, `is ${board.mac}, and not 24:0a:c4:00:00:01: nothing was written`);
  assert.is(await readFlashMd5(board), before);
});

test("[BENCH-33] a connection that is cut in the middle is made again, and what was written is not written twice", async () => {
  let bytes = 0;
  let isCut = false;
  const { result, remarks } = await flash({
    tap: {
      up(piece, cut) {
        bytes += piece.length;
        if (!isCut && bytes > 60_000) {
          isCut = true;
          cut();
        }
        return piece;
      },
    },
  });
  assert.ok(isCut);
  assert.is(result.attempts, 2);
  assert.match(remarks.join(), /is gone: .* Trying again/);
  assert.equal(
    result.regions.slice(0, 2).map((region) => region.outcome),
    ["written", "written"],
  );
  // Once, and what had not arrived the first time.
  assert.ok(bytes < 60_000 + 190_000, `${bytes} bytes were sent`);
});

/** Drops the n-th of the frames that answer this command. */
function swallowAnswer(op: number, which: number): WireTap {
  let seen = 0;
  return {
    down(piece) {
      const at = piece.indexOf(Buffer.of(0xc0, 0x01, op));
      if (at < 0) return piece;
      seen += 1;
      const end = piece.indexOf(0xc0, at + 1);
      return seen === which && end > 0 ? Buffer.concat([piece.subarray(0, at), piece.subarray(end + 1)]) : piece;
    },
  };
}

test("[BENCH-33] a lost answer costs another try, and no wrong byte", async () => {
  const { result, remarks, regions } = await flash({ tap: swallowAnswer(0x11, 4) });
  assert.is(result.attempts, 2);
  assert.match(remarks.join(), "stopped answering while it was being flashed");
  assert.equal((await flash({ regions })).outcomes, ["there already", "there already", "there already"]);
});

test("a byte that is spoilt on the way is refused by the board and told again", async () => {
  let bytes = 0;
  let isSpoilt = false;
  const { result } = await flash({
    tap: {
      up(piece) {
        bytes += piece.length;
        if (isSpoilt || bytes < 80_000 || piece.length < 200) return piece;
        isSpoilt = true;
        const spoilt = Buffer.from(piece);
        spoilt[100] = (spoilt[100] ?? 0) === 0x41 ? 0x42 : 0x41;
        return spoilt;
      },
    },
  });
  assert.ok(isSpoilt);
  assert.is(result.attempts, 2);
});

test("a board that starts anew in the middle is told, and flashed all the same", async () => {
  let isReset = false;
  const { result, remarks } = await flash({
    options: {
      onProgress(region, done) {
        if (isReset || region !== "large" || done < 50_000) return;
        isReset = true;
        void board.post("/api/power", { on: false }).then(() => board.post("/api/power", { on: true }));
      },
    },
  });
  assert.ok(isReset);
  assert.ok(result.attempts > 1);
  assert.match(remarks.join(), /started anew while it was being flashed \(rst:0x1 \(POWERON_RESET\)|stopped answering/);
});

test("a stub that does not start leaves the work to the ROM", async () => {
  const tap: WireTap = {
    down(piece) {
      const at = piece.indexOf("OHAI");
      return at < 0 ? piece : Buffer.concat([piece.subarray(0, at), Buffer.from("NOPE"), piece.subarray(at + 4)]);
    },
  };
  const regions = [{ name: "small", address: 0x1000, bytes: makeBytes(20_001, 99) }];
  const { result, outcomes, remarks } = await flash({ tap, regions });
  assert.is(result.attempts, 2);
  assert.match(remarks.join(), "The stub did not start");
  assert.equal(outcomes, ["written"]);
  assert.equal((await flash({ regions })).outcomes, ["there already"]);
});

test("nothing is written when a region does not fit, or reaches into another", async () => {
  const before = await readFlashMd5(board);
  const fits = { name: "fits", address: 0x1000, bytes: makeBytes(100, 1) };
  const over = { name: "over", address: 0x3ff000, bytes: makeBytes(0x1001, 1) };
  const tooSmall = await refusal(flash({ regions: [fits, over] }));
  assert.is(tooSmall.code, "flash-too-small");
  assert.match(tooSmall.message, /over ends at 0x400001, .* 4 MB/);
  const overlap = await refusal(flash({ regions: [fits, { ...over, name: "across", address: 0x1001 }] }));
  assert.is(overlap.code, "regions-overlap");
  assert.is(await readFlashMd5(board), before);
});

test("whoever ends it is heard between two packets, and the board starts its program", async () => {
  const end = new AbortController();
  const reason = new Error("Ctrl-C");
  const onProgress = (region: string, done: number) => {
    if (region === "large" && done > 50_000) end.abort(reason);
  };
  const error = await getRejection(flash({ options: { signal: end.signal, onProgress } }));
  assert.is(error, reason);
});

test("several boards are flashed at once", async () => {
  const other = await startBoard();
  closing.push(other.stop);
  const port = await openFree(other.serial);
  closing.push(port.close);
  const regions = makeRegions();
  const [one, two] = await Promise.all([flash({ regions }), flashBoard({ port, clock, mac: other.mac, regions })]);
  assert.is(one.result.attempts, 1);
  assert.is(two.attempts, 1);
  assert.is(two.mac, other.mac);
  assert.is(await readFlashMd5(board).then((md5) => md5.length), 32);
});

test("a board without lines is brought to its loader by others, and what it does instead is told", async () => {
  const bare = await startBoard("tcp");
  closing.push(bare.stop);
  const port = await openFree(bare.serial);
  closing.push(port.close);
  const pull = async (io0: boolean) => {
    await bare.post("/api/lines", { dtr: false, rts: true });
    await bare.post("/api/lines", { dtr: io0, rts: false });
    await bare.post("/api/lines", { dtr: false, rts: false });
  };
  const regions = makeRegions();
  const job = { port, clock, mac: bare.mac, regions, startProgram: () => pull(false) };
  assert.is((await refusal(flashBoard({ port, clock, mac: bare.mac, regions }))).code, "no-way-to-reset");
  const wrong = await refusal(flashBoard({ ...job, enterLoader: () => pull(false) }));
  assert.is(wrong.code, "wrong-boot-mode");
  assert.match(wrong.message, "boot:0x13 SPI_FAST_FLASH_BOOT");
  assert.is((await flashBoard({ ...job, enterLoader: () => pull(true) })).attempts, 1);
  await bare.post("/api/power", { on: false });
  const silent = await refusal(flashBoard({ ...job, enterLoader: () => pull(true) }));
  assert.is(silent.code, "no-loader");
  assert.match(silent.message, "Nothing at all comes");
});

test("what is flashed boots, and who a board is can be asked", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trapline-images-"));
  closing.push(() => rm(folder, { recursive: true }));
  const words = ["simulator/virtual-board/main.ts", "--write-images", folder];
  await runChild({ name: "images", root: ROOT, words, environment: createProgramEnvironment(), clock }, 20_000);
  const manifest = JSON.parse(await readFile(join(folder, "images.json"), "utf8")) as {
    files: { name: string; address: number }[];
  };
  const regions = await Promise.all(
    manifest.files.map(async ({ name, address }) => ({ name, address, bytes: await readFile(join(folder, name)) })),
  );
  await flash({ regions });
  const port = await openFree(board.serial);
  closing.push(port.close);
  let heard = "";
  let isTaken = false;
  port.onBytes((bytes) => {
    if (!isTaken) heard += Buffer.from(bytes).toString("latin1");
  });
  const takeLine = () => {
    isTaken = true;
    return () => {
      isTaken = false;
      heard = "";
    };
  };
  assert.equal(await probeBoard({ port, clock, takeLine }), { chip: "ESP32", mac: board.mac });
  await eventually(() => /^ets .*\s+rst:0x1 .*boot:0x13/.test(heard), {
    withinMs: 5_000,
    because: "whoever reads the port hears the boot log from its beginning",
  });
  await eventually(() => heard.includes("espruino.com"), { withinMs: 10_000, because: "the interpreter starts" });
});
