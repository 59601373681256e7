// The one command as a program sees it: from an empty folder to the last line, with the facts of every step.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createUpBench, getWholeStory, STEPS, type UpBench } from "./up-program.ts";

const test = suite("trapline up, once", { limitMs: 170_000, fileLimitMs: 300_000 });
let bench: UpBench;

test.before(() => {
  bench = createUpBench();
});
test.after(() => bench.stop());

test("an empty folder becomes an answered alert and a proven update, told in JSON lines [UPDATE-1]", async () => {
  const program = bench.start(["--once", "--json", "--data", path.join(bench.folder, "data")]);
  const steps = await getWholeStory(program);
  const step = (name: string) => steps.find((one) => one.step === name) ?? {};
  assert.match(String(step("bundle").sha256), /^[0-9a-f]{64}$/);
  assert.is(
    step("trap-booted").runningSha256,
    step("bundle").sha256,
    "the trap runs the bytes of the bundle [BUNDLE-1]",
  );
  assert.is(step("online").runningSha256, step("bundle").sha256);
  assert.is(step("unsigned-refused").status, 422);
  assert.match(String(step("unsigned-refused").problem), "not signed");
  assert.is.not(step("update-offered").sha256, step("bundle").sha256);
  assert.ok(Number(step("update-offered").counter) > Number(step("bundle").counter), "it counts on");
  assert.match(String(step("bundle").signedBy), /^[0-9a-f]{64}$/);
  for (const name of ["update-offered", "update-verified"]) assert.is(step(name).signedBy, step("bundle").signedBy);
  assert.is(step("update-booted").runningSha256, step("update-offered").sha256);
  assert.is(step("done").ok, true);
  assert.is(step("done").cases, STEPS.length);
  assert.is(step("done").failures, 0);
  assert.ok(Number(step("done").snapToNoticeMs) <= 1000, "the notice came within a second of the snap");
});
