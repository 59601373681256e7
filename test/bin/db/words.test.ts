// How sizes, times, tables and addresses are said; above all, that no address shows its password.
import * as assert from "uvu/assert";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatMs,
  formatTable,
  formatThings,
  maskPasswords,
  quote,
} from "../../../bin/db/words.ts";
import { suite } from "../../support/suite.ts";

const test = suite("words of the database commands");

const ADDRESSES: [text: string, shown: string][] = [
  ["postgres://me:geheim@host:5432/db", "postgres://me:***@host:5432/db"],
  ["to postgresql://me:ge:he@im@host/db failed", "to postgresql://me:***@host/db failed"],
  ["POSTGRES://me:geheim@host/db", "POSTGRES://me:***@host/db"],
  ["postgres:///db?host=/run&user=me&password=geheim&x=1", "postgres:///db?host=/run&user=me&password=***&x=1"],
  ['{"url":"postgres://me:geheim@host/db"}', '{"url":"postgres://me:***@host/db"}'],
  ["one postgres://a:geheim@b/c two postgres://d:geheim@e/f", "one postgres://a:***@b/c two postgres://d:***@e/f"],
  ["write postgres://user:password@host:port/database", "write postgres://user:password@host:port/database"],
  ["postgres://me@host/db", "postgres://me@host/db"],
];

for (const [text, shown] of ADDRESSES) {
  test(`${shown} is all that is shown [SECRET-1]`, () => assert.is(maskPasswords(text), shown));
}

test("sizes have the unit that reads best", () => {
  const said = [0, 640, 1_200, 57_344, 999_999, 12_345_678, 5e12].map(formatBytes);
  assert.equal(said, ["0 bytes", "640 bytes", "1.2 kB", "57.3 kB", "1000 kB", "12.3 MB", "5.0 TB"]);
});

test("counts are cut into thousands, and one thing is not several", () => {
  assert.equal([7, 1_234, 5_000_000].map(formatCount), ["7", "1,234", "5,000,000"]);
  assert.equal([formatThings(1, "row"), formatThings(0, "row")], ["1 row", "0 rows"]);
});

test("durations and ages use their biggest unit", () => {
  assert.equal([7.4, 9_999, 17_800, 600_000].map(formatMs), ["7 ms", "9999 ms", "17.8 s", "10 min"]);
  const ages = [-5, 59_000, 60_000, 7_200_000, 86_400_000].map(formatAge);
  assert.equal(ages, ["0 seconds", "59 seconds", "1 minute", "2 hours", "1 day"]);
});

test("columns stand under each other, numbers to the right, without spaces at the end", () => {
  const rows = [
    ["devices", "57.3 kB", "x"],
    ["a", "8 kB", ""],
  ];
  assert.equal(formatTable(rows, [1]), ["devices  57.3 kB  x", "a           8 kB"]);
  assert.equal(formatTable([]), []);
});

test("a shell gets words with something special in them in quotes", () => {
  assert.is(quote("/data/password"), "/data/password");
  assert.is(quote("it's here"), "'it'\\''s here'");
});
