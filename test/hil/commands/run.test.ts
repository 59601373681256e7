// `npm run hil` as a program: what it ends with, what it leaves behind, however it ends [BENCH-14].
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { readRun } from "../../../hil/report/run-folder.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { createRunBench, type RunBench } from "./run-program.ts";

const test = suite("npm run hil", { limitMs: 150_000, fileLimitMs: 400_000 });
let bench: RunBench;

test.before.each(() => {
  bench = createRunBench();
});
test.after.each(() => bench.stop());

test("what is asked wrongly is refused before anything is started, with status 2", async () => {
  for (const [words, told] of [
    [["run", "--suite", "nothing"], /no suite "nothing"; there are: health, flash-and-boot/],
    [["run", "--board", "nobody"], /no board "nobody"; there are: virtual-1/],
    [["run", "--bench", "nowhere.yaml"], /no bench file nowhere\.yaml/],
    [["run", "--repeat", "0"], /whole number from 1/],
    [["run", "--fault", "nonsense"], /drops-alerts/],
    [["bogus"], /no command "bogus"/],
  ] as const) {
    const program = bench.start([...words]);
    assert.is(await program.ended(), 2, program.err());
    assert.match(program.err(), told);
    assert.equal(bench.listLeft(), []);
  }
  assert.is(fs.existsSync(path.join(bench.stateFolder, "runs")), false);
});

test("a suite passes: status 0, a summary as the last line, reports, a line of history, no lease and nobody left", async () => {
  const program = bench.start(["run", "--json", "--suite", "flash-and-boot"]);
  assert.is(await program.ended(), 0, program.err());
  const lines = program
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { ok, cases, failures, outcome, exitStatus } = lines.at(-1);
  assert.equal(
    { ok, cases, failures, outcome, exitStatus },
    { ok: true, cases: 2, failures: 0, outcome: "passed", exitStatus: 0 },
  );
  const files = ["events.jsonl", "junit.xml", "report.html", "report.json"];
  assert.equal(fs.readdirSync(bench.findRun()).sort(), files);
  const history = fs.readFileSync(path.join(bench.stateFolder, "history.jsonl"), "utf8").trim().split("\n");
  assert.equal(
    history.map((line) => JSON.parse(line).suite),
    ["health", "flash-and-boot"],
  );
  const leases = bench.start(["leases"]);
  await leases.ended();
  assert.match(leases.out(), "No board is leased.");
  assert.equal(bench.listLeft(), []);
});

test("Ctrl-C in the middle of a suite puts everything back: status 3, a partial report, no lease and nobody left", async () => {
  const program = bench.start(["run", "--suite", "offline-queue"]);
  await program.seen("take the Wi-Fi away");
  program.child.kill("SIGINT");
  assert.is(await program.ended(), 3, program.out() + program.err());
  assert.match(program.out(), /teardown|give the Wi-Fi back/);
  const run = await readRun(bench.findRun());
  assert.is(run.suites.at(-1)?.outcome, "interrupted");
  assert.ok(fs.statSync(path.join(bench.findRun(), "report.html")).size > 10_000);
  const leases = bench.start(["leases"]);
  await leases.ended();
  assert.match(leases.out(), "No board is leased.");
  assert.equal(bench.listLeft(), []);
});

test("killed outright, it leaves no board and no cloud, its board is free again, and its reports can be made anew", async () => {
  const killed = bench.start(["run", "--suite", "offline-queue"]);
  await killed.seen("take the Wi-Fi away");
  killed.child.kill("SIGKILL");
  await killed.ended();
  await eventually(() => bench.listLeft().every((line) => line.includes("postgres")), {
    withinMs: 20_000,
    because: "boards and cloud end with their bench",
  });
  const report = bench.start(["report", bench.findRun()]);
  assert.is(await report.ended(), 0, report.err());
  assert.match(fs.readFileSync(path.join(bench.findRun(), "report.html"), "utf8"), /offline-queue/);
  const again = bench.start(["run", "--suite", "health"]);
  assert.is(await again.ended(), 0, again.out() + again.err());
});
