// Tests simulator/virtual-board as a process: from its options over its ports to its end, with nothing on its flash and with everything.
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { Identity } from "#protocol";
import { FLASH_BYTES } from "../../../simulator/board/flash.ts";
import { eventually } from "../../support/eventually.ts";
import { skip, suite } from "../../support/suite.ts";
import { type BoardProcess, type Cable, composeWholeFlash, plugIn, spawnBoard, startBoard } from "./board-process.ts";

const test = suite("virtual board process", { limitMs: 60_000, fileLimitMs: 180_000 });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-virtual-board-"));
const flashFile = path.join(folder, "flash.bin");
const IDENTITY: Identity = {
  serial: "TL-VIRTUAL-1",
  mac: "24:0a:c4:00:00:01",
  key: "5c".repeat(32),
  hardware: "esp32",
  kind: "live-catch",
  host: "127.0.0.1",
  port: 9,
};
const boards: BoardProcess[] = [];
const cables: Cable[] = [];

async function start(...args: string[]): Promise<BoardProcess> {
  const board = await startBoard(args);
  boards.push(board);
  return board;
}

async function plug(address: string | null): Promise<Cable> {
  if (address === null) throw new Error("there is no such port");
  const cable = await plugIn(address);
  cables.push(cable);
  return cable;
}

test.before(async () => {
  fs.writeFileSync(flashFile, await composeWholeFlash(IDENTITY));
});
test.after.each(async () => {
  for (const cable of cables.splice(0)) cable.close();
  for (const board of boards.splice(0)) assert.is(await board.end(), 0, board.complaints());
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A whole flash of its own, since a board writes to it. */
function copyFlash(name: string): string {
  const file = path.join(folder, name);
  fs.copyFileSync(flashFile, file);
  return file;
}

for (const serial of ["rfc2217", "tcp"]) {
  test(`${serial}: with nothing on its flash it says so again and again`, async () => {
    const board = await start("--serial", serial, "--mac", "24:0A:C4:AA:BB:CC");
    assert.is(board.addresses.mac, "24:0a:c4:aa:bb:cc");
    assert.is(board.addresses.fixture, null);
    assert.ok(board.addresses.serial.startsWith(`${serial}://127.0.0.1:`), board.addresses.serial);
    const cable = await plug(board.addresses.serial);
    for (let i = 0; i < 3; i++) await cable.hears("invalid header: 0xffffffff");
    assert.is((await board.control("/api/state")).chip, "looping");
  });

  test(`${serial}: what is on its flash boots, and its fixture springs it`, async () => {
    const board = await start("--serial", serial, "--fixture", "--flash", copyFlash(`${serial}.bin`));
    const fixture = await plug(board.addresses.fixture);
    await board.control("/api/power", { on: false });
    fixture.write('\x10pinMode(D18,"opendrain");pinMode(D19,"opendrain");D18.write(1);D19.write(0)\n');
    fixture.write('\x10print("x",digitalRead(D19))\n');
    await fixture.hears("x 0");
    const trap = await plug(board.addresses.serial);
    await board.control("/api/power", { on: true });
    await trap.hears("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)");
    await trap.hears("loader slot=a");
    await trap.hears(`identity serial=${IDENTITY.serial}`);
    await trap.hears("trap state=armed");
    assert.is((await board.control("/api/state")).serialNumber, IDENTITY.serial);
    fixture.write("\x10D19.write(1)\n");
    await trap.hears("trap state=sprung");
    await eventually(
      async () => {
        fixture.write('\x10print("led",digitalRead(D21))\n');
        await fixture.hears("led 1", 300);
        return true;
      },
      { withinMs: 10_000, because: "the fixture sees the trap's LED" },
    );
    fixture.write("\x10D19.write(0)\n");
    trap.write('\x10TL("info")\n');
    await trap.hears(" identity serial=");
    trap.write('\x10TL("reboot")\n');
    await trap.hears("rst:0xc (SW_CPU_RESET),boot:0x13");
    await trap.hears("boot id=");
  });
}

test("DTR and RTS over RFC 2217 reset it, into the program and into the loader; being opened and closed does neither", async () => {
  const board = await start("--flash", copyFlash("lines.bin"));
  const first = await plug(board.addresses.serial);
  await first.hears("trap state=");
  first.close();
  await eventually(
    async () => {
      const lines = (await board.control("/api/state")).lines as { dtr: boolean; rts: boolean };
      return !lines.dtr && !lines.rts;
    },
    { withinMs: 3_000, because: "the lines fall" },
  );
  const cable = await plug(board.addresses.serial);
  cable.write('\x10TL("info")\n');
  await cable.hears("identity serial=");
  assert.not(cable.text().includes("rst:"), "nothing was reset");
  cable.setLines({ dtr: false });
  cable.setLines({ rts: true });
  await eventually(async () => (await board.control("/api/state")).chip === "reset", {
    withinMs: 3_000,
    because: "EN is low",
  });
  cable.setLines({ dtr: true });
  cable.setLines({ rts: false });
  await cable.hears("boot:0x3 (DOWNLOAD_BOOT");
  await cable.hears("waiting for download");
  assert.is((await board.control("/api/state")).bootMode, 3);
  cable.setLines({ dtr: false, rts: true });
  cable.setLines({ rts: false });
  await cable.hears("boot:0x13");
  await cable.hears("trap state=");
});

test("the control server has hands for what a transport lacks: lines, power, network, the clock's speed", async () => {
  const board = await start("--serial", "tcp", "--flash", copyFlash("control.bin"), "--seed", "7");
  const cable = await plug(board.addresses.serial);
  await cable.hears("trap state=armed");
  await board.control("/api/spring", {});
  await cable.hears("trap state=sprung");
  await board.control("/api/lines", { dtr: false, rts: true });
  assert.is((await board.control("/api/state")).chip, "reset");
  const state = await board.control("/api/lines", { dtr: true, rts: false });
  assert.equal(state.lines, { dtr: true, rts: false });
  await cable.hears("waiting for download");
  await board.control("/api/lines", { dtr: false, rts: true });
  await board.control("/api/lines", { rts: false });
  await cable.hears("boot:0x13");
  await cable.hears("identity serial=");
  const speed = await board.control("/api/clock", { speed: 100 });
  assert.is(speed.speed, 100);
  const begin = performance.now();
  cable.write("\x10setTimeout(function(){print('a minute'+' later')},60000)\n");
  await cable.hears("a minute later");
  assert.ok(performance.now() - begin < 10_000, "a minute took less than ten seconds");
  for (const [name, body] of [
    ["/api/clock", { speed: 0 }],
    ["/api/clock", { speed: 1001 }],
    ["/api/lines", { dtr: 1 }],
    ["/api/lines", { rts: "on" }],
  ] as const) {
    const refusal = await board.control(name, body).catch((error: Error) => error.message);
    assert.match(String(refusal), /^400 /);
  }
  await board.control("/api/power", { on: false });
  assert.is((await board.control("/api/state")).board, "off");
  assert.is((await board.control("/api/network", { up: false })).networkUp, false);
});

test("a held button is the strap: a reset ends in the loader", async () => {
  const board = await start("--flash", copyFlash("strap.bin"), "--fixture");
  const trap = await plug(board.addresses.serial);
  const fixture = await plug(board.addresses.fixture);
  await trap.hears("identity serial=");
  fixture.write('\x10pinMode(D18,"opendrain");D18.write(0);print("held",digitalRead(D18))\n');
  await fixture.hears("held 0");
  await board.control("/api/power", { on: false });
  await board.control("/api/power", { on: true });
  await trap.hears("waiting for download");
});

test("a second client is told so and closed", async () => {
  const board = await start("--serial", "tcp");
  const first = await plug(board.addresses.serial);
  await first.hears("rst:0x");
  const second = await plug(board.addresses.serial);
  await second.hears("in use by another client");
});

test("what the trap writes is in the flash file, and a board begins with it", async () => {
  const file = copyFlash("kept.bin");
  const board = await start("--flash", file);
  const cable = await plug(board.addresses.serial);
  await cable.hears("trap state=armed");
  cable.write('\x10TL("wifi ssid=attic-net pass=mind-the-gap")\n');
  await cable.hears("wifi ssid=attic-net");
  await board.end();
  assert.ok(fs.readFileSync(file).includes("attic-net"));
  assert.is(fs.statSync(file).size, FLASH_BYTES);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends it [CHIP-21]`, async () => {
    const board = await startBoard(["--fixture"]);
    board.child.kill(signal);
    const [code] = (await once(board.child, "exit")) as [number | null];
    assert.is(code, 0, board.complaints());
  });
}

test("the same seed gives the same chip, another seed another", async () => {
  const macs = await Promise.all(
    ["5", "5", "6"].map(async (seed) => (await start("--serial", "tcp", "--seed", seed)).addresses.mac),
  );
  assert.is(macs[0], macs[1]);
  assert.is.not(macs[0], macs[2]);
  assert.match(macs[0] ?? "", /^24:0a:c4(:[0-9a-f]{2}){3}$/);
});

const MISTAKES: [what: string, args: string[], expected: RegExp][] = [
  ["an unknown option", ["--bite"], /Unknown option '--bite'[\s\S]*--serial KIND/],
  ["a stray word", ["fast"], /fast/],
  ["an unknown transport", ["--serial", "smoke"], /--serial must be one of rfc2217, tcp, pty, not "smoke"/],
  ["half a MAC", ["--mac", "24:0a"], /--mac must be six bytes/],
  ["a clock that stands", ["--speed", "0"], /--speed must be a whole number from 1 to 1000/],
  ["a flash that is something else", ["--flash", path.join(folder, "letter.txt")], /is no flash: it has 5 bytes/],
  ["an interpreter that is not there", ["--interpreter", path.join(folder, "nobody")], /There is no interpreter at/],
];
for (const [what, args, expected] of MISTAKES) {
  test(`${what} is refused in words`, async () => {
    fs.writeFileSync(path.join(folder, "letter.txt"), "hello");
    const child = spawnBoard(args);
    let complained = "";
    child.stderr?.on("data", (bytes) => {
      complained += String(bytes);
    });
    const [code] = (await once(child, "close")) as [number | null];
    assert.is(code, 1);
    assert.match(complained, expected);
    assert.is(fs.readFileSync(path.join(folder, "letter.txt"), "utf8"), "hello");
  });
}

test("without socat, a pty is refused with the package that is missing", async () => {
  const error = await startBoard(["--serial", "pty"], { PATH: folder }).catch((thrown: Error) => thrown);
  assert.instance(error, Error);
  assert.match(String(error), /install Debian's package socat, or use tcp/);
});

test("images are written with a manifest, and it boots them", async () => {
  const images = path.join(folder, "images");
  const child = spawnBoard(["--write-images", images]);
  const [code] = (await once(child, "close")) as [number | null];
  assert.is(code, 0);
  const manifest = JSON.parse(fs.readFileSync(path.join(images, "images.json"), "utf8")) as {
    files: { name: string; address: number; sha256: string }[];
  };
  assert.equal(
    manifest.files.map(({ name, address }) => [name, address]),
    [
      ["bootloader.bin", 0x1000],
      ["partitions.bin", 0x8000],
      ["interpreter.bin", 0x10000],
    ],
  );
  const flash = Buffer.alloc(FLASH_BYTES, 0xff);
  for (const { name, address } of manifest.files) flash.set(fs.readFileSync(path.join(images, name)), address);
  const file = path.join(folder, "images.bin");
  fs.writeFileSync(file, flash);
  const board = await start("--flash", file);
  const cable = await plug(board.addresses.serial);
  await cable.hears("espruino.com");
  cable.write("\r\n");
  cable.write("1+1\n");
  await cable.hears("=2");
});

test("a pty has a path that opens, carries bytes both ways, and may be closed and opened again", async () => {
  const file = copyFlash("pty.bin");
  const board = await startBoard(["--serial", "pty", "--flash", file]).catch((error: Error) => {
    if (/install Debian's package socat/.test(error.message)) skip("needs Debian's package socat", "package");
    throw error;
  });
  boards.push(board);
  assert.match(board.addresses.serial, /^\/dev\//);
  for (let round = 0; round < 2; round++) {
    const port = fs.openSync(
      board.addresses.serial,
      fs.constants.O_RDWR | fs.constants.O_NOCTTY | fs.constants.O_NONBLOCK,
    );
    let heard = "";
    try {
      await eventually(
        () => {
          const bytes = Buffer.alloc(4096);
          fs.writeSync(port, "\x10print('round',1+1)\n");
          heard += bytes.toString("latin1", 0, fs.readSync(port, bytes));
          return heard.includes("round 2");
        },
        { withinMs: 15_000, because: "the console answers" },
      );
    } finally {
      fs.closeSync(port);
    }
  }
});
