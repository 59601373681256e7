// What a command tells: words for a person, JSON lines for a program with the summary as the last.
import * as assert from "uvu/assert";
import { refusal } from "../../../bin/db/problem.ts";
import { createReport, type Report } from "../../../bin/db/report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("report of a command");

function open(json: boolean) {
  const out: string[] = [];
  const err: string[] = [];
  const live: string[] = [];
  const clock = { now: 0 };
  const report: Report = createReport(
    {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      live: (text) => void live.push(text),
      colour: { out: false, err: false },
      canAsk: false,
      ask: async () => null,
    },
    { command: "db:x", json, now: () => clock.now },
  );
  return { report, out, err, live, clock };
}

test("a person reads what was found, and how long all of it took", () => {
  const { report, out, err, live, clock } = open(false);
  report.event("migration", { version: 1 }, "  + one");
  report.say("beside");
  report.progress("working");
  report.remark("by the way");
  clock.now = 42;
  report.done({ version: 1 }, "all is well");
  assert.equal(out, ["  + one", "beside", "✓ all is well (42 ms)"]);
  assert.equal(err, ["by the way"]);
  assert.equal(live, ["working", ""]);
});

test("a program reads one JSON line for each thing, and the summary last", () => {
  const { report, out, err, clock } = open(true);
  report.event("migration", { version: 1 }, "  + one");
  report.say("beside");
  clock.now = 42;
  report.done({ version: 1 }, "all is well");
  assert.equal(
    out.map((line) => JSON.parse(line)),
    [
      { event: "migration", version: 1 },
      { ok: true, command: "db:x", version: 1, ms: 42 },
    ],
  );
  assert.equal(err, []);
});

test("a program hears of progress once a second, not at every row", () => {
  const { report, out, clock } = open(true);
  for (clock.now = 0; clock.now <= 2_500; clock.now += 100) report.progress("copying", { rows: clock.now });
  assert.equal(
    out.map((line) => JSON.parse(line).rows),
    [1_000, 2_000],
  );
});

test("a failure is a line of what happened and a line of what to do, for a program in its summary", () => {
  const problem = refusal("not-ours", "cannot reach postgres://me:geheim@h/d", "unset it");
  const person = open(false);
  person.report.failed(problem);
  assert.equal(person.err, ["✗ db:x: cannot reach postgres://me:***@h/d", "  unset it"]);
  const program = open(true);
  program.report.failed(problem);
  assert.equal(JSON.parse(program.out.at(-1) ?? ""), {
    ok: false,
    command: "db:x",
    code: "not-ours",
    error: "cannot reach postgres://me:***@h/d",
    advice: "unset it",
    ms: 0,
  });
});
