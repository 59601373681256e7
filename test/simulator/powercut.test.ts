// Tests simulator/powercut/: that the proof goes through every cut, finds out what is broken, and tells each case again by its id.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { openFirmwareStore } from "../../simulator/powercut/broken-stores.ts";
import { ProofConfigError, parseProofConfig } from "../../simulator/powercut/config.ts";
import { formatCaseId, listCuts, parseCaseId } from "../../simulator/powercut/cuts.ts";
import { proveScenario, WHOLE } from "../../simulator/powercut/engine.ts";
import { replayCase } from "../../simulator/powercut/replay.ts";
import { decideVerdict, formatWords } from "../../simulator/powercut/report.ts";
import type { Scenario } from "../../simulator/powercut/scenario.ts";
import { BROKEN_SCENARIOS, findScenario } from "../../simulator/powercut/scenarios.ts";
import { createStoreScenario } from "../../simulator/powercut/store-scenario.ts";
import { addTally, createTally, listStateFaults } from "../../simulator/powercut/tally.ts";
import { suite } from "../support/suite.ts";

const test = suite("the proof of power cuts", { limitMs: 60_000 });
const EXTENT = { before: 20, during: 8 };
const ROOT = path.resolve(import.meta.dirname, "../..");

const createStore = (isPaired = false): Scenario => ({
  ...createStoreScenario("store", "a few changes", openFirmwareStore, EXTENT),
  isPaired,
});

test("every operation is cut in every way, and the record store holds", () => {
  const tally = proveScenario(createStore());
  assert.ok(tally.operations >= EXTENT.during);
  assert.is(tally.cases, tally.operations * listCuts("program", false).length);
  assert.equal([tally.failureCount, tally.failures], [0, []]);
  assert.ok(tally.states.old! > tally.states.new! && tally.states.new! > 0);
});

test("with pairs, everything that follows a first cut is cut again", () => {
  const tally = proveScenario(createStore(true));
  const seconds = tally.operationsAfter * listCuts("program", true).length;
  assert.ok(tally.operationsAfter > tally.operations * 8, `${tally.operationsAfter} operations behind a first cut`);
  assert.ok(tally.cases >= seconds, `${tally.cases} cases`);
  assert.is(tally.failureCount, 0);
});

test("shares add up to the whole", () => {
  const whole = proveScenario(createStore());
  const sum = createTally(createStore());
  for (const index of [0, 1, 2]) addTally(sum, proveScenario(createStore(), { index, count: 3 }));
  assert.equal(sum, whole);
});

for (const broken of BROKEN_SCENARIOS) {
  test(`${broken.title}: that is caught, and a failing case is told again by its id`, () => {
    const tally = proveScenario(broken);
    const [failure] = tally.failures;
    assert.ok(failure, "it survived");
    const id = parseCaseId(failure.id);
    assert.ok(id);
    const story: string[] = [];
    assert.is(
      replayCase(broken, id, (line) => story.push(line)),
      false,
    );
    assert.ok(story.at(-1)?.includes(failure.message), story.join("\n"));
    assert.ok(story.some((line) => line.includes(`the power is cut at operation ${id.first.number}`)));
    assert.equal(findScenario(broken.name), broken);
  });
}

test("a case that holds is told again too, with both of its cuts", () => {
  const story: string[] = [];
  const id = parseCaseId("store/3t4/2b");
  assert.ok(id);
  assert.is(
    replayCase(createStore(), id, (line) => story.push(line)),
    true,
  );
  assert.is(story.filter((line) => line.startsWith("# the power is cut")).length, 2);
  assert.ok(story.at(-1)?.startsWith("# store/3t4/2b: state"));
});

test("a proof fails on a failure, on a state it never saw, and on a broken store that survived", () => {
  const scenario = { ...createStore(), states: ["old", "new", "half"] };
  const tally = proveScenario(scenario);
  assert.equal(listStateFaults(scenario, tally), ['never saw "half"']);
  assert.is(decideVerdict([{ scenario, tally }], [], 1).ok, false);
  const good = { scenario: createStore(), tally: proveScenario(createStore()) };
  assert.is(decideVerdict([good], [], 1).ok, true);
  const survived = decideVerdict([good], [good], 1);
  assert.equal([survived.ok, survived.survived], [false, ["store"]]);
  const failed = { scenario: BROKEN_SCENARIOS[0]!, tally: proveScenario(BROKEN_SCENARIOS[0]!, WHOLE) };
  const verdict = decideVerdict([failed], [], 1);
  assert.is(verdict.ok, false);
  const words = formatWords([failed], [], verdict).join("\n");
  assert.ok(words.includes(`replay: npm run proof:powercut -- --only ${failed.tally.failures[0]!.id}`), words);
});

test("ids are read as they are written, and nothing else is an id", () => {
  const places = [
    { number: 17, cut: "t2" },
    { number: 5, cut: "b" },
  ];
  assert.is(formatCaseId("update", ...places), "update/17t2/5b");
  assert.equal(parseCaseId("update/17t2/5b"), { scenario: "update", first: places[0], second: places[1] });
  assert.equal(parseCaseId("event-storm/3a"), {
    scenario: "event-storm",
    first: { number: 3, cut: "a" },
    second: undefined,
  });
  for (const text of ["", "update", "update/17", "update/17x", "update/t2", "update/1a/2a/3a"]) {
    assert.is(parseCaseId(text), undefined, text);
  }
});

for (const args of [
  ["--only", "update"],
  ["--processes", "0"],
  ["--proceses", "1"],
]) {
  test(`the command line ${args.join(" ")} is refused with words`, () => {
    assert.throws(
      () => parseProofConfig(args, 2),
      (error: unknown) => error instanceof ProofConfigError,
    );
  });
}

test("the program tells its counts as JSON lines, and an id that is none ends it with 1", async () => {
  const run = promisify(execFile);
  const program = ["--import", "tsx", "simulator/powercut/main.ts"];
  const options = { cwd: ROOT, timeout: 60_000 };
  const { stdout } = await run(process.execPath, [...program, "--json", "--scenario", "store"], options);
  const lines = stdout.trim().split("\n");
  const { ok, cases, failures } = JSON.parse(lines.at(-1)!) as { ok: boolean; cases: number; failures: number };
  assert.equal([ok, failures], [true, 0]);
  assert.is((JSON.parse(lines[0]!) as { cases: number }).cases, cases);
  const failed = await run(process.execPath, [...program, "--only", "store/9999a"], options).then(
    () => assert.unreachable("it ended with 0"),
    (error: { code: number; stdout: string }) => error,
  );
  assert.is(failed?.code, 1);
  assert.ok(failed?.stdout.includes("none has number 9999"), failed?.stdout);
});
