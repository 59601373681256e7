// The runner is only worth something if it can fail: every way to be silently green is a fixture file here [SUITE-1].
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { FileResult } from "./report.ts";
import { runFile } from "./run-file.ts";
import { listTestFiles, runTests, selectFiles } from "./runner.ts";
import { suite } from "./suite.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const test = suite("runner");

function runFixture(name: string, limitMs = 15_000): Promise<FileResult> {
  return runFile(path.join("test/support/fixtures", `${name}.fixture.ts`), {
    root: ROOT,
    limitMs,
    getPostgres: async () => ({ trapline: "postgres", error: "no database for fixtures" }),
    signal: new AbortController().signal,
  });
}

function outcomes(result: FileResult): string[] {
  return result.cases.map((one) => `${one.name}: ${one.outcome}`);
}

test("a sound file passes, and its skip is counted with the reason", async () => {
  const result = await runFixture("pass");
  assert.equal(outcomes(result), ["passes: passed", "is skipped: skipped"]);
  assert.is(result.cases[1]?.detail, "the moon is not full");
  assert.equal(result.problems, []);
});

test("a file that asks for more time than others have gets it", async () => {
  const result = await runFixture("takes-long", 6_000);
  assert.equal(outcomes(result), ["takes longer than the runner's own limit: passed"]);
  assert.equal(result.problems, []);
});

const FAILING: {
  fixture: string;
  promise: string;
  cases: string[];
  problem?: RegExp;
  output?: RegExp;
  limitMs?: number;
}[] = [
  {
    fixture: "before-throws",
    promise: "a throwing before hook fails its suite and runs none of its tests",
    cases: ["(before hook): failed", "never runs: failed"],
    output: /the before hook broke/,
  },
  {
    fixture: "after-throws",
    promise: "an after hook that throws null is a failure",
    cases: ["passes: passed", "(after hook): failed"],
    output: /threw null/,
  },
  {
    fixture: "each-throws",
    promise: "an after.each hook that throws undefined fails the test",
    cases: ["passes by itself: failed"],
    output: /threw undefined/,
  },
  { fixture: "no-tests", promise: "a suite without tests is a failure", cases: ["(suite): failed"] },
  {
    fixture: "no-suite",
    promise: "a file that gives no result is a failure",
    cases: [],
    problem: /gave no result \(exit 0\)/,
  },
  {
    fixture: "throws-null",
    promise: "throwing null or undefined is a failure, and facts and cause of an error are printed",
    cases: ["throws null: failed", "rejects with undefined: failed", "throws a real one with facts: failed"],
    output: /E_CABLE[\s\S]*the cable is out/,
  },
  {
    fixture: "hangs",
    promise: "a test that takes longer than its limit fails alone",
    cases: ["hangs: failed", "still runs after it: passed"],
    output: /longer than 50 ms/,
  },
  {
    fixture: "spins",
    promise: "a file that hangs is killed and a failure",
    cases: [],
    problem: /did not end within 1500 ms/,
    limitMs: 1_500,
  },
  {
    fixture: "leaks-timer",
    promise: "a file that leaves a handle open is a failure that says so",
    cases: ["passes: passed"],
    problem: /something was left open/,
    output: /LEAK: .*Timeout/,
  },
  {
    fixture: "leaks-process",
    promise: "a file that leaves a process behind is a failure",
    cases: ["passes: passed"],
    problem: /left a process running/,
  },
  {
    fixture: "exits-early",
    promise: "ending the process before the tests end is a failure",
    cases: [],
    problem: /gave no result/,
  },
  {
    fixture: "late-test",
    promise: "a test added after the run began is a failure",
    cases: ["passes: passed"],
    problem: /exited with 1/,
  },
];

for (const { fixture, promise, cases, problem, output, limitMs } of FAILING) {
  test(promise, async () => {
    const result = await runFixture(fixture, limitMs);
    assert.equal(outcomes(result), cases);
    assert.match(result.problems.join("\n"), problem ?? /^$/);
    assert.match(result.output, output ?? /(?:)/);
    const failed = result.cases.some((one) => one.outcome === "failed") || result.problems.length > 0;
    assert.ok(failed, "nothing of it is a failure");
    assert.not.match(result.output, /RAN ALL THE SAME/);
  });
}

test("a filter that matches nothing is a failure, also beside one that matches", async () => {
  const lines: string[] = [];
  const summary = await runTests({
    root: ROOT,
    filters: ["support/runner", "no-such-file-anywhere"],
    json: false,
    atOnce: 1,
    fileLimitMs: 1_000,
    getPostgres: async () => ({ trapline: "postgres", error: "not needed" }),
    write: (line) => lines.push(line),
    signal: new AbortController().signal,
  });
  assert.is(summary.ok, false);
  assert.match(lines[0] ?? "", /no test file matches "no-such-file-anywhere"/);
  assert.is(lines.at(-1), "0 passed, 1 failed, 0 skipped");
});

test("a filter chooses by substring of the path, and no files at all is a failure", () => {
  const all = ["test/a/one.test.ts", "test/b/two.test.ts"];
  assert.equal(selectFiles(all, ["two"]), { files: ["test/b/two.test.ts"], problems: [] });
  assert.equal(selectFiles(all, []), { files: all, problems: [] });
  assert.equal(selectFiles([], []).problems, ["there are no test files"]);
  assert.ok(listTestFiles(ROOT).includes("test/support/runner.test.ts"));
});
