// The one command after a kill -9: the database server outlives its parent and is found again.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { isAlive } from "../../cloud/db/embedded/postmaster.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { createUpBench, getWholeStory, readPostmaster, STORY_MS, seedFirmware, type UpBench } from "./up-program.ts";

const test = suite("trapline up, killed and started again", { limitMs: 170_000, fileLimitMs: 300_000 });
let bench: UpBench;

test.before(async () => {
  bench = createUpBench();
  await seedFirmware(path.join(bench.folder, "data"));
});
test.after(() => bench.stop());

test("killed in the middle, it starts again, takes the running server over and reuses the data", async () => {
  const killed = bench.start(["--once", "--json", "--data", path.join(bench.folder, "data")]);
  await killed.seen('"step":"claimed"', STORY_MS);
  const postmaster = readPostmaster(path.join(bench.folder, "data"));
  killed.child.kill("SIGKILL");
  assert.is(await killed.ended(5_000), "SIGKILL");
  assert.ok(isAlive(postmaster), "the server outlived its parent");
  const steps = await getWholeStory(bench.start(["--once", "--json", "--data", path.join(bench.folder, "data")]));
  const database = steps.find((step) => step.step === "database");
  assert.is(database?.adopted, true);
  assert.is(database?.applied, 0, "the schema was there already");
  await eventually(() => !isAlive(postmaster), { withinMs: 10_000, because: "the server is stopped at the end" });
});
