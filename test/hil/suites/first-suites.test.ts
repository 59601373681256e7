// The suites of a board's first day, on a virtual board: flashed, in the Wi-Fi, claimed in every way, sprung and answered.
import * as assert from "uvu/assert";
import { acknowledgeSilenceRearm } from "../../../hil/suites/acknowledge-silence-rearm.ts";
import { claimRace, claimWithButton, claimWithCode } from "../../../hil/suites/claims.ts";
import { flashAndBoot } from "../../../hil/suites/flash-and-boot.ts";
import { provisionWifi } from "../../../hil/suites/provision-wifi.ts";
import { suite } from "../../support/suite.ts";
import { createTestBench, type TestBench } from "../test-bench.ts";

const test = suite("suites of a first day", { limitMs: 120_000, fileLimitMs: 300_000 });
let bench: TestBench;

test.before(async () => {
  bench = await createTestBench();
});
test.after(() => bench?.stop());

for (const one of [flashAndBoot, provisionWifi, claimRace, claimWithCode, claimWithButton, acknowledgeSilenceRearm]) {
  test(`${one.name}: ${one.title}`, async () => {
    const result = await bench.run(one);
    assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
  });
}
