// What nobody awaited fails the suite in whose course it was thrown, and no other.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { createStrays } from "../../../hil/steps/strays.ts";
import { suite } from "../../support/suite.ts";
import { never, trySuite } from "./try-suite.ts";

const test = suite("strays");

test("a throw in a timer and a promise left alone fail their own suites with the step's path, and the process goes on", async () => {
  const program = path.join(import.meta.dirname, "strays-program.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program]);
  assert.equal(JSON.parse(stdout), {
    outcomes: ["timer failed waits in a timer", "promise failed waits left alone", "quiet passed undefined undefined"],
    unclaimed: ["Error: of no suite"],
  });
});

test("a stray of a suite that has ended is claimed by none", async () => {
  const strays = createStrays();
  const { result } = await trySuite(
    async () => {
      assert.ok(strays.take(new Error("now")));
      await never();
    },
    { strays },
  );
  assert.is(result.outcome, "failed");
  assert.is(result.failure?.message, "now");
  assert.is(strays.take("late"), false);
});
