// Text that the database cannot hold is found wherever it hides, at any depth.
import * as assert from "uvu/assert";
import { findUncleanText } from "../../../cloud/http/clean-text.ts";
import { suite } from "../../support/suite.ts";

const test = suite("clean text");

const CASES: [value: unknown, path: string | null][] = [
  ["plain", null],
  [null, null],
  [undefined, null],
  [12, null],
  [{ name: "Mäuse \u{1F42D} \t\n" }, null],
  [Buffer.from([0, 0, 0]), null],
  ["\u0000", "(all of it)"],
  [{ name: "a\u0000b" }, "name"],
  [{ name: "half \ud83d" }, "name"],
  [{ name: "\udc2d half" }, "name"],
  [{ list: [{ deep: "\u0000" }] }, "list.0.deep"],
  [{ "na\u0000me": 1 }, "(a name)"],
];
for (const [value, path] of CASES) {
  test(`${JSON.stringify(value)} gives ${path}`, () => assert.is(findUncleanText(value), path));
}

test("nesting of 30,000 levels is walked without a deep stack", () => {
  const text = `${"[".repeat(30_000)}"\\u0000"${"]".repeat(30_000)}`;
  assert.ok(findUncleanText(JSON.parse(text)));
});
