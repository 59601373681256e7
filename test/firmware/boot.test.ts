// The very bytes of the loader on the double of the board: consoles, button, password, and what becomes of a firmware that cannot start.
// Which slot is chosen is loader.test.ts's.
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { CODE_UPDATE_ROLLED_BACK, joinSignedFirmware, SIGNATURE_BYTES } from "#protocol";
import { ensureFirmware } from "../../firmware/bundle/ensure-firmware.ts";
import { composeStorage } from "../../firmware/image/compose-storage.ts";
import { ensureDevelopmentKey } from "../../firmware/image/development-key.ts";
import { ensureSigned } from "../../firmware/image/ensure-image.ts";
import { SLOT_B_ADDRESS } from "../../firmware/slots/slot-layout.ts";
import { encodeSlotRecord, SLOT_KEY, type SlotRecord } from "../../firmware/slots/slot-record.ts";
import { openRecordStore, putRecord } from "../../firmware/store/record-store.ts";
import { type Board, createBoard } from "../../simulator/board/board.ts";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createFlash } from "../../simulator/board/flash.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { TRAP_PINS } from "../../simulator/case.ts";
import { composeTrapImage } from "../../simulator/trap-image.ts";
import { suite } from "../support/suite.ts";
import { createTestFlash, IDENTITY } from "./ports-double.ts";
import { createManifest, SIGNED_KEY, sha256 } from "./slots/signed-files.ts";

const test = suite("boot", { limitMs: 60_000 });
const root = path.resolve(import.meta.dirname, "../..");
const STORE_ADDRESS = 0x311000;
const boots: Record<string, Uint8Array> = {};
let board: Board | undefined;

test.before(async () => {
  for (const kind of ["development", "production"]) {
    const outDir = path.join(root, ".trapline", kind === "production" ? "firmware-production" : "firmware");
    const built = await ensureFirmware({ root, outDir, production: kind === "production" });
    if (!built.ok) throw new Error(JSON.stringify(built.refusals));
    boots[kind] = await readFile(built.boot.path);
  }
});
test.after.each(() => board?.stop());

interface StartOptions {
  kind?: string;
  held?: boolean;
  /** A signed firmware in slot b that is on trial, and the key that signed it. */
  trial?: { file: Uint8Array; publicKey: Uint8Array };
}

/** A board whose record says that slot a is confirmed: so its firmware needs no signature. */
function start(firmware: string, options: StartOptions = {}) {
  const file = joinSignedFirmware(createManifest(firmware, 7), "\0".repeat(SIGNATURE_BYTES), firmware);
  const storage = composeStorage({
    boot: boots[options.kind ?? "development"] ?? new Uint8Array(),
    publicKey: options.trial?.publicKey ?? Buffer.from(SIGNED_KEY, "latin1"),
    signedFile: Buffer.from(file, "latin1"),
  });
  const image = composeTrapImage(IDENTITY, { storage });
  const pages = createTestFlash();
  const record: SlotRecord = { active: "a", trial: "", boots: 0, counter: 7, trialCounter: 0, code: 0, offer: "" };
  if (options.trial !== undefined) {
    Object.assign(record, { trial: "b", trialCounter: 8, offer: "7f" });
    image.set(options.trial.file, SLOT_B_ADDRESS);
  }
  putRecord(openRecordStore(pages, sha256), SLOT_KEY, encodeSlotRecord(record));
  image.set(pages.bytes, STORE_ADDRESS);
  const clock: SimClock = createSimClock();
  const world = createWorld({ ssid: "home", password: "sweet home" });
  const made = createBoard({ flash: createFlash({ image }), clock, world, seed: 3, evaluateLimitMs: 2000 });
  board = made;
  const lines: string[] = [];
  made.console.onLine((line) => lines.push(line));
  if (options.held) made.pins.drive(TRAP_PINS.button, 0);
  made.powerOn();
  clock.advance(100);
  const count = (text: string) => lines.filter((line) => line.includes(text)).length;
  return { made, clock, lines, count };
}

test("the consoles of the network and of Bluetooth are closed before the firmware's first line [BOOT-1]", () => {
  const { made, lines } = start('print("app", require("Storage").list().length);');
  assert.is(made.isTelnetOpen(), false);
  assert.is(made.isBleOpen(), false);
  assert.equal(lines, ["TL 0 loader slot=a trial=false code=0", "app 5"]);
  const text = Buffer.from(boots.development ?? []).toString("latin1");
  const order = ["TelnetServer", "setServices", "setConsole", "digitalRead", "enableWatchdog", '"Storage"'];
  const places = order.map((word) => text.lastIndexOf(word));
  assert.ok(
    places.every((place) => place >= 0),
    JSON.stringify(places),
  );
  assert.ok(Math.max(...places.slice(0, 3)) < text.lastIndexOf("trial="), "consoles first");
});

test("a board without our loader stands open to both, so that the double can tell [BOOT-1]", () => {
  const world = createWorld({ ssid: "home", password: "sweet home" });
  const bare = createBoard({ flash: createFlash(), clock: createSimClock(), world, seed: 3 });
  board = bare;
  bare.powerOn();
  assert.equal([bare.isTelnetOpen(), bare.isBleOpen()], [true, true]);
});

test("with the button held nothing is run, and the console on the cable is open, in production too [BOOT-1]", () => {
  for (const kind of ["development", "production"]) {
    const { made, lines } = start('print("app");', { kind, held: true });
    assert.equal(lines, ["TL 0 loader held=true"]);
    assert.equal([made.isTelnetOpen(), made.isBleOpen()], [false, false], "of the cable, and no other");
    made.console.type("print(6*7)\n");
    assert.is(lines.at(-1), "42");
    made.stop();
  }
});

test("a production build locks the serial console by a password that follows from the trap's key [BOOT-1]", () => {
  const { made, lines } = start('print("app");', { kind: "production" });
  made.console.type("print(6*7)\n");
  assert.is(lines.at(-1), "Password incorrect!");
  const password = Buffer.from(sha256(`trapline/1/console\n${IDENTITY.key}`), "latin1")
    .toString("hex")
    .slice(0, 16);
  made.console.type(`${password}\n`);
  made.console.type("print(6*7)\n");
  assert.is(lines.at(-1), "42");
  const open = start('print("app");');
  open.made.console.type("print(6*7)\n");
  assert.is(open.lines.at(-1), "42", "a development build does not");
});

test("a firmware that throws at its start is started anew by itself [BOOT-2]", () => {
  const { clock, count } = start('print("app");throw new Error("no start");');
  assert.is(count("app"), 1);
  clock.advance(10_500);
  assert.is(count("app"), 2);
  clock.advance(10_500);
  assert.is(count("app"), 3);
});

test("a firmware that hangs at its start is ended by the watchdog [BOOT-2]", () => {
  const { made, clock, count } = start('print("app");while(true);');
  assert.is(made.state(), "hung");
  clock.advance(91_000);
  assert.is(count("app"), 2);
});

test("a firmware on trial that hangs is bitten three times, then the firmware before it runs again [BOOT-2] [UPDATE-4]", async () => {
  const folder = path.join(root, ".trapline", "firmware");
  const key = await ensureDevelopmentKey(folder);
  const hanging = Buffer.from('print("hangs");while(true);');
  const file = await ensureSigned({ bundle: hanging, version: "9.9.8", counter: 8, key, folder });
  const { made, clock, count } = start('print("sound");', { trial: { file, publicKey: key.publicKey } });
  for (const boots of [1, 2, 3]) {
    assert.equal([count("hangs"), count("sound"), made.state()], [boots, 0, "hung"]);
    clock.advance(91_000);
  }
  assert.equal([count("hangs"), count("sound")], [3, 1]);
  assert.is(count(`loader slot=a trial=false code=${CODE_UPDATE_ROLLED_BACK}`), 1);
  assert.is(made.resetReason(), "watchdog");
});

test("a firmware that gets through its start is left alone", () => {
  const { clock, count } = start('print("app");setInterval(function(){E.kickWatchdog()},1000);');
  clock.advance(600_000);
  assert.is(count("app"), 1);
});
