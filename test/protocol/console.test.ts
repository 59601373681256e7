// The console grammar: what a trap prints a bench reads back, what a host orders the trap reads back, and all else is no line.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { integer, printable, text } from "./arbitraries.ts";
import { readGoldenLines, readPairs } from "./golden.ts";

const test = suite("the console grammar");

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const name = fc
  .tuple(fc.constantFrom(...LETTERS), text([...LETTERS, ..."0123456789-"], 0, 31))
  .map(([first, rest]) => first + rest);
const value = fc.oneof(printable(0, 40), integer(-protocol.INTEGER_MAX, protocol.INTEGER_MAX), fc.boolean());
const fields = fc
  .array(fc.tuple(name, value), { maxLength: 4 })
  .map((entries): Record<string, protocol.FieldValue> => Object.fromEntries(entries));

/** The grammar has one type: text. */
function asTexts(given: Record<string, protocol.FieldValue>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([key, field]) => [key, String(field)]));
}

interface GoldenLine {
  ms?: number;
  name: string;
  fields: Record<string, protocol.FieldValue>;
}

test("every line and every order is written and read as frozen", () => {
  for (const row of readPairs(readGoldenLines("console"))) {
    const golden = row.value as GoldenLine;
    const read = { name: golden.name, fields: asTexts(golden.fields) };
    if (golden.ms === undefined) {
      assert.is(protocol.formatConsoleCommand(golden.name, golden.fields), row.bytes);
      assert.equal(protocol.parseConsoleCommand(row.bytes), read);
    } else {
      assert.is(protocol.formatConsoleLine(golden.ms, golden.name, golden.fields), row.bytes);
      assert.equal(protocol.parseConsoleLine(row.bytes), { ms: golden.ms, ...read });
    }
  }
});

test("any line that a trap prints is read back as it was meant", () =>
  checkProperty(
    fc.property(integer(0, protocol.INTEGER_MAX), name, fields, (ms, word, given) => {
      const line = protocol.formatConsoleLine(ms, word, given);
      assert.match(line, /^[ -~]*$/);
      assert.equal(protocol.parseConsoleLine(line), { ms, name: word, fields: asTexts(given) });
    }),
  ));

test("any order that a host gives is read back as it was meant", () =>
  checkProperty(
    fc.property(name, fields, (word, given) => {
      const line = protocol.formatConsoleCommand(word, given);
      assert.equal(protocol.parseConsoleCommand(line), { name: word, fields: asTexts(given) });
    }),
  ));

test("a line is never longer than a line may be: the field that does not fit is left out", () => {
  const line = protocol.formatConsoleLine(1, "fault", { before: 1, text: "x".repeat(600), after: 2 });
  assert.equal(protocol.parseConsoleLine(line), { ms: 1, name: "fault", fields: { before: "1", after: "2" } });
  return checkProperty(
    fc.property(name, fc.array(printable(0, 200), { maxLength: 9 }), (word, texts) => {
      const given = Object.fromEntries(texts.map((one, i) => [`f${i}`, one]));
      const read = protocol.parseConsoleCommand(protocol.formatConsoleCommand(word, given));
      assert.is(read?.name, word);
      for (const [key, one] of Object.entries(read?.fields ?? {})) assert.is(one, given[key]);
    }),
  );
});

test("a fraction of a millisecond is cut off, and what cannot be printed is shown as a question mark", () => {
  assert.is(protocol.formatConsoleLine(12.9, "radio", { ssid: "caf\xe9\n" }), 'TL 12 radio ssid="caf??"');
});

const PROMPTED: [where: string, line: string][] = [
  ["alone", "TL 5 boot a=1"],
  ["with the carriage return of the serial port", "TL 5 boot a=1\r"],
  ["behind a prompt", ">TL 5 boot a=1"],
  ["behind a prompt that was wiped", ">\r\x1b[JTL 5 boot a=1"],
  ["behind half an input that was wiped", ">var ab\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\r\x1b[JTL 5 boot a=1\r"],
  ["behind a wipe alone", "\x1b[JTL 5 boot a=1"],
  ["with more spaces than needed", "TL 5 boot  a=1 "],
];

for (const [where, line] of PROMPTED)
  test(`a trap's line is found ${where}`, () => {
    assert.equal(protocol.parseConsoleLine(line), { ms: 5, name: "boot", fields: { a: "1" } });
  });

const NO_LINES: [why: string, line: unknown][] = [
  ["no text", 5],
  ["nothing", undefined],
  ["empty", ""],
  ["the interpreter's own", "=undefined"],
  ["the interpreter's banner", " 2v29 (c) 2026 G.Williams"],
  ["an order being echoed", '>TL("wifi ssid=barn")'],
  ["letters in front", "xTL 5 boot"],
  ["a space in front", " TL 5 boot"],
  ["the mark alone", "TL"],
  ["no name", "TL 5"],
  ["an empty name", "TL 5 "],
  ["no milliseconds", "TL boot"],
  ["two spaces before the milliseconds", "TL  5 boot"],
  ["a fraction", "TL 5.5 boot"],
  ["a sign", "TL -5 boot"],
  ["leading zeros", "TL 05 boot"],
  ["a hexadecimal number", "TL 0x5 boot"],
  ["an exponent", "TL 1e3 boot"],
  ["milliseconds beyond all numbers", `TL ${"9".repeat(400)} boot`],
  ["a name that begins with a digit", "TL 5 5boot"],
  ["a name with an underscore", "TL 5 a_b"],
  ["a name of 33 characters", `TL 5 ${"a".repeat(33)}`],
  ["a word without a value", "TL 5 boot a"],
  ["a value without a key", "TL 5 boot =1"],
  ["no value", "TL 5 boot a="],
  ["a key twice", "TL 5 boot a=1 a=1"],
  ["__proto__ for a key", "TL 5 boot __proto__=1"],
  ["an equals sign in a bare value", "TL 5 boot a=b=c"],
  ["a quote in a bare value", 'TL 5 boot a=b"c"'],
  ["a backslash in a bare value", "TL 5 boot a=b\\c"],
  ["a quote that stays open", 'TL 5 boot a="b'],
  ["an escaped quote for an end", 'TL 5 boot a="b\\"'],
  ["letters behind the quote", 'TL 5 boot a="b"c'],
  ["an escape of n", 'TL 5 boot a="\\n"'],
  ["a tab between fields", "TL 5 boot\ta=1"],
  ["a tab in a value", 'TL 5 boot a="\t"'],
  ["a delete character in a value", 'TL 5 boot a="\x7f"'],
  ["a second line", "TL 5 boot a=1\nTL 6 boot"],
  ["too long", `TL 5 boot a=${"x".repeat(protocol.CONSOLE_LINE_CHARS_MAX)}`],
];

for (const [why, line] of NO_LINES)
  test(`no line: ${why}`, () => {
    assert.is(protocol.parseConsoleLine(line), null);
  });

test("no order: the same faults, behind the name", () => {
  const faults = NO_LINES.map(([, line]) => line).filter((line) => String(line).startsWith("TL 5 boot"));
  assert.ok(faults.length > 10);
  for (const line of faults) assert.is(protocol.parseConsoleCommand(String(line).slice(5)), null, String(line));
  for (const line of [null, 7, "", " info", "5info", "in_fo", 'TL("info")'])
    assert.is(protocol.parseConsoleCommand(line), null, String(line));
});

test("the name of a network may hold bytes above ASCII, between quotes", () => {
  assert.equal(protocol.parseConsoleCommand('wifi ssid="caf\xc3\xa9"')?.fields, { ssid: "caf\xc3\xa9" });
});

test("keys named like an object's own are keys as any other", () => {
  const read = protocol.parseConsoleCommand("info constructor=1 toString=2 hasOwnProperty=3 valueOf=4");
  assert.equal(read?.fields, { constructor: "1", toString: "2", hasOwnProperty: "3", valueOf: "4" });
});
