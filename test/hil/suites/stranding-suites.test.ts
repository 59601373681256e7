// The suites of the cases that have stranded claimed traps, on a virtual board.
import * as assert from "uvu/assert";
import {
  strandingClaimRestart,
  strandingCommandAnswer,
  strandingDisagree,
  strandingLostStore,
  strandingOfflineRelease,
} from "../../../hil/suites/stranding.ts";
import { suite } from "../../support/suite.ts";
import { createTestBench, type TestBench } from "../test-bench.ts";

const test = suite("suites of stranding", { limitMs: 120_000, fileLimitMs: 300_000 });
let bench: TestBench;

test.before(async () => {
  bench = await createTestBench();
});
test.after(() => bench?.stop());

for (const one of [
  strandingClaimRestart,
  strandingDisagree,
  strandingLostStore,
  strandingCommandAnswer,
  strandingOfflineRelease,
]) {
  test(`${one.name}: ${one.title}`, async () => {
    const result = await bench.run(one);
    assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
  });
}
