// What holds of every record whatever comes: nothing throws, what is written is read back, what is read is what any strict reader
// of the same grammar reads [WIRE-1].
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { readGolden } from "./golden.ts";
import { FAULTS } from "./malformed.ts";
import { RECORDS, wildValues } from "./records.ts";

const test = suite("properties of the records");

const GOLDEN_BYTES = RECORDS.flatMap((one) => readGolden(one.name).map((row) => row.bytes));
const PIECES = ['"', "\\", "{", "}", ":", ",", " ", "0", "-", "v", '"v":1', "\n", "\xff", "true", "1e1", "é"];

/** Golden bytes with a few places cut out, doubled or written over. */
const mutated = fc
  .tuple(
    fc.constantFrom(...GOLDEN_BYTES),
    fc.array(fc.tuple(fc.nat(1100), fc.nat(3), fc.oneof(fc.constantFrom(...PIECES), fc.string())), { maxLength: 4 }),
  )
  .map(([bytes, edits]) => {
    let text = bytes;
    for (const [place, length, piece] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + piece + text.slice(at + length);
    }
    return text;
  });

const anyText = fc.oneof(
  mutated,
  fc.string({ unit: "binary", maxLength: 1200 }),
  fc.json(),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => `{${pieces.join("")}}`),
);

const VALUE_GRAMMAR = '(?:"(?:[ !#-[\\]-~]|\\\\["\\\\])*"|-?[1-9][0-9]*|0|true|false)';
const FIELD_GRAMMAR = ` *"([A-Za-z][A-Za-z0-9]{0,15})" *: *${VALUE_GRAMMAR} *`;
const RECORD_GRAMMAR = new RegExp(`^ *\\{(?: *|${FIELD_GRAMMAR}(?:,${FIELD_GRAMMAR})*)\\} *$`);

/** The grammar again, as a regular expression and the platform's own parser: the fields of a record, or null. */
function readReference(text: string): Record<string, protocol.FieldValue> | null {
  if (text.length > protocol.RECORD_BYTES_MAX || !RECORD_GRAMMAR.test(text)) return null;
  const names = [...text.matchAll(new RegExp(FIELD_GRAMMAR, "g"))].map((match) => match[1]);
  if (new Set(names).size !== names.length) return null;
  const fields: Record<string, protocol.FieldValue> = JSON.parse(text);
  const safe = (value: protocol.FieldValue) => typeof value !== "number" || Number.isSafeInteger(value);
  return Object.values(fields).every(safe) ? fields : null;
}

test("nothing that comes in makes a decoder throw, and what it refuses has a code", () => {
  const input = fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true }), anyText);
  return checkProperty(
    fc.property(input, (text) => {
      for (const one of RECORDS) {
        const read = one.decode(text);
        assert.ok(read.ok || (read.code >= protocol.CODE_NOT_TEXT && read.code <= protocol.CODE_BAD_FIELD));
      }
      protocol.parseTopic(text);
      protocol.parseConsoleLine(text);
      protocol.parseConsoleCommand(text);
    }),
    600,
  );
});

test("a text is a record if and only if the grammar says so, and holds the same fields then", () => {
  const agrees = (text: string) => {
    const expected = readReference(text);
    const reader = protocol.openRecord(text);
    const read = reader.code !== protocol.CODE_MALFORMED && reader.code !== protocol.CODE_TOO_LONG;
    assert.is(read, expected !== null, JSON.stringify(text));
    if (expected === null || reader.code !== protocol.CODE_OK) return;
    assert.equal(Object.fromEntries(reader.names.map((name, i) => [name, reader.values[i]])), expected);
  };
  for (const bytes of GOLDEN_BYTES) for (const [, spoil] of FAULTS) agrees(spoil(bytes));
  return checkProperty(fc.property(anyText, agrees), 3000);
});

for (const one of RECORDS) {
  test(`${one.name}: every value it can carry is read back as it was written, in bounds`, () =>
    checkProperty(
      fc.property(one.values, (value) => {
        const bytes = one.encode(value);
        assert.ok(bytes.length <= protocol.RECORD_BYTES_MAX);
        assert.match(bytes, /^[ -~]*$/);
        assert.equal(one.decode(bytes), { ok: true, value });
      }),
    ));

  test(`${one.name}: what it cannot carry is still written without throwing, in bounds, as a record`, () =>
    checkProperty(
      fc.property(wildValues(readGolden(one.name)[0]?.value ?? {}), (value) => {
        const bytes = one.encode(value);
        assert.ok(bytes.length <= protocol.RECORD_BYTES_MAX);
        assert.match(bytes, /^[ -~]*$/);
        assert.is(protocol.openRecord(bytes).code, protocol.CODE_OK);
        one.decode(bytes);
      }),
    ));
}

test("what was read of a foreign hand's record is written anew and read as the same", () =>
  checkProperty(
    fc.property(mutated, (text) => {
      for (const one of RECORDS) {
        const read = one.decode(text);
        if (read.ok) assert.equal(one.decode(one.encode(read.value)), read);
      }
    }),
    1000,
  ));

test("a record that would be too long is sent without its fields, which every reader refuses", () => {
  const long = protocol.encodeWill({ boot: "a".repeat(5000), session: 1 });
  assert.is(long, '{"v":1}');
  assert.is(protocol.decodeWill(long).ok, false);
});

test("numbers no field can hold are written as integers all the same", () => {
  const numbers = [Number.NaN, Infinity, -Infinity, 1e21, 1.9, -1.9, -0, 0.1, 2 ** 53, -(2 ** 53)];
  const written = numbers.map((value) => protocol.integerField("n", value));
  assert.equal(
    written,
    ["0", "0", "0", "0", "1", "-1", "0", "0", "0", "0"].map((digits) => `,"n":${digits}`),
  );
});

test("every message on a topic is the record of its name", () => {
  const up: [protocol.UpName, string][] = protocol.UP_NAMES.map((name) => [name, UP_RECORDS[name] ?? name]);
  const down: [protocol.DownName, string][] = protocol.DOWN_NAMES.map((name) => [name, DOWN_RECORDS[name] ?? name]);
  for (const [name, record] of up)
    for (const { value, bytes } of readGolden(record))
      assert.equal(protocol.decodeUp(name, bytes), { ok: true, value: { name, value } });
  for (const [name, record] of down)
    for (const { value, bytes } of readGolden(record)) {
      const read = protocol.decodeDown(name, bytes);
      assert.equal(read, { ok: true, value: { name, value } });
      if (read.ok) assert.is(protocol.encodeDown(read.value), bytes);
    }
});

const UP_RECORDS: Partial<Record<protocol.UpName, string>> = {
  reported: "configuration",
  update: "update-progress",
  result: "command-result",
};
const DOWN_RECORDS: Partial<Record<protocol.DownName, string>> = {
  config: "configuration",
  offer: "update-offer",
  session: "session-start",
};
