// What counts as proven: a fault is caught only by a failure, of the suite that should, for the reason it should.
import * as assert from "uvu/assert";
import { judgeCase, listProofCases } from "../../../hil/proof/cases.ts";
import { FAULT_NAMES } from "../../../hil/resources/bench-schema.ts";
import type { SuiteResult } from "../../../hil/steps/engine.ts";
import { SUITES } from "../../../hil/suites/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cases of the proof");
const [sound, ...faults] = listProofCases();
const NOTICED: Record<string, string> = {
  "drops-alerts": "waited 31000 ms for the alert on the owner's live stream",
  "forgets-credentials": "Not heard on the console within 15000 ms: session state=online.",
  "ignores-signatures": "the trap believes it, and will start it",
  "never-confirms": "Not heard on the console within 8000 ms: update phase=confirmed.",
};

function result(name: string, outcome: SuiteResult["outcome"], message = ""): SuiteResult {
  const failure = outcome === "failed" ? { failure: { message } } : {};
  return { suite: name, board: "b", attempt: 1, outcome, durationMs: 1, repeat: "", ...failure };
}

test("the sound firmware comes first and goes through every suite that catches something", () => {
  assert.is(sound?.fault, undefined);
  assert.equal(
    faults.map(({ fault }) => fault),
    FAULT_NAMES,
  );
  assert.equal(
    sound?.suites,
    faults.flatMap(({ suites }) => suites),
  );
  const known = SUITES.map(({ name }) => name);
  for (const name of sound?.suites ?? []) assert.ok(known.includes(name), name);
});

test("the sound firmware has to pass all of them", () => {
  if (sound === undefined) throw new Error("there is no sound case");
  const passed = sound.suites.map((name) => result(name, "passed"));
  assert.ok(judgeCase(sound, passed).ok);
  assert.ok(judgeCase(sound, [...passed.slice(1), result(sound.suites[0] ?? "", "marginal")]).ok);
  for (const outcome of ["failed", "broken", "skipped", "interrupted"] as const) {
    assert.not.ok(judgeCase(sound, [...passed.slice(1), result(sound.suites[0] ?? "", outcome)]).ok, outcome);
  }
  assert.not.ok(judgeCase(sound, passed.slice(1)).ok, "one did not run");
});

for (const proof of faults) {
  const [name = ""] = proof.suites;
  test(`${proof.fault} is caught by ${name} failing as it should, and by nothing else [BENCH-71]`, () => {
    assert.ok(judgeCase(proof, [result(name, "failed", NOTICED[proof.fault ?? ""])]).ok);
    assert.not.ok(judgeCase(proof, [result(name, "failed", "the answer was late")]).ok, "another reason");
    for (const outcome of ["passed", "marginal", "broken", "skipped", "interrupted"] as const) {
      assert.not.ok(judgeCase(proof, [result(name, outcome)]).ok, outcome);
    }
    assert.not.ok(judgeCase(proof, []).ok, "it did not run");
    assert.not.ok(judgeCase(proof, [result("another", "failed", NOTICED[proof.fault ?? ""])]).ok, "another suite");
  });
}
