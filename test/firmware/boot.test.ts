// The very bytes of the loader on the double of the board: consoles, button, password, and what becomes of a firmware that cannot start.
// Which slot is chosen is loader.test.ts's.
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { joinSignedFirmware, SIGNATURE_BYTES } from "#protocol";
import { ensureFirmware } from "../../firmware/bundle/build.ts";
import { composeStorage } from "../../firmware/image/compose-storage.ts";
import { encodeSlotRecord, SLOT_KEY } from "../../firmware/slots/slot-record.ts";
import { openRecordStore, putRecord } from "../../firmware/store/record-store.ts";
import { type Board, createBoard } from "../../simulator/board/board.ts";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createFlash } from "../../simulator/board/flash.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { TRAP_PINS } from "../../simulator/trap.ts";
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

/** A board whose record says that slot a is confirmed: so its firmware needs no signature. */
function start(firmware: string, options: { kind?: string; held?: boolean } = {}) {
  const file = joinSignedFirmware(createManifest(firmware, 7), "\0".repeat(SIGNATURE_BYTES), firmware);
  const storage = composeStorage({
    boot: boots[options.kind ?? "development"] ?? new Uint8Array(),
    publicKey: Buffer.from(SIGNED_KEY, "latin1"),
    signedFile: Buffer.from(file, "latin1"),
  });
  const image = composeTrapImage(IDENTITY, { storage });
  const pages = createTestFlash();
  const record = { active: "a", trial: "", boots: 0, counter: 7, trialCounter: 0, code: 0, offer: "" } as const;
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

test("the console of the network is closed before the firmware's first line [BOOT-1]", () => {
  const { made, lines } = start('print("app", require("Storage").list().length);');
  assert.is(made.isTelnetOpen(), false);
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

test("with the button held nothing is run, and the console on the cable is open, in production too [BOOT-1]", () => {
  for (const kind of ["development", "production"]) {
    const { made, lines } = start('print("app");', { kind, held: true });
    assert.equal(lines, ["TL 0 loader held=true"]);
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

test("a firmware that gets through its start is left alone", () => {
  const { clock, count } = start('print("app");setInterval(function(){E.kickWatchdog()},1000);');
  clock.advance(600_000);
  assert.is(count("app"), 1);
});
