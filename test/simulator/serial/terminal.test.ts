// Tests simulator/serial/terminal.ts: what a terminal sees of the double's console, byte by byte, and that the real interpreter shows the
// same for the same keys.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { parseConsoleLine } from "#protocol";
import { createTerminal } from "../../../simulator/serial/terminal.ts";
import { createProgramEnvironment } from "../../support/config.ts";
import { getEspruino } from "../../support/espruino.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { createWorkbench, type WorkbenchOptions } from "../workbench.ts";

const test = suite("terminal");
const END_OF_GREETING = "Donate\r\n\r\n>";

function createScreen(options: WorkbenchOptions = {}) {
  const bench = createWorkbench(options);
  let shown = "";
  const terminal = createTerminal({
    board: bench.board,
    send: (text) => {
      shown += text;
    },
  });
  const take = () => {
    const taken = shown;
    shown = "";
    return taken;
  };
  const start = () => {
    terminal.reset();
    bench.board.start("power-on");
    return take();
  };
  return {
    ...bench,
    terminal,
    take,
    start,
    press: (keys: string) => {
      terminal.receive(keys);
      return take();
    },
    stop() {
      terminal.stop();
      bench.board.stop();
    },
  };
}

/** Typed one after the other; each as it arrives, and what comes back. Uncaught errors are left out: their places differ. */
const KEYS: [keys: string, shown: string][] = [
  ["1+1\n", "1+1\r\n=2\r\n>"],
  ["\r", "\r\n>"],
  ["print('a')\n", "print('a')\r\na\r\n=undefined\r\n>"],
  ["'x\"y'\n", '\'x"y\'\r\n="x\\"y"\r\n>'],
  ["D18\n", "D18\r\n=D18\r\n>"],
  ["[1,null,true,1.5]\n", "[1,null,true,1.5]\r\n=[ 1, null, true, 1.5 ]\r\n>"],
  ["1\r\n2\r\n", "1\r\n=1\r\n=2\r\n>"],
  ["\x10print('quiet')\n", "quiet\r\n>"],
  ["\x10print('quiet');5\n", "quiet\r\n>"],
  ["\x10", ""],
  ["\n", ""],
  ["\x10var silent = 1\n", ""],
  ["abc", "abc"],
  ["\x03", "\x1b[D\x1b[D\x1b[D\r\x1b[J>"],
  ["1\x7f2\b3\n", "1\b \b2\b \b3\r\n=3\r\n>"],
  ["if (1) {\n", "if (1) {\r\n:"],
  ["print(2)\n", "print(2)\r\n:"],
  ["}\n", "}\r\n2\r\n=undefined\r\n>"],
  ["'('\n", "'('\r\n=\"(\"\r\n>"],
  ["1 // (\n", "1 // (\r\n=1\r\n>"],
  ["echo(0)\n", "echo(0)\r\n"],
  ["1+1\n", ""],
  ["print(3)\n", "3\r\n"],
  ["echo(1)\n", "=undefined\r\n>"],
  ["E.setPassword('pw');E.lockConsole()\n", "E.setPassword('pw');E.lockConsole()\r\n=undefined\r\npassword>"],
  ["1\n", "\r\n  Invalid password\r\npassword>"],
  ["\x10print(1)\n", "\r\n  Invalid password\r\npassword>"],
  ["pw\n", "\r\n  Logged in.\r\n>"],
  ["1\n", "1\r\n=1\r\n>"],
];

test("every key is answered as the table says", () => {
  const screen = createScreen();
  assert.ok(screen.start().endsWith(END_OF_GREETING));
  for (const [keys, shown] of KEYS) assert.is(screen.press(keys), shown, JSON.stringify(keys));
  screen.stop();
});

test("the real interpreter answers the same keys in the same way", async () => {
  const bin = getEspruino();
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-terminal-"));
  const child = spawn(bin, [], { cwd: folder, env: createProgramEnvironment(), stdio: ["pipe", "pipe", "ignore"] });
  try {
    let shown = "";
    child.stdout.on("data", (bytes: Buffer) => {
      shown += bytes.toString("latin1");
    });
    const shows = (expected: string, because: string) =>
      eventually(
        () => {
          if (shown === expected) return true;
          throw new Error(JSON.stringify(shown));
        },
        { withinMs: 3_000, because },
      );
    await eventually(() => shown.endsWith(END_OF_GREETING), { withinMs: 5_000, because: "it greets" });
    for (const [keys, expected] of KEYS) {
      shown = "";
      child.stdin.write(keys);
      await shows(expected, `${JSON.stringify(keys)} is answered by ${JSON.stringify(expected)}`);
    }
  } finally {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    await fs.rm(folder, { recursive: true, force: true });
  }
});

test("what a program prints by itself erases prompt and line, and both come back", () => {
  const screen = createScreen();
  screen.start();
  screen.press("\x10setTimeout(function(){print('later')},50)\n");
  screen.press("ab");
  screen.clock.advance(60);
  assert.is(screen.take(), "\x1b[D\x1b[D\r\x1b[Jlater\r\n>ab");
  screen.press("\x03if(1){\nx");
  screen.board.console.type("print('again')\n");
  assert.is(screen.take(), "\x1b[D\x1b[A\r\x1b[Jagain\r\n>if(1){\r\n:x");
  screen.stop();
});

test("a trap's line is read through prompt and erasure", () => {
  const screen = createScreen();
  screen.start();
  screen.press("half a li");
  screen.board.console.type("print('TL 12 trap state=armed')\n");
  const [line] = screen.take().split("\n");
  assert.equal(parseConsoleLine(line), { ms: 12, name: "trap", fields: { state: "armed" } });
  screen.press("\x03");
  assert.is(screen.press("\x10print('TL 13 trap state=sprung')\n"), "TL 13 trap state=sprung\r\n>");
  screen.stop();
});

test("a program in .bootcde is not greeted, .boot0 prints before the greeting", () => {
  const silent = createScreen({ files: { ".bootcde": "print('mine')" } });
  assert.is(silent.start(), "mine\r\n\r\n>");
  silent.stop();
  const greeted = createScreen({ files: { ".boot0": "print('first')" } });
  const shown = greeted.start();
  assert.ok(shown.startsWith("first\r\n\x1b[?7l\r\n ____") && shown.endsWith(END_OF_GREETING), shown);
  greeted.stop();
});

test("an error is told in place of a value", () => {
  const screen = createScreen();
  screen.start();
  assert.match(screen.press("nonsense\n"), /^nonsense\r\nUncaught ReferenceError: .*\r\n[\s\S]*>$/);
  assert.match(screen.press("\x10throw new Error('y')\n"), /^Uncaught Error: y\r\n[\s\S]*>$/);
  screen.stop();
});

test("without a console, hung, asleep or without power it shows and takes nothing", () => {
  const screen = createScreen({ evaluateLimitMs: 30 });
  screen.start();
  screen.press("E.setConsole(null)\n");
  assert.is(screen.press("1\nprint(2)\n\x03"), "");
  screen.start();
  screen.press("while(true);\n");
  assert.is(screen.press("1\n"), "");
  screen.board.powerOff();
  assert.is(screen.press("1\n"), "");
  assert.ok(screen.start().endsWith(">"));
  assert.is(screen.press("1\n"), "1\r\n=1\r\n>");
  screen.stop();
});

test("a line that resets the board has no value, and a line begun before is forgotten", () => {
  const screen = createScreen({ bootMs: 10 });
  screen.start();
  assert.is(screen.press("E.reboot()\n"), "E.reboot()\r\n");
  screen.press("rubbish((((");
  screen.terminal.reset();
  screen.clock.advance(10);
  assert.ok(screen.take().endsWith(END_OF_GREETING));
  assert.is(screen.press("1\n"), "1\r\n=1\r\n>");
  screen.stop();
});

test("garbage harms nothing: all bytes in any order, then a line works", () => {
  const screen = createScreen();
  screen.start();
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919 + (i >> 3)) & 0xff));
  screen.press(bytes.toString("latin1"));
  screen.press("x".repeat(10_000));
  screen.press("\x1b[A\x1b[1;5C\x1bOP*/`\"'\x03\n\x03\n\n");
  screen.press("\x03");
  assert.is(screen.press("4\n"), "4\r\n=4\r\n>");
  screen.stop();
});
