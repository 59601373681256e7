// Drives a virtual board with Espressif's own esptool, over the network ports it knows: through the stub and by the ROM alone, with resets by the
// lines and without. Every version since 4.8 knows these names; ESPTOOL names the one to use.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { createStandInImages } from "../../../simulator/rom/stand-in-images.ts";
import { createProgramEnvironment, parseTestConfig } from "../../support/config.ts";
import { eventually } from "../../support/eventually.ts";
import { skip, suite } from "../../support/suite.ts";
import { type BoardProcess, startBoard } from "../virtual-board/board-process.ts";

const test = suite("esptool on a virtual board", { limitMs: 120_000, fileLimitMs: 300_000 });
const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-esptool-"));
const boards: BoardProcess[] = [];

test.before(() => {
  if (parseTestConfig().esptool === undefined) skip("ESPTOOL names no flashing tool");
});
test.after.each(async () => {
  for (const board of boards.splice(0)) assert.is(await board.end(), 0, board.complaints());
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function start(serial: "tcp" | "rfc2217" | "pty"): Promise<BoardProcess> {
  const board = await startBoard(["--serial", serial, "--mac", "24:0a:c4:0e:5e:70"]).catch((error: Error) => {
    if (/install Debian's package socat/.test(error.message)) skip("needs Debian's package socat", "package");
    throw error;
  });
  boards.push(board);
  return board;
}

/** What the tool printed. @throws Error with that for any exit status but 0 */
async function esptool(board: BoardProcess, ...args: string[]): Promise<string> {
  const [command = "", ...first] = parseTestConfig().esptool ?? [];
  const port = board.addresses.serial.replace(/^tcp:/, "socket:");
  const env = { ...createProgramEnvironment(), NO_COLOR: "1", TERM: "dumb" };
  try {
    const { stdout } = await run(command, [...first, "--chip", "esp32", "--port", port, ...args], { cwd: folder, env });
    return stdout;
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string };
    throw new Error(`esptool ${args.join(" ")}: ${stdout}${stderr}`, { cause });
  }
}

/** By the lines: a raw socket has none of its own. */
async function enterLoader(board: BoardProcess): Promise<void> {
  for (const [dtr, rts] of [
    [false, true],
    [true, false],
    [false, false],
  ]) {
    await board.control("/api/lines", { dtr, rts });
  }
  await waitFor(board, "loader");
}

async function waitFor(board: BoardProcess, chip: string): Promise<void> {
  await eventually(async () => (await board.control("/api/state")).chip === chip, {
    withinMs: 5_000,
    because: `the chip is ${chip}`,
  });
}

function writeFile(name: string, bytes: Uint8Array): string {
  fs.writeFileSync(path.join(folder, name), bytes);
  return name;
}

function createData(length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 48) createHash("sha256").update(String(at)).digest().copy(bytes, at);
  return bytes;
}

/** Address and file of each, as the tool takes them. */
function writeImages(): string[] {
  return createStandInImages().flatMap(({ name, address, bytes }) => [
    `0x${address.toString(16)}`,
    writeFile(name, bytes),
  ]);
}

test("a blank board is recognised, flashed at a higher speed, verified and reset into what was flashed", async () => {
  const board = await start("rfc2217");
  assert.match(await esptool(board, "--after", "no_reset", "chip_id"), /24:0a:c4:0e:5e:70/);
  const images = writeImages();
  const written = await esptool(board, "--baud", "460800", "write_flash", "-z", ...images);
  assert.is(written.match(/Hash of data verified/g)?.length, images.length / 2);
  await waitFor(board, "running");
  assert.match(await esptool(board, "verify_flash", ...images), /digest matched/);
  await waitFor(board, "running");
});

test("the ROM alone writes, verifies and reads, over a port without lines", async () => {
  const board = await start("tcp");
  await enterLoader(board);
  const rom = ["--before", "no_reset", "--after", "no_reset", "--no-stub"];
  const data = createData(30_000);
  const file = writeFile("rom.bin", data);
  assert.match(await esptool(board, ...rom, "flash_id"), /4MB/);
  for (const [how, address] of [
    ["-u", "0x20000"],
    ["-z", "0x40000"],
  ] as const) {
    assert.match(await esptool(board, ...rom, "write_flash", how, address, file), /Hash of data verified/);
    assert.match(await esptool(board, ...rom, "verify_flash", address, file), /digest matched/);
  }
  await esptool(board, ...rom, "read_flash", "0x20000", "2000", "read.bin");
  assert.equal(fs.readFileSync(path.join(folder, "read.bin")), Buffer.from(data.subarray(0, 2000)));
});

for (const serial of ["tcp", "pty"] as const) {
  test(`${serial}: the stub writes as it is, reads the same back and erases, a part and all`, async () => {
    const board = await start(serial);
    await enterLoader(board);
    const stub = ["--before", "no_reset", "--after", "no_reset_stub"];
    const data = createData(100_000);
    const file = writeFile("stub.bin", data);
    const read = async (address: number, length: number) => {
      await esptool(board, ...stub, "read_flash", String(address), String(length), "read.bin");
      return fs.readFileSync(path.join(folder, "read.bin"));
    };
    assert.match(await esptool(board, ...stub, "write_flash", "-u", "0x100000", file), /Hash of data verified/);
    assert.ok((await read(0x100000, data.length)).equals(data));
    await esptool(board, ...stub, "erase_region", "0x101000", "0x1000");
    const erased = await read(0x100000, 0x3000);
    assert.ok(erased.subarray(0x1000, 0x2000).every((byte) => byte === 0xff));
    assert.ok(erased.subarray(0x2000).equals(data.subarray(0x2000, 0x3000)));
    await esptool(board, ...stub, "erase_flash");
    assert.ok((await read(0x100000, 0x3000)).every((byte) => byte === 0xff));
  });
}
