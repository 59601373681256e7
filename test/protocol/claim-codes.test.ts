// Claim codes as people type them: what they meant is understood, and nothing else passes for a code.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { text } from "./arbitraries.ts";

const test = suite("claim codes");

const code = text([...protocol.CLAIM_CODE_ALPHABET], protocol.CLAIM_CODE_CHARS, protocol.CLAIM_CODE_CHARS);

test("the alphabet has 30 characters, each once, and none that an eye confuses with another", () => {
  const characters = [...protocol.CLAIM_CODE_ALPHABET];
  assert.is(new Set(characters).size, 30);
  for (const confusing of "01ILOU") assert.not(characters.includes(confusing), confusing);
  assert.match(protocol.CLAIM_CODE_ALPHABET, /^[2-9A-Z]+$/);
});

test("a code is understood as shown, in lower case, and with spaces and dashes anywhere", () =>
  checkProperty(
    fc.property(code, fc.nat(10), fc.constantFrom(" ", "-", "  ", " - "), (one, at, gap) => {
      assert.is(protocol.normalizeClaimCode(protocol.displayClaimCode(one)), one);
      assert.is(protocol.normalizeClaimCode(one.toLowerCase()), one);
      assert.is(protocol.normalizeClaimCode(one.slice(0, at) + gap + one.slice(at)), one);
    }),
  ));

test("a code is shown in groups of four, three and three", () => {
  assert.is(protocol.displayClaimCode("ABCD234EFG"), "ABCD-234-EFG");
});

const NO_CODES: [why: string, typed: string][] = [
  ["empty", ""],
  ["gaps alone", " - - "],
  ["one too few", "ABCD234EF"],
  ["one too many", "ABCD234EFGH"],
  ["a confusing character", "ABCD234EF0"],
  ["another separator", "ABCD.234.EFG"],
  ["a letter whose upper case is two letters of the alphabet", "ABCD234E\ufb05"],
  ["a letter whose upper case is one of the alphabet", "ABCD234EF\u017f"],
  ["a full-width letter", "ABCD234EF\uff27"],
  ["a line break", "ABCD234EFG\n"],
  ["too long to be typed", `${" ".repeat(40)}ABCD234EFG`],
];

for (const [why, typed] of NO_CODES)
  test(`no code: ${why}`, () => {
    assert.is(protocol.normalizeClaimCode(typed), null);
  });

test("whatever is understood as a code is ten characters of the alphabet", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 45 }),
    text([...protocol.CLAIM_CODE_ALPHABET, "a", "z", " ", "-", "\ufb06", "\u0131", "\u00df", "0"], 8, 14),
  );
  return checkProperty(
    fc.property(typed, (one) => {
      const read = protocol.normalizeClaimCode(one);
      assert.ok(
        read === null || (read.length === 10 && [...read].every((c) => protocol.CLAIM_CODE_ALPHABET.includes(c))),
      );
    }),
    800,
  );
});
