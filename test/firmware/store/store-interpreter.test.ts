// The record store on the real interpreter: it reads what Node wrote, and the other way round; and how long a boot takes with it. Runs where
// ESPRUINO_BIN names the interpreter; the program is made by the firmware's own pipeline.
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type EventKind, IDENTITY_FLASH_ADDRESS } from "#protocol";
import { buildProgram } from "../../../firmware/bundle/build.ts";
import { insertEvent, openOutbox } from "../../../firmware/session/outbox.ts";
import { findRecord, listKeys, openRecordStore, putRecord } from "../../../firmware/store/record-store.ts";
import { getEspruino, installOnEspruino, startEspruinoBoard } from "../../support/espruino.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash, sha256, type TestFlash } from "../ports-double.ts";

const test = suite("record store on the real interpreter", { limitMs: 60_000 });
const STORE_ADDRESS = IDENTITY_FLASH_ADDRESS + 4096;

let folder = "";
let code = "";

test.before(async () => {
  getEspruino();
  const root = path.resolve(import.meta.dirname, "../../..");
  ({ code } = await buildProgram({ root, entry: path.join(import.meta.dirname, "interpreter-program.ts") }));
  folder = await mkdtemp(path.join(tmpdir(), "trapline-store-"));
});
test.after(() => (folder === "" ? undefined : rm(folder, { recursive: true })));

/** What a trap keeps, as long as it mostly is. */
function createSettledFlash(): TestFlash {
  const flash = createTestFlash();
  const store = openRecordStore(flash, sha256);
  const settings = { cred: 270, wifi: 60, conf: 110, slot: 90, lat: 24, alm: 1 };
  for (const [key, length] of Object.entries(settings)) assert.ok(putRecord(store, key, key.padEnd(length, ".")));
  return flash;
}

/** The newest page as full as it gets with small changes, and nothing queued. */
function createBusyFlash(): TestFlash {
  const flash = createSettledFlash();
  const store = openRecordStore(flash, sha256);
  for (let i = 0; i < 106; i++) assert.ok(putRecord(store, "lat", `s 0000000100000000 ${i}`));
  assert.ok(store.offset > 3900 && store.offset < 4090, `${store.offset}`);
  return flash;
}

/** Events as many as may wait, after weeks in which thousands came and the lesser ones had to go. */
function createFullFlash(): TestFlash {
  const flash = createSettledFlash();
  const store = openRecordStore(flash, sha256);
  const outbox = openOutbox(store, "0000000100000000", 0);
  const kinds: EventKind[] = ["armed", "sprung", "silenced", "rearmed", "false-trigger", "armed"];
  for (let i = 0; i < 1500; i++) insertEvent(outbox, kinds[i % kinds.length] ?? "armed", 0, i * 600_000, true);
  assert.is(store.tags.length, store.queuedMax);
  return flash;
}

function readAll(flash: TestFlash): string[] {
  const store = openRecordStore(flash, sha256);
  return listKeys(store, "")
    .map((key) => `${key}=${findRecord(store, key)}`)
    .sort();
}

async function runOn(name: string, flash: TestFlash): Promise<{ lines: readonly string[]; after: TestFlash }> {
  const device = await mkdtemp(path.join(folder, "device-"));
  await installOnEspruino(getEspruino(), device, { ".bootcde": code });
  const image = path.join(device, "espruino.flash");
  const file = await open(image, "r+");
  await file.write(flash.bytes, 0, flash.bytes.length, STORE_ADDRESS);
  await file.close();
  const board = startEspruinoBoard(getEspruino(), device);
  try {
    const ends = (): true => {
      if (board.lines.includes("DONE")) return true;
      throw new Error(board.lines.slice(-40).join("\n"));
    };
    await eventually(ends, { withinMs: 40_000, because: "the program ends" });
    const after = createTestFlash();
    const again = await open(image, "r");
    await again.read(after.bytes, 0, after.bytes.length, STORE_ADDRESS);
    await again.close();
    const figures = board.lines.filter((line) => /^(OPEN|REST|PEAK|RENEW|APPEND) /.test(line));
    console.log(`${name}: ${figures.join(", ")}`);
    return { lines: board.lines, after };
  } finally {
    await board.stop();
  }
}

const figure = (lines: readonly string[], begin: string): number =>
  Number(
    lines
      .find((line) => line.startsWith(begin))
      ?.split(" ")
      .at(-1) ?? Number.NaN,
  );

/** In turns of an empty loop, thrice what was measured; and variables, of which the program itself takes more than a hundred. */
const CASES: [string, () => TestFlash, { open: number; renew: number; rest: number }][] = [
  ["settings alone", createBusyFlash, { open: 75_000, renew: 10_000, rest: 150 }],
  ["a full outbox", createFullFlash, { open: 75_000, renew: 60_000, rest: 220 }],
];

for (const [name, create, limits] of CASES) {
  test(`what Node has written is read there, what is changed there is read here, in bounded time: ${name}`, async () => {
    const flash = create();
    const { lines, after } = await runOn(name, flash);
    const reopened = openRecordStore(createTestFlash(15, 4096, flash.bytes), sha256);
    assert.ok(putRecord(reopened, "boot", "17 360000"));
    const isFull = reopened.tags.length === reopened.queuedMax;
    assert.is(putRecord(reopened, "e999", "s 0000000100000000 1 123456 1 0", "e1"), !isFull);
    const expected = listKeys(reopened, "").map((key) => `${key}=${findRecord(reopened, key)}`);
    const told = lines.filter((line) => line.startsWith("KEY ")).map((line) => line.slice(4));
    assert.equal(told.sort(), expected.sort());
    assert.equal(readAll(after), expected.sort());
    assert.ok(figure(lines, "OPEN") <= limits.open, `opened in ${figure(lines, "OPEN")} turns`);
    assert.ok(figure(lines, "RENEW true") <= limits.renew, `renewed in ${figure(lines, "RENEW true")} turns`);
    assert.ok(figure(lines, "REST") <= limits.rest, `${figure(lines, "REST")} variables`);
  });
}
