// The very loader on the double of the board, put before what power cuts leave of an update: it runs the slot that the loader as a library
// chooses, and neither its boot nor the update has touched Storage's directory.
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type ChosenSlot, chooseSlot } from "../../firmware/boot/loader.ts";
import { ensureFirmware } from "../../firmware/bundle/ensure-firmware.ts";
import { composeStorage } from "../../firmware/image/compose-storage.ts";
import { SLOT_A_ADDRESS, SLOT_B_ADDRESS, SLOT_BYTES } from "../../firmware/slots/slot-layout.ts";
import { createFlash, FLASH_BYTES } from "../../simulator/board/flash.ts";
import { STORAGE_ADDRESS, STORAGE_BYTES } from "../../simulator/board/storage-directory.ts";
import { listCuts } from "../../simulator/powercut/cuts.ts";
import { cutPower, runWhole } from "../../simulator/powercut/engine.ts";
import { UPDATE } from "../../simulator/powercut/scripts/update.ts";
import { sha256 } from "../../simulator/powercut/sha256.ts";
import { readFirmware, readPublicKey } from "../../simulator/powercut/signed-firmware.ts";
import { createStorePort, readSlotBytes } from "../../simulator/powercut/store-port.ts";
import { suite } from "../support/suite.ts";
import { createWorkbench } from "./workbench.ts";

const test = suite("power cuts and the very loader", { limitMs: 180_000, fileLimitMs: 240_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
/** One cut of every so many operations: a boot of the board takes its time. */
const EVERY = 1;
let boot: Uint8Array;

test.before(async () => {
  const built = await ensureFirmware({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
  assert.ok(built.ok);
  boot = await readFile(built.boot.path);
});

/** What the loader as a library makes of a flash. */
function chooseByLibrary(image: Uint8Array): ChosenSlot {
  const flash = createFlash({ image: image.slice() });
  return chooseSlot({
    ...{ flash: createStorePort(flash), sha256, key: readPublicKey(), kick: () => undefined },
    read: (slot, offset, length) => readSlotBytes(flash, slot, offset, length),
  });
}

/** All of Storage but what stands in the slots. */
function readDirectory(image: Uint8Array): Buffer {
  const storage = Buffer.from(image.subarray(STORAGE_ADDRESS, STORAGE_ADDRESS + STORAGE_BYTES));
  for (const address of [SLOT_A_ADDRESS, SLOT_B_ADDRESS]) {
    storage.fill(0, address - STORAGE_ADDRESS, address - STORAGE_ADDRESS + SLOT_BYTES);
  }
  return storage;
}

test("[CUT-1] whatever a cut leaves of an update, the very loader boots the slot that the library would", () => {
  const stage = UPDATE.createStage();
  const parts = { boot, publicKey: Buffer.from(readPublicKey(), "latin1") };
  const signedFile = Buffer.from(readFirmware(1).file, "latin1");
  stage.flash.program(STORAGE_ADDRESS, composeStorage({ ...parts, signedFile }));
  const directory = readDirectory(stage.flash.read(0, FLASH_BYTES));
  const whole = runWhole(stage);
  assert.is(whole.failure, undefined);
  const seen = new Map<string, number>();
  for (const moment of whole.moments.filter(({ number }) => number % EVERY === 0)) {
    const cuts = listCuts(moment.operation.kind, true);
    const cut = cuts[(moment.number / EVERY) % cuts.length]!;
    cutPower(stage, moment, cut);
    const image = stage.flash.read(0, FLASH_BYTES);
    const chosen = chooseByLibrary(image);
    const bench = createWorkbench({ flash: createFlash({ image }) });
    const told = `TL 0 loader slot=${chosen.slot} trial=${chosen.isTrial} code=${chosen.code}`;
    assert.equal(
      bench.lines,
      [told, `firmware ${chosen.slot === "a" ? 1 : 2} runs`],
      `cut at operation ${moment.number}, ${cut.words}`,
    );
    bench.board.stop();
    assert.equal(readDirectory(image), directory);
    seen.set(told, (seen.get(told) ?? 0) + 1);
  }
  assert.ok(seen.size >= 2, `both firmwares were booted: ${[...seen.keys()].join(", ")}`);
});
