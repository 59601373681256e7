// The suites in which cloud or network go away, on a virtual board, and the one that gives the trap away.
import * as assert from "uvu/assert";
import { brokerRestart, cloudRestart } from "../../../hil/suites/cloud-storms.ts";
import { offlineQueue } from "../../../hil/suites/offline-queue.ts";
import { releaseAndReset } from "../../../hil/suites/release-and-reset.ts";
import { suite } from "../../support/suite.ts";
import { createTestBench, type TestBench } from "../test-bench.ts";

const test = suite("suites of what goes away", { limitMs: 120_000, fileLimitMs: 300_000 });
let bench: TestBench;

test.before(async () => {
  bench = await createTestBench();
});
test.after(() => bench?.stop());

for (const one of [brokerRestart, cloudRestart, offlineQueue, releaseAndReset]) {
  test(`${one.name}: ${one.title}`, async () => {
    const result = await bench.run(one);
    assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
  });
}
