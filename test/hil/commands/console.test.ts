// `hil console`: a person, or nobody, at a board's console.
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { createSimClock } from "../../../hil/clock.ts";
import { consoleCommand } from "../../../hil/commands/console.ts";
import { createConsoleScreen } from "../../../hil/commands/console-screen.ts";
import { consolePassword } from "../../../hil/drivers/console/order-text.ts";
import { HilError } from "../../../hil/error.ts";
import { eventually } from "../../support/eventually.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { startScriptedServer } from "../drivers/port/scripted-server.ts";
import { createPersonIo } from "./person-io.ts";

const test = suite("hil console");

const closing: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startBoard() {
  const server = await startScriptedServer();
  closing.push(server.close);
  return { ...server, typed: `tcp://127.0.0.1:${server.address.port}` };
}

const hears = (because: string) => ({ withinMs: 2_000, because });

test("keys go to the board as they are, until Ctrl-]", async () => {
  const board = await startBoard();
  const person = createPersonIo({ isTerminal: true });
  const ended = consoleCommand(board.typed, { times: false }, person.io);
  await eventually(() => person.isRaw(), hears("the terminal passes keys on"));
  person.type("1+2\r\x03");
  await board.hears([0x31, 0x2b, 0x32, 0x0d, 0x03], "the keys arrive");
  board.say("=3\r\n>");
  await eventually(() => person.screen().endsWith(">"), hears("the prompt is shown though its line has no end"));
  person.type("x\x1dy");
  assert.is(await ended, 0);
  assert.is(person.screen(), "=3\r\n>\n");
  assert.not(person.isRaw(), "the terminal is given back");
  assert.not(board.heard().includes("y"));
});

test("where nobody is, the console is read alone, in plain lines with their times", async () => {
  const board = await startBoard();
  const person = createPersonIo();
  const ended = consoleCommand(board.typed, {}, person.io);
  await eventually(() => person.err.length > 0, hears("the port is open"));
  person.type("nobody's\n");
  board.say("\x1b[JTL 5 boot id=1\r\n\x1b[1mTL 6 trap\r\n");
  await eventually(() => person.screen().split("\n").length === 3, hears("two lines are shown"));
  person.interrupt();
  assert.is(await ended, 0);
  assert.match(person.screen(), /^\d\d:\d\d:\d\d\.\d{3} {2}TL 5 boot id=1\n\d\d:\d\d:\d\d\.\d{3} {2}TL 6 trap\n$/);
  assert.is(board.heard().length, 0);
});

test("a console ends by itself after the time a script gave it", async () => {
  const board = await startBoard();
  assert.is(await consoleCommand(board.typed, { seconds: 0.05 }, createPersonIo().io), 0);
});

test("a port that is lost ends it as trouble of the bench", async () => {
  const board = await startBoard();
  const person = createPersonIo({ isTerminal: true });
  const ended = getRejection(consoleCommand(board.typed, {}, person.io));
  await eventually(() => person.isRaw(), hears("the terminal passes keys on"));
  board.hangUp();
  const error = await ended;
  assert.instance(error, HilError);
  assert.is((error as HilError).code, "port-gone");
  assert.not(person.isRaw());
});

test("what the bench knows as secret is not shown: Wi-Fi, key, password of the console", async () => {
  const board = await startBoard();
  const folder = await mkdtemp(join(tmpdir(), "trapline-console-"));
  closing.push(() => rm(folder, { recursive: true }));
  const key = "5a".repeat(32);
  mkdirSync(join(folder, "identities"));
  writeFileSync(join(folder, "identities", "240ac4000001.json"), JSON.stringify({ key }));
  const bench = join(folder, "bench.yaml");
  writeFileSync(
    bench,
    `name: cellar
wifi: { ssid: cellar, passwordEnv: CELLAR_WIFI }
boards:
  - name: left
    mac: "24:0a:c4:00:00:01"
    trapKind: snap
    port: ${board.typed}
`,
  );
  const person = createPersonIo({ stateFolder: folder });
  person.io.environment = { CELLAR_WIFI: "seven-dwarfs" };
  const ended = consoleCommand("left", { bench, times: false }, person.io);
  await eventually(() => person.err.length > 0, hears("the port is open"));
  board.say(`wifi pass=seven-dwarfs\r\nkey ${key}\r\n${consolePassword(key)}\r\n`);
  await eventually(() => person.screen().split("\n").length === 4, hears("three lines are shown"));
  person.interrupt();
  await ended;
  assert.is(person.screen(), "wifi pass=***\nkey ***\n***\n");
});

test("a letter that is cut in two is shown whole, and each line has one time", async () => {
  const clock = createSimClock();
  let shown = "";
  const write = (text: string) => {
    shown += text;
  };
  const screen = createConsoleScreen({ clock, write, mask: (text) => text, hasTimes: true, isTerminal: true });
  const bytes = Buffer.from("Bär");
  screen.show(bytes.subarray(0, 2));
  screen.show(bytes.subarray(2));
  await clock.advance(100);
  screen.show(Buffer.from("in\nend"));
  screen.end();
  assert.match(shown, /^\S+ {2}Bärin\n\S+ {2}end\n$/);
});
