// What is kept of results, and what the numbers say: torn lines, old files, intervals, and whose fault a flaky result is.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import {
  type Comparison,
  computeChance,
  judgeCounts,
  judgeFlakiness,
  type Verdict,
} from "../../../hil/resources/flakiness.ts";
import { type HistoryEntry, openHistory } from "../../../hil/resources/history.ts";
import { computeInterval, computeRate, groupEntries, toBoardKey } from "../../../hil/resources/statistics.ts";
import type { Outcome } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/resources/history");
const root = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-history-"));
test.after(() => fs.rmSync(root, { recursive: true, force: true }));

let folders = 0;
function createFolder(): string {
  folders += 1;
  return path.join(root, String(folders));
}

function entry(overrides: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    at: 1_000,
    runId: "run-1",
    suite: "boot",
    board: "anna",
    mac: "24:0a:c4:00:00:01",
    isVirtual: false,
    attempt: 1,
    outcome: "passed",
    durationMs: 10,
    ...overrides,
  };
}

test("what is appended is read, the oldest first", () => {
  const history = openHistory({ folder: createFolder(), now: () => 0 });
  assert.equal(history.read(), { entries: [], torn: 0 });
  const second = entry({ at: 2, outcome: "failed", failure: { message: "no notice", code: "late" } });
  history.append(second);
  history.append(entry({ at: 1 }));
  assert.equal(history.read(), { entries: [entry({ at: 1 }), second], torn: 0 });
});

test("a line that was torn is passed over, wherever it stands, and the next one is whole", () => {
  const folder = createFolder();
  const history = openHistory({ folder, now: () => 0 });
  history.append(entry({ at: 1 }));
  fs.appendFileSync(path.join(folder, "history.jsonl"), '{"at":2,"suite":"bo');
  history.append(entry({ at: 3 }));
  fs.appendFileSync(
    path.join(folder, "history.jsonl"),
    'null\n{"at":"x"}\n{"at":9,"suite":"b","board":"a","mac":"m","outcome":"odd"}\n',
  );
  const { entries, torn } = history.read();
  assert.equal(
    entries.map(({ at }) => at),
    [1, 3],
  );
  assert.is(torn, 4);
});

test("a file that has grown is put aside, and the oldest go", () => {
  const folder = createFolder();
  let now = 0;
  const history = openHistory({ folder, now: () => now, bytesMax: 1_000 });
  for (now = 1; now <= 60; now += 1) history.append(entry({ at: now }));
  const { entries } = history.read();
  assert.is(entries.at(-1)?.at, 60);
  assert.ok(entries.length > 12 && entries.length < 60, `${entries.length} kept`);
  assert.is(fs.readdirSync(folder).length, 4);
  assert.equal(
    entries.map(({ at }) => at),
    Array.from({ length: entries.length }, (_, index) => 60 - entries.length + index + 1),
  );
});

test("a failure's message is kept in short", () => {
  const history = openHistory({ folder: createFolder(), now: () => 0 });
  history.append(entry({ outcome: "failed", failure: { message: "x".repeat(10_000) } }));
  assert.is(history.read().entries[0]?.failure?.message.length, 500);
});

test("a folder that cannot be written is told", () => {
  const folder = createFolder();
  fs.writeFileSync(folder, "a file");
  assert.throws(() => openHistory({ folder, now: () => 0 }).append(entry()), /history of results cannot be kept/);
});

/** From tables of Wilson's interval. */
const INTERVALS: [passed: number, total: number, low: number, high: number][] = [
  [0, 0, 0, 1],
  [0, 10, 0, 0.278],
  [10, 10, 0.722, 1],
  [5, 10, 0.237, 0.763],
  [49, 50, 0.895, 0.996],
  [1, 1, 0.207, 1],
];
for (const [passed, total, low, high] of INTERVALS)
  test(`the interval of ${passed} of ${total} is ${low} to ${high}`, () => {
    const interval = computeInterval(passed, total);
    assert.ok(Math.abs(interval.low - low) < 0.001 && Math.abs(interval.high - high) < 0.001, JSON.stringify(interval));
  });

test("only what passed or failed counts; marginal is a pass, the rest is shown beside", () => {
  const outcomes: Outcome[] = ["passed", "marginal", "failed", "skipped", "broken", "broken", "interrupted"];
  const rate = computeRate(outcomes.map((outcome, index) => entry({ outcome, durationMs: index * 10 })));
  assert.is(rate.passed, 2);
  assert.is(rate.failed, 1);
  assert.equal(rate.others, { skipped: 1, broken: 2, interrupted: 1 });
  assert.is(rate.medianMs, 5);
  assert.is(computeRate([]).rate, undefined);
});

test("virtual boards are told apart by their place, since their chips are new each time", () => {
  const entries = [entry({ mac: "1" }), entry({ mac: "2", isVirtual: true }), entry({ mac: "3", isVirtual: true })];
  assert.equal(
    groupEntries(entries, toBoardKey).map(([key, group]) => `${key} ${group.length}`),
    ["1 1", "virtual:anna 2"],
  );
});

/** One-sided; 4 of 4 against 0 of 4 is 1 in 70. */
const CHANCES: [a: [number, number], b: [number, number], chance: number][] = [
  [[4, 4], [0, 4], 1 / 70],
  [[0, 10], [5, 10], 1],
  [[3, 4], [1, 4], 17 / 70],
  [[0, 5], [0, 5], 1],
];
for (const [a, b, chance] of CHANCES)
  test(`${a.join(" of ")} against ${b.join(" of ")} comes by chance ${chance.toFixed(3)}`, () => {
    const computed = computeChance({ failed: a[0], total: a[1] }, { failed: b[0], total: b[1] });
    assert.ok(Math.abs(computed - chance) < 1e-9, String(computed));
  });

type Row = [
  what: string,
  here: string,
  elsewhere: string,
  boardOtherwise: string,
  othersOtherwise: string,
  verdict: Verdict,
];
const VERDICTS: Row[] = [
  ["never fails", "0/50", "5/50", "0/50", "0/50", "steady"],
  ["has hardly run here", "1/4", "0/50", "0/50", "0/50", "too few"],
  ["has run nowhere else", "10/50", "0/0", "0/50", "0/0", "too few"],
  ["fails everywhere alike", "10/50", "22/100", "0/200", "0/400", "the test"],
  ["fails elsewhere even more", "5/50", "60/100", "0/200", "0/400", "the test"],
  ["always fails, everywhere", "50/50", "50/50", "0/200", "0/200", "the test"],
  ["fails here, as does all else here", "10/50", "1/100", "40/200", "8/400", "the board"],
  ["fails here alone, all else is well here", "10/50", "0/100", "1/200", "2/400", "the pair"],
  ["fails here alone, and nothing else has run", "10/50", "0/100", "0/0", "0/0", "too few"],
  ["has failed once here, which may be chance", "1/50", "0/50", "0/200", "0/200", "too few"],
];
for (const [what, ...row] of VERDICTS) {
  const verdict = row.pop();
  const [here, elsewhere, boardOtherwise, othersOtherwise] = row.map((text) => {
    const [failed = 0, total = 0] = text.split("/").map(Number);
    return { failed, total };
  }) as [Comparison["here"], Comparison["here"], Comparison["here"], Comparison["here"]];
  test(`a suite that ${what} is judged: ${verdict}`, () => {
    const judgement = judgeCounts({ here, elsewhere, boardOtherwise, othersOtherwise });
    assert.is(judgement.verdict, verdict, judgement.because);
    assert.ok(judgement.because.length > 20);
  });
}

test("a history is judged by suite and board, and what was broken or skipped is no evidence", () => {
  const make = (board: string, name: string, outcomes: Outcome[]) =>
    outcomes.map((outcome) => entry({ board, mac: board, suite: name, outcome }));
  const times = (count: number, outcome: Outcome): Outcome[] => Array.from({ length: count }, () => outcome);
  const entries = [
    ...make("ill", "boot", [...times(10, "passed"), ...times(10, "failed"), ...times(50, "broken")]),
    ...make("well", "boot", [...times(20, "passed"), ...times(50, "skipped")]),
    ...make("ill", "alert", [...times(10, "passed"), ...times(10, "failed")]),
    ...make("well", "alert", times(20, "passed")),
  ];
  const judgement = judgeFlakiness(entries, "boot", "ill");
  assert.is(judgement.verdict, "the board");
  assert.match(judgement.because, "10 of 20 here, in 0 of 20 on other boards");
  assert.is(judgeFlakiness(entries, "boot", "well").verdict, "steady");
});
