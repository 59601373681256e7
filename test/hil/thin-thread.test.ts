// The thin thread through the bench: one virtual board, blank as from the factory, becomes a trap that alerts its owner.
import * as assert from "uvu/assert";
import { alert } from "../../hil/suites/alert.ts";
import { suite } from "../support/suite.ts";
import { createTestBench, type TestBench } from "./test-bench.ts";

const test = suite("the thin thread of the bench", { limitMs: 170_000, fileLimitMs: 240_000 });
let bench: TestBench;

test.before(async () => {
  bench = await createTestBench();
});
test.after(() => bench?.stop());

test("a blank board is flashed, claimed, springs, and its owner is told [BENCH-63]", async () => {
  const result = await bench.run(alert);
  assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
  const measured = bench.events.find((event) => event.type === "measured" && event.unit === "ms" && event.limits);
  assert.ok(measured, "the latency was measured against its limits");
});

test("asked for again, what is there is not done again [BENCH-63]", async () => {
  const from = bench.events.length;
  const result = await bench.run(alert);
  assert.is(result.outcome, "passed", JSON.stringify(result.failure));
  const titles = bench.events.slice(from).flatMap((event) => (event.type === "step-started" ? [event.title] : []));
  assert.equal(titles.slice(0, 3), ["ask the board where it is", "the cloud sees it online", "arm it"]);
});
