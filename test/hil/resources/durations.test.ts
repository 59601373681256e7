// Spans of time as people write and read them.
import * as assert from "uvu/assert";
import { parseDuration, printDuration } from "../../../hil/resources/durations.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/resources/durations");
const WEEK = 7 * 86_400_000;

for (const [text, ms] of [
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["2h", 7_200_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["3d", 259_200_000],
  [" 5 m ", 300_000],
] as const)
  test(`${text} is ${ms} ms`, () => assert.is(parseDuration(text, WEEK), ms));

for (const text of ["", "2", "h", "2 hours", "-1h", "0s", "8d", "1e9s", "2h x", "1h,30m"])
  test(`"${text}" is refused with an example`, () => assert.throws(() => parseDuration(text, WEEK), /30m, 2h, 1h30m/));

for (const [ms, text] of [
  [0, "0 s"],
  [45_000, "45 s"],
  [5_400_000, "1 h 30 min"],
  [90_061_000, "1 d 1 h"],
  [86_400_000, "1 d"],
  [-5, "0 s"],
] as const)
  test(`${ms} ms is printed ${text}`, () => assert.is(printDuration(ms), text));
