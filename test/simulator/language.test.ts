// Tests simulator/board/realm.ts and language.ts: a program finds what the interpreter has, and nothing that it lacks.
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

const test = suite("language");
let bench: Workbench;
test.before(() => {
  bench = createWorkbench();
});
test.after(() => bench.board.stop());

const MISSING = [
  ...[
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "WeakRef",
    "Symbol",
    "Proxy",
    "Reflect",
    "BigInt",
    "BigInt64Array",
    "Atomics",
  ],
  ...["SharedArrayBuffer", "FinalizationRegistry", "WebAssembly", "Intl", "Iterator", "RangeError", "AggregateError"],
  ...["queueMicrotask", "setImmediate", "structuredClone", "TextEncoder", "TextDecoder", "URL", "fetch", "Buffer"],
  ...["encodeURI", "decodeURI", "escape", "unescape", "performance", "SuppressedError"],
  ...["Object.freeze", "Object.seal", "Object.is", "Object.groupBy", "Object.isFrozen"],
  ...["Array.from", "Array.of", "[].flat", "[].flatMap", "[].at", "[].lastIndexOf", "[].reduceRight", "[].entries"],
  ...["[].keys", "[].values", "[].copyWithin", "[].findLast", "[].toSorted", "[].with"],
  ...["Number.isInteger", "Number.isFinite", "Number.isNaN", "Number.MAX_SAFE_INTEGER", "Number.EPSILON"],
  ...["Number.parseFloat", "(1).toPrecision", "(1).toExponential"],
  ...["Math.trunc", "Math.log2", "Math.log10", "Math.imul", "Math.hypot", "Math.clz32", "Math.cbrt", "Math.fround"],
  ...["Promise.race", "Promise.any", "Promise.allSettled", "Promise.resolve().finally"],
  ...["''.trimStart", "''.trimEnd", "''.codePointAt", "''.localeCompare", "''.normalize", "''.matchAll", "''.at"],
  ...["String.raw", "String.fromCodePoint", "Date.UTC", "Uint8Array.from", "Uint8Array.of", "new Uint8Array(1).at"],
  ...["new Uint8Array(1).lastIndexOf", "Error.captureStackTrace", "({}).isPrototypeOf", "({}).propertyIsEnumerable"],
  ...["({}).toLocaleString", "new Error('x').name", "new ArrayBuffer(1).slice", "JSON.rawJSON", "console.table"],
];
for (const expression of MISSING) {
  test(`a program does not find ${expression}`, () => {
    assert.equal(
      bench.run(`try { print(${expression} === undefined) } catch (e) { print(e instanceof ReferenceError) }`),
      ["true"],
    );
  });
}

for (const [code, expected] of [
  ["[3,1,2].sort().concat([4]).map(function (x) { return x * 2; }).join()", "2,4,6,8"],
  ["[1,2,3].reduce(function (a, b) { return a + b; }, 0)", "6"],
  ["Object.entries({ a: 1 }).join() + Object.assign({}, { b: 2 }).b", "a,12"],
  ["'abc'.padStart(5, '-') + 'x'.repeat(3) + 'abc'.includes('b')", "--abcxxxtrue"],
  ["JSON.stringify({ a: [1, 'x', null] }) + JSON.parse('{\"b\":2}').b", '{"a":[1,"x",null]}2'],
  ["new Uint8Array([1, 2, 300]).join() + new DataView(new ArrayBuffer(4)).getUint32(0)", "1,2,440"],
  ["Math.sign(-3) + Math.round(2.5) + Math.max(1, 9)", "11"],
  ["(255).toString(16) + (1.005).toFixed(1) + parseInt('12px') + isNaN(NaN)", "ff1.012true"],
  ["String.fromCharCode(300, 65)", ",A"],
  ["E.toString([72, 105], '!', { data: [46], count: 2 }) + E.toUint8Array('AB').join()", "Hi!..65,66"],
  ["E.CRC32('123456789')", "3421780262"],
  ["btoa('\\xff\\x00') + atob('aGk=')", "/wA=hi"],
  ["(function () { for (var x of [1, 2]) if (x === 2) return x; })()", "2"],
  ["typeof globalThis.print + (global === globalThis) + (this === global)", "functiontruetrue"],
  ["process.env.BOARD + process.memory().total + process.env.MODULES.split(',').includes('Wifi')", "ESP322500true"],
  ["(function () { try { null.x; } catch (e) { return e instanceof TypeError; } })()", "true"],
  [
    "new TypeError('t') + '/' + new InternalError('i') + '/' + (new Error('e') instanceof Error)",
    "TypeError: t/InternalError: i/true",
  ],
  ["[] instanceof Array && require('Storage').list() instanceof Array", "true"],
  ["require('crypto').SHA256('abc') instanceof ArrayBuffer", "true"],
  ["require('Flash').read(4, 0x310000) instanceof Uint8Array", "true"],
  ["typeof require('crypto').SHA256(undefined)", "undefined"],
  ["Promise.resolve(1) instanceof Promise && Promise.resolve(1).catch(print) instanceof Promise", "true"],
] as const) {
  test(`a program can say ${code}`, () => {
    assert.equal(bench.run(`print(${code})`), [expected]);
  });
}

test("chance begins the same at every power-on, unless it is seeded from the chip's noise", () => {
  const bench = createWorkbench();
  const draw = "print(Math.random(), E.hwRand(), E.hwRand())";
  const first = bench.run(draw);
  assert.equal(first, ["0.9325527385808527 1519824769 548953282"]);
  bench.board.powerOff();
  bench.board.powerOn();
  assert.equal(bench.run(draw), first);
  assert.equal(bench.run("E.srand(12345); print(E.hwRand(), E.hwRand())"), ["222222345 995493390"]);
  const [noise] = bench.run("print(peek32(0x3FF75144), peek32(0x3FF75144))");
  assert.is(new Set(noise!.split(" ")).size, 2);
  const other = createWorkbench({ seed: 2 });
  assert.is.not(other.run("print(peek32(0x3FF75144), peek32(0x3FF75144))")[0], noise);
  other.board.stop();
  bench.board.stop();
});

test("the board's time begins with its power, outlives resets, and can be set", () => {
  const bench = createWorkbench();
  bench.clock.advance(2500);
  assert.equal(bench.run("print(getTime(), Date.now(), new Date().toISOString())"), [
    "2.5 2500 1970-01-01T00:00:02.500Z",
  ]);
  bench.run("setTime(1700000000)");
  bench.clock.advance(1000);
  bench.board.reset("reset-pin");
  bench.clock.advance(0);
  assert.equal(bench.run("print(new Date().toISOString(), new Date(2024, 1, 29).getTime())"), [
    "2023-11-14T22:13:21.000Z 1709164800000",
  ]);
  bench.board.powerOff();
  bench.board.powerOn();
  assert.equal(bench.run("print(Date.now())"), ["0"]);
  bench.board.stop();
});

test("promises react as tasks of the board, in order, and only the unhandled ones are told", () => {
  assert.equal(
    bench.run(`Promise.resolve(1).then(function (v) { print("then " + v); throw "oops"; })
      .catch(function (e) { print("caught " + e); });
      Promise.all([1, Promise.resolve(2)]).then(function (v) { print("all " + v.join()); });
      new Promise(function (y, n) { n("no"); }); print("first")`),
    ["first", "Uncaught Error: Unhandled promise rejection: no", "then 1", "caught oops", "all 1,2"],
  );
});

test("a program cannot tell a listener of an event from one that came in the middle of it", () => {
  assert.equal(
    bench.run(`var o = {}; function late() { print("late"); }
      o.on("x", function (a) { print("x" + a); o.on("x", late); }); o.emit("x", 1); o.emit("x", 2); print("after")`),
    ["after", "x1", "x2"],
  );
  assert.equal(bench.run(`o.removeAllListeners("x"); o.emit("x", 3); print("none")`), ["none"]);
});
