// The numeric codes: a number, once given, means the same for ever [WIRE-2]. The golden list only ever grows at its
// end.
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { suite } from "../support/suite.ts";
import { readGoldenLines, sha256 } from "./golden.ts";

/** The lines of codes.golden that can never change again, and their sum. After appending codes, move both on. */
const FROZEN_LINES = 44;
const FROZEN_SHA256 = "9628dcb9506b7fe659beb94188195858bcdba0967464cf82b12755f5e9270de9";

const test = suite("codes");

const exported = Object.entries(protocol).filter(([name]) => /^(CODE|RESET)_/.test(name));

test("every code has the number it was given, and none was taken away", () => {
  const listed = readGoldenLines("codes");
  const current = exported.map(([name, number]) => `${name} ${number}`);
  assert.equal(
    listed.filter((line) => !current.includes(line)),
    [],
    "given once and changed or removed since",
  );
  assert.equal(
    current.filter((line) => !listed.includes(line)),
    [],
    "new: append these lines to test/protocol/v1/codes.golden",
  );
});

test("the list grew at its end alone", () => {
  const frozen = readGoldenLines("codes").slice(0, FROZEN_LINES);
  assert.is(frozen.length, FROZEN_LINES);
  assert.is(sha256(`${frozen.join("\n")}\n`), FROZEN_SHA256);
});

for (const family of ["CODE_", "RESET_"])
  test(`no two ${family} names share a number, and every number fits the wire`, () => {
    const numbers = exported.filter(([name]) => name.startsWith(family)).map(([, number]) => number);
    assert.is(new Set(numbers).size, numbers.length);
    for (const number of numbers) assert.ok(Number.isInteger(number) && Number(number) >= 0 && Number(number) <= 65535);
  });
