// The doctor on a virtual board with its fixture: ports that answer, a chip that tells its MAC, and the wrong MAC in the file.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as assert from "uvu/assert";
import type { Check } from "../../../../hil/commands/doctor/check.ts";
import { runDoctor } from "../../../../hil/commands/doctor.ts";
import { suite } from "../../../support/suite.ts";
import { createWrittenIo } from "../written-io.ts";

const test = suite("hil/commands/doctor on a virtual board", { limitMs: 40_000 });
const io = createWrittenIo();
let board: ChildProcess;
let addresses: { serial: string; fixture: string; mac: string };

test.before(async () => {
  fs.mkdirSync(io.stateFolder, { recursive: true });
  const words = ["--import", "tsx", "simulator/virtual-board/main.ts", "--fixture", "--seed", "11"];
  board = spawn(process.execPath, words, { cwd: io.root, stdio: ["pipe", "pipe", "inherit"] });
  if (board.stdout === null) throw new Error("no output");
  const [line] = await once(createInterface({ input: board.stdout }), "line");
  addresses = JSON.parse(String(line));
});

test.after(async () => {
  const ended = once(board, "close");
  board.stdin?.end();
  await ended;
  io.remove();
});

async function diagnose(mac: string, port: string): Promise<{ status: number; checks: Check[] }> {
  const bench = path.join(io.stateFolder, "bench.yaml");
  const { fixture } = addresses;
  const text = `name: desk\nboards:\n  - {name: anna, mac: "${mac}", wifi: {ssid: x}, port: "${port}", power: lines, fixture: {port: "${fixture}"}}\n`;
  fs.writeFileSync(bench, text);
  const status = await runDoctor({ bench, probe: true, json: true }, io);
  return { status, checks: JSON.parse(io.takeOut()).checks };
}

test("all of it answers, and the chip is the one that the bench file names", async () => {
  const { status, checks } = await diagnose(addresses.mac, addresses.serial);
  assert.is(status, 0, JSON.stringify(checks.filter(({ state }) => state === "wrong")));
  const found = Object.fromEntries(checks.map(({ check, found }) => [check, found]));
  assert.is(found.chip, `ESP32 ${addresses.mac}`);
  assert.match(found.fixture ?? "", "answers as Espruino 2v");
});

test("another chip than the bench file names is found", async () => {
  const { status, checks } = await diagnose("24:0a:c4:00:00:01", addresses.serial);
  assert.is(status, 2);
  assert.match(checks.find(({ check }) => check === "chip")?.found ?? "", `the chip is ${addresses.mac}`);
});
