// The real interpreter as the silicon of a virtual board: the chip boots what was flashed, then the interpreter has the wire, and what it
// writes is on the chip.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { Identity } from "#protocol";
import { getEspruino } from "../../support/espruino.ts";
import { eventually } from "../../support/eventually.ts";
import { skip, suite } from "../../support/suite.ts";
import { type BoardProcess, type Cable, composeWholeFlash, plugIn, startBoard } from "./board-process.ts";

const test = suite("virtual board with the real interpreter", { limitMs: 90_000, fileLimitMs: 180_000 });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-virtual-interpreter-"));
const IDENTITY: Identity = {
  serial: "TL-VIRTUAL-2",
  mac: "24:0a:c4:00:00:02",
  key: "5d".repeat(32),
  hardware: "esp32",
  kind: "live-catch",
  host: "127.0.0.1",
  port: 9,
};
let board: BoardProcess | undefined;
let cable: Cable | undefined;

test.after.each(async () => {
  cable?.close();
  if (board !== undefined) assert.is(await board.end(), 0, board.complaints());
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function start(file: string): Promise<{ board: BoardProcess; cable: Cable }> {
  board = await startBoard(["--flash", file], { ESPRUINO_BIN: getEspruino() });
  cable = await plugIn(board.addresses.serial);
  await board.control("/api/power", { on: false });
  await board.control("/api/power", { on: true });
  return { board, cable };
}

/** Of the children this board left behind, by the folder they run in. */
function listFolders(): string[] {
  return fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith("trapline-interpreter-"));
}

test("it boots through the ROM, runs the trap, keeps what the trap writes, and is reset by the lines", async () => {
  const bin = getEspruino();
  const file = path.join(folder, "flash.bin");
  fs.writeFileSync(file, await composeWholeFlash(IDENTITY));
  const before = listFolders();
  const { board, cable } = await start(file);
  await cable.hears("boot:0x13 (SPI_FAST_FLASH_BOOT)");
  await cable.hears("loader slot=a", 30_000);
  await cable.hears(`identity serial=${IDENTITY.serial}`, 30_000);
  cable.write('\x10print("version",process.env.BOARD)\n');
  await cable.hears("version LINUX", 10_000);
  cable.write("half a line\x03");
  cable.write('\x10TL("wifi ssid=attic-net pass=mind-the-gap")\n');
  await cable.hears("wifi ssid=attic-net");
  cable.setLines({ dtr: false });
  cable.setLines({ rts: true });
  await eventually(() => fs.readFileSync(file).includes("attic-net"), {
    withinMs: 5_000,
    because: "what the interpreter wrote is on the chip as soon as it stands still",
  });
  cable.setLines({ rts: false });
  await cable.hears("boot:0x13");
  await cable.hears(`identity serial=${IDENTITY.serial}`, 30_000);
  await board.end();
  assert.equal(
    listFolders().filter((name) => !before.includes(name)),
    [],
    `${bin} left a folder`,
  );
});

test("its switches and its lamp are the board's: a spring is seen, the alarm shows", async () => {
  const file = path.join(folder, "pins.bin");
  fs.writeFileSync(file, await composeWholeFlash(IDENTITY));
  const { board, cable } = await start(file);
  await cable.hears("trap state=armed", 30_000);
  await board.control("/api/spring", {});
  await cable.hears("trap state=sprung", 10_000);
  const lamp = async () => (await board.control("/api/state")).led;
  await eventually(async () => (await lamp()) === true, { withinMs: 10_000, because: "the lamp lights" });
  await eventually(async () => (await lamp()) === false, { withinMs: 10_000, because: "it blinks" });
  await board.control("/api/set", {});
  await cable.hears("trap state=", 10_000);
  const refusal = await board.control("/api/clock", { speed: 60 }).catch((error: Error) => error.message);
  assert.match(String(refusal), /^409 .*lives in the host's time/);
});

test("a board that is killed takes its interpreter with it [CHIP-21]", async () => {
  const bin = getEspruino();
  if (!fs.existsSync("/usr/bin/setpriv")) skip("needs setpriv of Debian's package util-linux", "package");
  const file = path.join(folder, "killed.bin");
  fs.writeFileSync(file, await composeWholeFlash(IDENTITY));
  const before = listFolders();
  const { board: killed, cable } = await start(file);
  await cable.hears("loader slot=a", 30_000);
  const { pid } = killed.child;
  const [child] = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  assert.is(fs.readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0")[0], path.resolve(bin));
  killed.child.kill("SIGKILL");
  board = undefined;
  await eventually(() => !fs.existsSync(`/proc/${child}`), { withinMs: 5_000, because: "the interpreter is gone" });
  for (const name of listFolders())
    if (!before.includes(name)) fs.rmSync(path.join(os.tmpdir(), name), { recursive: true });
});

test("an interpreter that ends by itself is started anew through the ROM", async () => {
  const file = path.join(folder, "quit.bin");
  fs.writeFileSync(file, await composeWholeFlash(IDENTITY));
  const { cable } = await start(file);
  await cable.hears("loader slot=a", 30_000);
  cable.write("\x10quit()\n");
  await cable.hears("rst:0xc (SW_CPU_RESET)", 30_000);
  await cable.hears("loader slot=a", 30_000);
});
