// The bytes of the contract, record by record, against files that never change [WIRE-2]. What they hold is what traps in the
// field speak.
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { suite } from "../support/suite.ts";
import { listBrokenSums, listGoldens, readGolden, readGoldenLines } from "./golden.ts";
import { RECORDS } from "./records.ts";

/** Golden files that hold no record. */
const OTHER_GOLDENS = [
  "codes",
  "console",
  "hash-tree",
  "portal-proofs",
  "proofs",
  "sealed",
  "session-proofs",
  "session-topics",
  "topics",
];
/** Grows with every new code; codes.test.ts freezes what it holds so far. */
const APPENDABLE = "codes";

const test = suite("the golden bytes of the contract");

/** `encodeUpdateOffer` is `update-offer`. `encodeDown` only chooses among others. */
function listExportedRecords(direction: "encode" | "decode"): string[] {
  const names = Object.keys(protocol).filter(
    (name) => name.startsWith(direction) && !/^(en|de)code(Up|Down)$/.test(name),
  );
  const records = names.map((name) => name.slice(direction.length).replace(/(?<=.)[A-Z]/g, (c) => `-${c}`));
  return records.map((name) => name.toLowerCase()).sort();
}

test("every record #protocol can write has a golden file, and is in the list that the other tests go through", () => {
  const listed = RECORDS.map((one) => one.name).sort();
  assert.equal(listed, listExportedRecords("encode"));
  assert.equal(listed, listExportedRecords("decode"));
  assert.equal([...listed, ...OTHER_GOLDENS].sort(), listGoldens());
});

test("no file of a frozen version has changed, gone or come without a checksum", () => {
  assert.equal(listBrokenSums(APPENDABLE), []);
});

for (const one of RECORDS) {
  test(`${one.name}: the same value is the same bytes, and the same bytes are the same value`, () => {
    for (const { value, bytes } of readGolden(one.name)) {
      assert.is(one.encode(value), bytes);
      assert.equal(one.decode(bytes), { ok: true, value });
      assert.match(bytes, /^\{"v":1,[ -~]*\}$/);
      assert.ok(bytes.length <= protocol.RECORD_BYTES_MAX);
      assert.equal(JSON.parse(bytes), { v: 1, ...flatten(value) }, "any other reader of JSON reads the same");
    }
  });
}

test("every word of every closed list occurs in a golden file", () => {
  const lists = [
    protocol.TRAP_STATES,
    protocol.EVENT_KINDS,
    protocol.COMMANDS,
    protocol.UPDATE_PHASES,
    protocol.TRAP_KINDS,
    protocol.CLAIM_STATUSES,
    protocol.CREDENTIALS_STATUSES,
    protocol.RELEASE_STATUSES,
  ];
  const all = RECORDS.flatMap((one) => readGoldenLines(one.name)).join("\n");
  for (const word of lists.flat()) assert.ok(all.includes(`:"${word}"`), `"${word}" is in no golden file`);
});

/** Credentials travel in the same flat record as the rest of their answer. */
function flatten(value: object): object {
  const entries = Object.entries(value).filter(([, field]) => field !== null);
  return Object.assign({}, ...entries.map(([name, field]) => (typeof field === "object" ? field : { [name]: field })));
}
