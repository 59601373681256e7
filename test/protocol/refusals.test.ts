// What every reader refuses, with which code and which field named: not text, too long, malformed, another version, a bad field.
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { suite } from "../support/suite.ts";
import { readGolden } from "./golden.ts";
import { FAULTS } from "./malformed.ts";
import { RECORDS } from "./records.ts";

const test = suite("what the contract refuses");

/** The golden row of a record that has the most fields. */
function getFullest(name: string): { bytes: string; fields: Record<string, unknown> } {
  const rows = readGolden(name).map(({ bytes }) => ({ bytes, fields: JSON.parse(bytes) }));
  const fullest = rows.sort((a, b) => Object.keys(b.fields).length - Object.keys(a.fields).length)[0];
  if (fullest === undefined) throw new Error(`${name} has no rows`);
  return fullest;
}

function refusal(code: number, field = ""): object {
  return { ok: false, code, field };
}

const NOT_TEXT: unknown[] = [
  undefined,
  null,
  0,
  Number.NaN,
  1n,
  true,
  Symbol("v"),
  {},
  { v: 1 },
  [],
  ['{"v":1}'],
  () => '{"v":1}',
  Buffer.from('{"v":1}'),
  new String('{"v":1}'),
  new Proxy({}, { get: () => assert.unreachable("nothing is read of what is no text") }),
];

for (const one of RECORDS) {
  const { bytes, fields } = getFullest(one.name);

  test(`${one.name}: what is no text is refused unread`, () => {
    for (const input of NOT_TEXT) assert.equal(one.decode(input), refusal(protocol.CODE_NOT_TEXT));
  });

  test(`${one.name}: 1024 bytes are read, 1025 refused`, () => {
    const longest = bytes + " ".repeat(protocol.RECORD_BYTES_MAX - bytes.length);
    assert.is(one.decode(longest).ok, one.oneSpelling !== true);
    assert.equal(one.decode(`${longest} `), refusal(protocol.CODE_TOO_LONG));
  });

  test(`${one.name}: malformed in ${FAULTS.length} ways, refused in each`, () => {
    for (const [fault, spoil] of FAULTS) {
      const spoiled = spoil(bytes);
      assert.ok(spoiled !== bytes && spoiled.length <= protocol.RECORD_BYTES_MAX, `${fault}: the table is at fault`);
      assert.equal(one.decode(spoiled), refusal(protocol.CODE_MALFORMED), fault);
    }
  });

  test(`${one.name}: cut off anywhere, it is refused`, () => {
    for (let end = 0; end < bytes.length; end++)
      assert.equal(one.decode(bytes.slice(0, end)), refusal(protocol.CODE_MALFORMED));
  });

  test(`${one.name}: any version but 1 is refused, and so is none`, () => {
    const versions = ["0", "2", "-1", "11", '"1"', "true"].map((version) => bytes.replace('"v":1', `"v":${version}`));
    const none = JSON.stringify({ ...fields, v: undefined });
    for (const other of [...versions, none, "{}"])
      assert.equal(one.decode(other), refusal(protocol.CODE_UNKNOWN_VERSION, "v"), other);
  });

  test(`${one.name}: each field that is missing or of another type is refused by name`, () => {
    for (const [field, value] of Object.entries(fields).filter(([name]) => name !== "v")) {
      const others = ["", "x y", 12, true, undefined].filter((other) => typeof other !== typeof value);
      for (const other of others) {
        const spoiled = JSON.stringify({ ...fields, [field]: other });
        assert.equal(one.decode(spoiled), refusal(protocol.CODE_BAD_FIELD, field), spoiled);
      }
    }
  });

  test(`${one.name}: of several bad fields the first is named`, () => {
    const [first] = Object.keys(fields).filter((name) => name !== "v");
    assert.equal(one.decode('{"v":1}'), refusal(protocol.CODE_BAD_FIELD, first));
  });

  const effect = one.oneSpelling ? "are refused" : "change nothing";
  test(`${one.name}: fields nobody knows, another order and spaces between tokens ${effect}`, () => {
    const read = one.oneSpelling ? refusal(protocol.CODE_MALFORMED) : one.decode(bytes);
    const reversed = Object.fromEntries(Object.entries(fields).reverse());
    const spaced = JSON.stringify(fields, null, 1).replaceAll(/\n */g, " ").replaceAll('":', '" : ');
    const unknown = ["constructor", "toString", "hasOwnProperty", "valueOf", "prototype", "length", "k234567890123456"];
    const added = unknown.map((name, i) => `"${name}":${[7, '"x"', true][i % 3]}`).join();
    assert.equal(one.decode(JSON.stringify(reversed)), read);
    assert.equal(one.decode(` ${spaced} `), read);
    assert.equal(one.decode(`{${added},${bytes.slice(1)}`), read);
    assert.equal(one.decode(`${bytes.slice(0, -1)},${added}}`), read);
  });
}

test("an up or down name that the tree does not have is refused, not guessed", () => {
  for (const name of ["", "Hello", "ack", "toString", "__proto__", "constructor"])
    assert.equal(protocol.decodeUp(name as protocol.UpName, "{}"), refusal(protocol.CODE_UNKNOWN_TOPIC));
  for (const name of ["", "Ack", "hello", "toString", "__proto__", "constructor"])
    assert.equal(protocol.decodeDown(name as protocol.DownName, "{}"), refusal(protocol.CODE_UNKNOWN_TOPIC));
});
