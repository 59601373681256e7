// What a recording's file must be, and what becomes of one that is not: line and fault, never a crash.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { formatRecording, parseRecording, RECORDING_FORMAT } from "../../../hil/record/recording.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { ALL_KINDS, createRecording } from "./recordings.ts";

const test = suite("a recording");

const WHOLE = formatRecording(createRecording(ALL_KINDS));
const LINES = WHOLE.split("\n").slice(0, -1);

/** The file with one line replaced; lines count from 1. */
function withLine(number: number, line: string): string {
  return LINES.map((old, index) => (index + 1 === number ? line : old))
    .concat("")
    .join("\n");
}

test("what was written is read again, every kind of entry, to the letter", () => {
  const parsed = parseRecording(WHOLE);
  assert.ok(parsed.ok);
  assert.equal(parsed.value, createRecording(ALL_KINDS));
  assert.equal(parsed.remarks, []);
  assert.is(formatRecording(parsed.value), WHOLE);
});

test("a last line that was torn is left out with a remark, wherever it was torn", () => {
  const last = LINES.at(-1) ?? "";
  for (const left of [1, 2, Math.floor(last.length / 2), last.length - 1]) {
    const parsed = parseRecording(WHOLE.slice(0, WHOLE.length - 1 - left));
    assert.ok(parsed.ok, `${left} characters missing`);
    assert.is(parsed.value.end, null);
    assert.is(parsed.value.entries.length, ALL_KINDS.length);
    assert.match(parsed.remarks.join("; "), /breaks off/);
  }
});

test("only the line without its end may be torn: the same in the middle is a fault", () => {
  const parsed = parseRecording(withLine(5, (LINES[4] ?? "").slice(0, -4)));
  assert.ok(!parsed.ok);
  assert.is(parsed.line, 5);
});

const FAULTS: [what: string, line: number, text: string, fault: RegExp][] = [
  ["an empty file", 1, "", /header of a recording/],
  ["another program's JSON", 1, '{"a":1}', /header of a recording/],
  [
    "a format to come",
    1,
    (LINES[0] ?? "").replace(`"format":${RECORDING_FORMAT}`, '"format":99'),
    /"format" is 99; this program reads 1/,
  ],
  ["a header without a board", 1, (LINES[0] ?? "").replace('"board"', '"bored"'), /"board" is no board/],
  ["an unknown kind", 3, '{"at":1,"kind":"dance"}', /"kind" is "dance"; expected one of serial, line/],
  ["a missing field", 3, '{"at":1,"kind":"power"}', /"on" is missing; expected true or false/],
  ["a field nobody knows", 3, '{"at":1,"kind":"power","on":true,"off":false}', /"off" is no field of power/],
  [
    "a topic that goes the other way",
    3,
    '{"at":1,"kind":"mqtt","direction":"in","name":"hello","record":{}}',
    /never goes in/,
  ],
  ["time that runs back", 7, '{"at":1,"kind":"wifi","up":true}', /"at" is 1, which is before 4/],
  ["no time at all", 3, '{"at":1e999,"kind":"wifi","up":true}', /"at" is null; expected milliseconds/],
  [
    "a record that is nested",
    3,
    '{"at":1,"kind":"mqtt","direction":"in","name":"ack","record":{"a":[]}}',
    /plain values/,
  ],
  [
    "an outcome nobody knows",
    LINES.length,
    '{"at":1,"kind":"ended","outcome":"fine","failure":null}',
    /"outcome" is "fine"/,
  ],
  [
    "a path beside the API",
    3,
    '{"at":1,"kind":"person","who":"owner","method":"PUT","path":"/x","body":null}',
    /under \/api\//,
  ],
];

for (const [what, line, text, fault] of FAULTS) {
  test(`${what} is a fault that names its line and what was expected`, () => {
    const parsed = parseRecording(withLine(line, text));
    assert.ok(!parsed.ok);
    assert.is(parsed.line, line);
    assert.match(parsed.fault, fault);
  });
}

test("nothing may follow the end", () => {
  const parsed = parseRecording(`${WHOLE}{"at":99,"kind":"wifi","up":true}\n`);
  assert.ok(!parsed.ok);
  assert.is(parsed.line, LINES.length + 1);
});

test("garbage never throws, and what is taken is written and read alike", async () => {
  const mutated = fc
    .tuple(fc.nat(WHOLE.length), fc.nat(40), fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constant("\n")))
    .map(([at, cut, piece]) => WHOLE.slice(0, at) + piece + WHOLE.slice(at + cut));
  await checkProperty(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), mutated, mutated), (text) => {
      const parsed = parseRecording(text);
      if (!parsed.ok) return parsed.line >= 1 && parsed.fault !== "";
      const again = parseRecording(formatRecording(parsed.value));
      assert.ok(again.ok);
      assert.equal(again.value, parsed.value);
      return true;
    }),
    2000,
  );
});

test("what is nested as deep as it can be, or longer than a line may be, is a fault and no crash", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const cases = [
    `{"at":1,"kind":"notice","who":"owner","notice":"x","data":${deep}}`,
    deep,
    `"${"x".repeat(300_000)}"`,
  ];
  for (const line of cases) assert.not.ok(parseRecording(withLine(3, line)).ok);
});
