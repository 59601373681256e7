// Tests simulator/board/pins.ts, watches.ts and globals-io.ts: levels, resistors, waves, and when a program hears of an edge.
import * as assert from "uvu/assert";
import type { PinOutput } from "../../simulator/board/pins.ts";
import { suite } from "../support/suite.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

const test = suite("pins");
let bench: Workbench;
test.before.each(() => {
  bench = createWorkbench();
});
test.after.each(() => bench.board.stop());

const WATCH = (options: string) =>
  `var id = setWatch(function (e) { print(e.state + " " + Math.round(e.time * 1000) + " " +
    (e.lastTime === undefined ? "-" : Math.round(e.lastTime * 1000)) + " " + e.pin.toString()); }, D27, ${options});`;

/** Level, then how long it stays, in milliseconds. */
function play(steps: [0 | 1, number][]): void {
  for (const [level, ms] of steps) {
    bench.board.pins.drive(27, level);
    bench.clock.advance(ms);
  }
}

test("an open input reads what its resistor says, a driven one what drives it", () => {
  assert.equal(bench.run("pinMode(D27, 'input_pullup'); print(digitalRead(D27))"), ["1"]);
  bench.board.pins.drive(27, 0);
  assert.equal(bench.run("print(digitalRead(D27), D27.read())"), ["0 false"]);
  bench.board.pins.drive(27, undefined);
  assert.equal(bench.run("pinMode(D27, 'input_pulldown'); print(digitalRead(D27))"), ["0"]);
  bench.board.pins.drive(27, 1);
  assert.equal(bench.run("print(digitalRead(D27), digitalRead([D0, D27]))"), ["1 1"]);
});

test("reading a pin whose mode was never told takes its resistor away, as on the chip", () => {
  assert.equal(bench.run("print(digitalRead(D27))"), ["0"]);
  assert.equal(bench.run("pinMode(D0, 'input_pullup'); print(digitalRead(D0), digitalRead(D0))"), ["1 1"]);
});

test("pins beyond 33 have no resistors and put nothing out", () => {
  assert.equal(bench.run("pinMode(D35, 'input_pullup'); print(digitalRead(D35)); digitalWrite(D34, 1)"), ["0"]);
  assert.is(bench.board.pins.getOutput(34).level, 0);
});

test("what a program puts out is seen from outside, change by change", () => {
  const seen: PinOutput[] = [];
  bench.board.pins.onOutput((output) => seen.push(output));
  bench.run(
    "D2.set(); digitalWrite(D2, 1); digitalWrite(D2, 0); analogWrite(D4, 0.5, { freq: 2000 }); analogWrite(D4, 0);",
  );
  bench.run("analogWrite(D4, 0.25); D4.reset(); analogWrite(D25, 0.5, { freq: 2000 });");
  assert.equal(
    seen.map(({ pin, level, duty, hz }) => [pin, level, duty, hz]),
    [
      [2, 1, 1, 0],
      [2, 0, 0, 0],
      [4, 1, 0.5, 2000],
      [4, 0, 0, 0],
      [4, 1, 0.25, 5000],
      [4, 0, 0, 0],
      // The converter behind D25 knows no frequencies: a buzzer there would be mute.
      [25, 1, 0.5, 0],
    ],
  );
});

test("an analog input is read in 4096 steps and never reaches 1", () => {
  for (const [share, expected] of [
    [0, "0"],
    [0.5, "0.5"],
    [0.50001, "0.5"],
    [1, String(4095 / 4096)],
    [7, String(4095 / 4096)],
  ] as const) {
    bench.board.pins.driveAnalog(35, share);
    assert.equal(bench.run("print(analogRead(D35))"), [expected]);
  }
});

test("a watch hears every edge, with its time and the time of the one before", () => {
  bench.run(WATCH("{ repeat: true, edge: 'both' }"));
  bench.clock.advance(10);
  play([
    [0, 5],
    [0, 5],
    [1, 1],
    [0, 0],
  ]);
  assert.equal(bench.lines, ["false 10 - D27", "true 20 10 D27", "false 21 20 D27"]);
});

for (const [options, expected] of [
  ["{ repeat: true, edge: 'rising' }", ["true 10 0 D27", "true 30 20 D27"]],
  ["{ repeat: true, edge: -1 }", ["false 0 - D27", "false 20 10 D27"]],
  ["true", ["false 0 - D27", "true 10 0 D27", "false 20 10 D27", "true 30 20 D27"]],
  ["{ edge: 'rising' }", ["true 10 0 D27"]],
  ["false", ["false 0 - D27"]],
] as const) {
  test(`a watch with ${options} hears ${expected.length} of four edges`, () => {
    bench.run(WATCH(options));
    play([
      [0, 10],
      [1, 10],
      [0, 10],
      [1, 10],
    ]);
    assert.equal(bench.lines, expected);
  });
}

test("a debounced watch hears of a change once the pin is quiet, with the time the quiet began", () => {
  bench.run(WATCH("{ repeat: true, edge: 'both', debounce: 25 }"));
  bench.clock.advance(100);
  play([
    [0, 2],
    [1, 2],
    [0, 2],
    [1, 2],
    [0, 24],
  ]);
  assert.equal(bench.lines, []);
  bench.clock.advance(1);
  assert.equal(bench.lines, ["false 108 - D27"]);
  play([[1, 25]]);
  assert.equal(bench.lines, ["false 108 - D27", "true 133 108 D27"]);
});

test("a pulse shorter than the debounce time is never heard of", () => {
  bench.run(WATCH("{ repeat: true, edge: 'both', debounce: 25 }"));
  play([
    [0, 10],
    [1, 500],
  ]);
  assert.equal(bench.lines, []);
});

test("watches are numbered from 1, and clearing an unknown one or undefined is an error", () => {
  assert.equal(bench.run("print(setWatch(function () {}, D5, true), setWatch(function () {}, D5, true))"), ["1 2"]);
  assert.equal(bench.run("clearWatch(2); print(setWatch('print(1)', D5, true))"), ["2"]);
  assert.match(bench.run("clearWatch(7)")[0]!, "Unknown Watch 7");
  assert.match(bench.run("clearWatch(undefined)")[0]!, "clearWatch(undefined) not allowed");
  assert.match(bench.run("setWatch(function () {}, D5, { edge: 'sideways' })")[0]!, "'edge' in setWatch should be");
  bench.run("clearWatch()");
  bench.board.pins.drive(5, 0);
  assert.equal(bench.run("print('quiet')"), ["quiet"]);
});

test("watching makes a pin an input with its resistor, but not the pins of the flash", () => {
  bench.run("digitalWrite(D27, 0); setWatch(function () {}, D27, true);");
  assert.is(bench.board.pins.getMode(27), "input_pullup");
  assert.equal(bench.run("print(setWatch(function () {}, D6, true))"), ["WARNING: Unable to set watch.", "undefined"]);
});

for (const code of ["digitalWrite(D99, 1)", "digitalRead(40)", "pinMode('X1', 'input')", "analogWrite({}, 1)"]) {
  test(`${code} is an error of the program`, () => {
    assert.match(bench.run(code)[0]!, /Uncaught (Error: Invalid pin|ReferenceError)/);
  });
}

test("what a pin puts on a wire: its level as an output, ground alone as an open drain, nothing as an input", () => {
  const seen: string[] = [];
  const stop = bench.board.pins.onDrive((pin, level) => seen.push(`D${pin}=${level ?? "open"}`));
  const drives = (code: string) => {
    seen.length = 0;
    bench.run(code);
    return seen.join(" ");
  };
  assert.is(drives("pinMode(D18, 'opendrain')"), "D18=0", "as it was written last, which is never");
  assert.is(drives("D18.write(1)"), "D18=open");
  assert.is(drives("D18.write(0)"), "D18=0");
  assert.is(drives("pinMode(D18, 'input')"), "D18=open");
  assert.is(drives("digitalWrite(D19, 0)"), "D19=0");
  assert.is(drives("digitalWrite(D19, 0)"), "");
  assert.is(drives("digitalWrite(D19, 1)"), "D19=1");
  assert.is(drives("analogWrite(D4, 0.5, { freq: 2700 })"), "D4=1");
  assert.is(bench.board.pins.getDrive(19), 1);
  seen.length = 0;
  bench.board.powerOff();
  assert.is(seen.join(" "), "D4=open D19=open");
  stop();
});
