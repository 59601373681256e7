// Tests simulator/board/interpreter.ts, timers.ts, board.ts and watchdog.ts: how programs boot, fail, hang, restart and die.
import * as assert from "uvu/assert";
import { PowerCutError } from "../../simulator/board/flash.ts";
import { suite } from "../support/suite.ts";
import { createWorkbench } from "./workbench.ts";

const test = suite("program");

test("boot files run in Espruino's order, each for itself", () => {
  const bench = createWorkbench({
    files: {
      ".bootcde": "print('bootcde ' + shared);",
      ".boot1": "print('boot1');",
      ".boot0": "var shared = 7; print('boot0'); throw new Error('in boot0');",
    },
  });
  assert.equal(
    bench.lines.filter((line) => !line.startsWith("    at")),
    ["boot0", "Uncaught Error: in boot0", "boot1", "bootcde 7"],
  );
  bench.board.stop();
});

test("reset() leaves .bootcde out, load() brings it back, load(file) runs that file instead", () => {
  const files = { ".boot0": "print('boot0');", ".bootcde": "print('bootcde');", tool: "print('tool');" };
  const bench = createWorkbench({ files });
  assert.equal(bench.run("reset(); print('still here')"), ["still here", "boot0"]);
  assert.equal(bench.run("load()"), ["boot0", "bootcde"]);
  assert.equal(bench.run("load('tool')"), ["boot0", "tool"]);
  bench.board.stop();
});

test("a soft restart forgets timers and watches, but keeps the power and the time", () => {
  const bench = createWorkbench();
  bench.run("setInterval(function () { print('tick'); }, 100); setWatch(function () { print('edge'); }, D5, true);");
  bench.clock.advance(250);
  assert.equal(bench.lines, ["tick", "tick"]);
  bench.run("reset()");
  bench.clock.advance(1000);
  bench.board.pins.drive(5, 0);
  assert.equal(bench.lines, ["tick", "tick"]);
  assert.equal(bench.run("print(getTime())"), ["1.25"]);
  bench.board.stop();
});

test("an error in a callback is printed and the program lives on", () => {
  const bench = createWorkbench();
  bench.run("var n = 0; setInterval(function () { n++; if (n === 1) throw new Error('boom'); print('n ' + n); }, 10);");
  bench.clock.advance(30);
  assert.equal(
    bench.lines.filter((line) => !line.startsWith("    at")),
    ["Uncaught Error: boom", "n 2", "n 3"],
  );
  bench.board.stop();
});

for (const [thrown, expected] of [
  ["new Error('boom')", "Uncaught Error: boom"],
  ["'text'", "Uncaught text"],
  ["undefined", "Uncaught undefined"],
  ["{ a: 1 }", "Uncaught [object Object]"],
  ["{ toString: function () { throw 1; } }", "Uncaught [object Object]"],
] as const) {
  test(`throwing ${thrown} shows as "${expected}"`, () => {
    const bench = createWorkbench();
    assert.is(bench.run(`throw ${thrown}`)[0], expected);
    bench.board.stop();
  });
}

test("process's uncaughtException hears of errors in place of the console, and may itself fail", () => {
  const bench = createWorkbench();
  bench.run("process.on('uncaughtException', function (e) { print('told ' + e); if (e === 'twice') throw 'again'; });");
  assert.equal(bench.run("throw new Error('boom')"), ["told Error: boom"]);
  assert.equal(bench.run("setTimeout(function () { throw 'late'; }, 5)"), []);
  bench.clock.advance(5);
  assert.equal(bench.lines.slice(-1), ["told late"]);
  assert.equal(bench.run("throw 'twice'"), ["told twice", "Uncaught again"]);
  bench.board.stop();
});

test("timers have the interpreter's numbers: from 1, and again once the higher ones are gone", () => {
  const bench = createWorkbench();
  assert.equal(bench.run("print(setTimeout(function () {}, 1), setInterval(function () {}, 1), setTimeout('1', 1))"), [
    "1 2 3",
  ]);
  assert.equal(bench.run("clearInterval(2); clearTimeout(3); print(setTimeout(function () {}, 5))"), ["2"]);
  assert.equal(bench.run("clearTimeout(); print(setTimeout(function (a, b) { print(a + b); }, 5, 'x', 'y'))"), ["1"]);
  bench.clock.advance(5);
  assert.equal(bench.lines.slice(-1), ["xy"]);
  assert.match(bench.run("clearTimeout(undefined)")[0]!, "clearTimeout(undefined) not allowed");
  assert.match(bench.run("setTimeout(5, 1)")[0]!, "Function or String not supplied!");
  bench.board.stop();
});

test("an interval keeps its beat and can be changed or cleared from within", () => {
  const bench = createWorkbench();
  bench.run(`var n = 0; var id = setInterval(function () { n++; print(n + "@" + Math.round(getTime() * 1000));
    if (n === 2) changeInterval(id, 50); if (n === 4) clearInterval(id); }, 20);`);
  bench.clock.advance(1000);
  assert.equal(bench.lines, ["1@20", "2@40", "3@90", "4@140"]);
  bench.board.stop();
});

test("ESP32.reboot() ends the program where it stands, whatever it catches, and starts anew as a software reset", () => {
  const bench = createWorkbench({ bootMs: 300, files: { ".boot0": "print('up ' + (peek32(0x3FF48034) & 63));" } });
  bench.clock.advance(300);
  bench.run(
    "setTimeout(function () { print('old timer'); }, 400); try { ESP32.reboot(); print('a'); } catch (e) { print('b'); }",
  );
  assert.is(bench.board.state(), "starting");
  bench.clock.advance(299);
  assert.equal(bench.lines, ["up 1"]);
  bench.clock.advance(1000);
  assert.equal(bench.lines, ["up 1", "up 12"]);
  bench.board.stop();
});

test("without power nothing runs, nothing is put out, and only the flash remembers", () => {
  const files = { ".boot0": "digitalWrite(D2, 1); var n = (require('Storage').read('n') || ''); print('n=' + n);" };
  const bench = createWorkbench({ files });
  bench.run("setInterval(function () { print('tick'); }, 10); require('Storage').write('n', '1');");
  assert.is(bench.board.pins.getOutput(2).level, 1);
  bench.board.powerOff();
  assert.is(bench.board.pins.getOutput(2).level, 0);
  bench.clock.advance(100);
  assert.equal(bench.run("print('dead')"), []);
  bench.board.powerOn();
  assert.equal(bench.lines, ["n=", "n=1"]);
  assert.is(bench.board.resetReason(), "power-on");
  bench.board.stop();
});

test("a power cut within a flash operation ends the program there, and the next boot finds the torn page", () => {
  const bench = createWorkbench();
  bench.board.flash.setHook((operation) => (operation.kind === "program" ? "cut-torn" : "run"));
  bench.run("try { require('Flash').write('12345678', 0x310000); print('done'); } catch (e) { print('caught'); }");
  assert.equal(bench.lines, []);
  assert.is(bench.board.state(), "off");
  bench.board.flash.setHook(undefined);
  bench.board.powerOn();
  assert.equal(bench.run("print(require('Flash').read(8, 0x310000).join())"), ["49,50,51,52,255,255,255,255"]);
  assert.is(
    new PowerCutError({ kind: "erase", address: 0, length: 1, data: undefined, number: 3 }).operation.number,
    3,
  );
  bench.board.stop();
});

test("a watchdog that nobody kicks starts the chip anew, and tells so", () => {
  const bench = createWorkbench({ files: { ".boot0": "print('reset ' + (peek32(0x3FF48034) & 63));" } });
  bench.run("E.enableWatchdog(10, false); var kick = setInterval(function () { E.kickWatchdog(); }, 4000);");
  bench.clock.advance(60_000);
  assert.is(bench.board.resetReason(), "power-on");
  bench.run("clearInterval(kick)");
  bench.clock.advance(10_001);
  assert.equal(bench.lines, ["reset 1", "reset 7"]);
  bench.clock.advance(60_000);
  assert.equal(bench.lines.length, 2, "the new program has armed none");
  bench.board.stop();
});

test("an automatic watchdog leaves a living program alone and bites one that hangs", () => {
  const bench = createWorkbench({ evaluateLimitMs: 400 });
  bench.run("E.enableWatchdog(5)");
  bench.clock.advance(60_000);
  assert.is(bench.board.state(), "running");
  bench.run("while (true) {}");
  assert.is(bench.board.state(), "hung");
  assert.equal(bench.run("print('deaf')"), []);
  bench.clock.advance(5_001);
  assert.is(bench.board.state(), "running");
  assert.is(bench.board.resetReason(), "watchdog");
  bench.board.stop();
});

test("a callback that hangs is bitten too, where callbacks are limited", () => {
  const bench = createWorkbench({ evaluateLimitMs: 400, limitCallbacks: true });
  bench.run(
    "E.enableWatchdog(5); setTimeout(function () { print('in'); try { for (;;) {} } catch (e) { print('no'); } }, 10);",
  );
  bench.clock.advance(10);
  assert.is(bench.board.state(), "hung");
  bench.clock.advance(5_001);
  assert.equal([bench.board.state(), bench.board.resetReason()], ["running", "watchdog"]);
  assert.equal([...bench.lines, ...bench.run("throw new Error('alive')")].slice(0, 2), ["in", "Uncaught Error: alive"]);
  bench.board.stop();
});

test("a program that hangs at boot without a watchdog hangs until somebody cuts the power", () => {
  const bench = createWorkbench({ evaluateLimitMs: 400, files: { ".boot0": "print('in'); for (;;) {}" } });
  assert.is(bench.board.state(), "hung");
  bench.clock.advance(600_000);
  assert.equal(bench.lines, ["in"]);
  bench.board.powerOff();
  assert.is(bench.board.state(), "off");
  bench.board.stop();
});

for (const [microseconds, wakesAfterMs] of [
  [5_000_000, 5_000],
  [2_200_000_000, undefined],
] as const) {
  test(`a deep sleep of ${microseconds} µs ${wakesAfterMs ? "ends in a start" : "overflows and never ends"}`, () => {
    const bench = createWorkbench({ files: { ".boot0": "print('wake ' + ESP32.getWakeupCause());" } });
    bench.run(`ESP32.deepSleep(${microseconds}); print('no')`);
    assert.is(bench.board.state(), "asleep");
    bench.clock.advance(wakesAfterMs ?? 10_000_000);
    assert.equal(bench.lines, wakesAfterMs ? ["wake 0", "wake 4"] : ["wake 0"]);
    bench.board.stop();
  });
}

test("the console can be locked, taken away, and comes back with a reset", () => {
  const bench = createWorkbench();
  bench.run("E.setPassword('cat'); E.lockConsole();");
  assert.equal(bench.run("print(1)"), ["Password incorrect!"]);
  assert.equal([...bench.run("cat"), ...bench.run("print(2)")], ["Password OK!", "2"]);
  bench.run("E.setConsole(null); print('unheard')");
  assert.equal(bench.run("print(3)"), []);
  bench.board.reset("reset-pin");
  bench.clock.advance(0);
  assert.equal(bench.run("print(E.getConsole())"), ["Serial1"]);
  bench.board.stop();
});

test("typed text runs line by line, and Ctrl-C forgets the line begun", () => {
  const bench = createWorkbench();
  bench.board.console.type("print('a');\r\n\x10print('b')");
  assert.equal(bench.lines, ["a"]);
  bench.board.console.type("\nnonsense (((\x03print('c')\n");
  assert.equal(bench.lines, ["a", "b", "c"]);
  bench.board.stop();
});

test("modules come from the board, from Storage, or not at all", () => {
  const bench = createWorkbench({ files: { mine: "exports.answer = 42;" } });
  assert.equal(bench.run("print(require('mine').answer, require('mine') === require('mine'))"), ["42 true"]);
  assert.equal(bench.run("Modules.addCached('other', 'exports.x = 1'); print(require('other').x)"), ["1"]);
  for (const name of ["fs", "constructor", "node:fs"]) {
    assert.is(bench.run(`require('${name}')`)[0], `Uncaught Error: Module "${name}" not found`);
  }
  bench.board.stop();
});

test("the Telnet console is open until the program closes it", () => {
  const bench = createWorkbench();
  assert.is(bench.board.isTelnetOpen(), true);
  bench.run("require('TelnetServer').setOptions({ mode: 'off' })");
  assert.is(bench.board.isTelnetOpen(), false);
  assert.match(bench.run("require('TelnetServer').setOptions({ mode: 'maybe' })")[0]!, "Unknown mode value");
  bench.board.stop();
});

test("with somebody to run a ROM first, a reset waits for him and keeps its reason", () => {
  const asked: string[] = [];
  const bench = createWorkbench({ onReset: (reason) => asked.push(reason) });
  bench.run("E.reboot()");
  bench.clock.advance(1_000);
  assert.equal(asked, ["software"]);
  assert.is(bench.board.state(), "starting");
  assert.equal(bench.run("print(1)"), []);
  bench.board.start("software");
  assert.equal(bench.run("print(peek32(0x3ff48034) & 63)"), ["12"]);
  bench.run("ESP32.deepSleep(5000000)");
  bench.clock.advance(4_999);
  assert.is(bench.board.state(), "asleep");
  bench.clock.advance(1);
  bench.run("E.enableWatchdog(1, false)");
  assert.equal(asked, ["software", "deep-sleep"]);
  bench.board.stop();
});

test("a line's value is told as the prompt shows it, an error or a reset has none", () => {
  const bench = createWorkbench();
  const values: Record<string, string> = {
    "1.5": "1.5",
    "'a\"'": '"a\\""',
    D18: "D18",
    undefined: "undefined",
    null: "null",
    "[]": "[  ]",
    "({a:1,b:{c:[true]}})": "{ a: 1, b: { c: [ true ] } }",
    "(function(){})": "function () { ... }",
    "new Uint8Array([1,2])": "new Uint8Array([1,2])",
    "var loop={};loop.self=loop": "{ self: { self: { self: { self: ... } } } }",
    "({toString:function(){throw 1}})": "{ ... }",
  };
  for (const [code, expected] of Object.entries(values)) {
    const told: string[] = [];
    bench.board.console.evaluate(code, (value) => told.push(value));
    assert.equal(told, [expected], code);
  }
  for (const code of ["nonsense", "E.reboot()"]) {
    bench.board.console.evaluate(code, () => assert.unreachable(`${code} has a value`));
  }
  bench.board.stop();
});
