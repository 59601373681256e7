// The suites of updates and credentials on a virtual board: what is good is taken, what is altered, older or crashing is not, whatever the power
// does meanwhile.
import * as assert from "uvu/assert";
import {
  credentialRotation,
  ownerKept,
  strandingCutWhileWritten,
  strandingRotatedFirst,
} from "../../../hil/suites/credential-rotation.ts";
import { update } from "../../../hil/suites/update.ts";
import { updateBadBytes, updateBadSignature, updateDowngrade } from "../../../hil/suites/update-altered.ts";
import { updateCrashRollback } from "../../../hil/suites/update-crash-rollback.ts";
import { prepareUpdateFiles } from "../../../hil/suites/update-files.ts";
import { updatePowerCut } from "../../../hil/suites/update-power-cut.ts";
import { suite } from "../../support/suite.ts";
import { createTestBench, type TestBench } from "../test-bench.ts";

const test = suite("suites of updates and credentials", { limitMs: 150_000, fileLimitMs: 400_000 });
let bench: TestBench;

test.before(async () => {
  bench = await createTestBench();
});
test.after(() => bench?.stop());

for (const one of [ownerKept, credentialRotation, strandingRotatedFirst, strandingCutWhileWritten]) {
  test(`${one.name}: ${one.title} [CLAIM-8]`, async () => {
    const result = await bench.run(one);
    assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
  });
}

test("what the suites of updates need is made before its turn comes", async () => {
  const firmware = bench.boards[0]?.rig.firmware;
  if (firmware === undefined) throw new Error("there is no board");
  await prepareUpdateFiles(firmware);
});

for (const one of [updateBadSignature, updateBadBytes, updateDowngrade, updateCrashRollback, update, updatePowerCut]) {
  test(`${one.name}: ${one.title} [UPDATE-1]`, async () => {
    const from = bench.events.length;
    const result = await bench.run(one);
    assert.is(result.outcome, "passed", `${JSON.stringify(result.failure)}\n${bench.story()}`);
    const heard = bench.events.slice(from).flatMap((event) => (event.type === "logged" ? [event.text] : []));
    assert.is(
      heard.some((text) => text.includes("POWERON_RESET")),
      one === updatePowerCut,
      "power was cut where it was to be",
    );
  });
}
