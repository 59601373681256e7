// The one command as a newcomer sees it: the story, the page, Ctrl-C.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { isAlive } from "../../cloud/db/embedded/postmaster.ts";
import { suite } from "../support/suite.ts";
import { createUpBench, readPostmaster, STORY_MS, seedFirmware, type UpBench } from "./up-program.ts";

const test = suite("trapline up, staying up", { limitMs: 170_000, fileLimitMs: 300_000 });
let bench: UpBench;

test.before(async () => {
  bench = createUpBench();
  await seedFirmware(path.join(bench.folder, "data"));
});
test.after(() => bench.stop());

test("it stays up with a page until it is interrupted, keeps a second one out, and leaves no process", async () => {
  const program = bench.start(["--data", path.join(bench.folder, "data")]);
  await program.seen("to play", STORY_MS);
  const address = /open (http:\S+)/.exec(program.out())?.[1] ?? "";
  const page = await fetch(address);
  assert.is(page.status, 200);
  const html = await page.text();
  assert.is((html.match(/<iframe/g) ?? []).length, 2, "the cloud's page and the simulator's controls side by side");
  assert.match(program.out(), /from the snap to the notice: \d+ ms/);

  const second = bench.start(["--once", "--data", path.join(bench.folder, "data")]);
  assert.is(await second.ended(20_000), 1);
  assert.match(second.out(), /already running from this folder \(process \d+\)/);

  const postmaster = readPostmaster(path.join(bench.folder, "data"));
  program.child.kill("SIGINT");
  assert.is(await program.ended(15_000), 0);
  assert.not(isAlive(postmaster), "the server has ended with it");
});
