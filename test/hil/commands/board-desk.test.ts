// The commands about shared boards, as typed: leases, quarantine, statistics, the schema.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { openLeases } from "../../../hil/commands/board-desk.ts";
import { runBreakLease, runLease, runLeases, runReleaseLease } from "../../../hil/commands/leases.ts";
import { runQuarantineAdd, runQuarantineLift, runQuarantineList } from "../../../hil/commands/quarantine.ts";
import { runSchema } from "../../../hil/commands/schema.ts";
import { runStats } from "../../../hil/commands/stats.ts";
import { HilError } from "../../../hil/error.ts";
import { openHistory } from "../../../hil/resources/history.ts";
import type { Outcome } from "../../../hil/steps/events.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { createWrittenIo, type WrittenIo } from "./written-io.ts";

const test = suite("hil/commands of shared boards");
const MAC = "24:0a:c4:00:00:01";
let io: WrittenIo;
let bench: string;
test.before.each(() => {
  io = createWrittenIo();
  fs.mkdirSync(io.stateFolder, { recursive: true });
  bench = path.join(io.stateFolder, "bench.yaml");
  fs.writeFileSync(
    bench,
    `name: desk\nboards:\n  - {name: anna, mac: "${MAC}", port: /dev/ttyUSB0, wifi: {ssid: x, passwordEnv: NOT_SET}}\n`,
  );
});
test.after.each(() => io.remove());

async function getRefusal(promise: Promise<unknown>, code: string): Promise<string> {
  const error = await getRejection(promise);
  assert.ok(error instanceof HilError && error.code === code, String(error));
  return error.message;
}

test("a lease is taken, seen by others, and given back", async () => {
  assert.is(await runLease({ board: "anna", bench, for: "2h", reason: "measuring" }, io), 0);
  assert.is(io.takeOut(), `anna (${MAC}) is yours for 2 h. Give it back earlier: npm run hil -- release-lease anna`);
  io.nowMs += 1_800_000;
  await runLeases({}, io);
  const [head, row] = io.takeOut().split("\n");
  assert.match(head ?? "", /^BOARD +MAC +STATE +OWNER +FOR +REASON$/);
  assert.match(row ?? "", /^anna +24:0a:c4:00:00:01 +reserved +ute@lab +1 h 30 min more +measuring$/);
  const kai = { ...io, owner: "kai@lab" };
  await getRefusal(runLease({ board: "anna", for: "2h", reason: "me too" }, kai), "board-taken");
  await runReleaseLease({ board: "anna" }, io);
  assert.is(io.takeOut(), "anna is free again.");
  await runLeases({}, io);
  assert.is(io.takeOut(), "No board is leased.");
});

test("a lease of a run is shown as JSON, and can be broken with a reason", async () => {
  const lease = openLeases(io).take({ mac: MAC, name: "anna" }, "run 7");
  await runLeases({ json: true }, io);
  const [shown] = JSON.parse(io.takeOut());
  assert.is(shown.use.reason, "run 7");
  const kai = { ...io, owner: "kai@lab" };
  assert.is(await runBreakLease({ board: MAC.toUpperCase(), reason: "a demo" }, kai), 0);
  assert.match(io.takeOut(), "The run of ute@lab (run 7) hears of it");
  lease.release();
});

test("a name that nobody knows is refused with the nearest, a lease without a reason or an end as well", async () => {
  const unknown = await getRefusal(runLease({ board: "ana", bench, for: "2h", reason: "x" }, io), "board-unknown");
  assert.match(unknown, "Did you mean anna?");
  assert.match(
    await getRefusal(runLease({ board: "anna", for: "2h", reason: "x" }, io), "board-unknown"),
    "Name the bench file with --bench",
  );
  await getRefusal(runLease({ board: "anna", bench, for: "2h", reason: "  " }, io), "reason-missing");
  await getRefusal(runLease({ board: "anna", bench, for: "soon", reason: "x" }, io), "duration-wrong");
  await getRefusal(runBreakLease({ board: "anna", bench, reason: "x" }, io), "lease-missing");
});

test("a board is put into quarantine, listed with its end, and lifted", async () => {
  await runQuarantineAdd({ board: "anna", bench, reason: "loose socket", for: "2d" }, io);
  assert.match(io.takeOut(), "anna is in quarantine until 2026-11-23 08:00 UTC by ute@lab: loose socket");
  await runQuarantineList({}, io);
  assert.match(io.takeOut(), /anna +24:0a:c4:00:00:01 +ute@lab +2 d +loose socket/);
  await runQuarantineList({ json: true }, io);
  assert.is(JSON.parse(io.takeOut())[0].board.mac, MAC);
  await runQuarantineLift({ board: "anna" }, io);
  assert.is(io.takeOut(), "Runs use anna again.");
  await runQuarantineLift({ board: MAC }, io);
  assert.match(io.takeOut(), "was not in quarantine");
});

function keep(board: string, name: string, outcomes: Outcome[], at = io.nowMs): void {
  const history = openHistory({ folder: io.stateFolder, now: () => io.nowMs });
  for (const outcome of outcomes)
    history.append({
      ...{ at, runId: "r1", suite: name, board, mac: board === "anna" ? MAC : "24:0a:c4:00:00:02" },
      ...{ isVirtual: false, attempt: 1, outcome, durationMs: 1_500 },
    });
}

test("statistics tell rates by suite and by board, and whose fault failures are", async () => {
  keep("anna", "alert", [...Array<Outcome>(6).fill("passed"), ...Array<Outcome>(6).fill("failed"), "skipped"]);
  keep("berta", "alert", [...Array<Outcome>(6).fill("passed"), ...Array<Outcome>(5).fill("failed")]);
  fs.appendFileSync(path.join(io.stateFolder, "history.jsonl"), '{"torn');
  assert.is(await runStats({}, io), 0);
  const told = io.takeOut();
  assert.match(told, "24 results of 1 run. Left out as torn: 1 of the history's lines");
  assert.match(told, /alert +12 +11 +52\.2 % +33\.0 % to 70\.8 % +1\.5 s +1 skipped/);
  assert.match(told, /anna \(24:0a:c4:00:00:01\) +6 +6 +50\.0 %/);
  assert.match(told, "alert on anna (24:0a:c4:00:00:01): 6 of 12 failed: the test");
  await runStats({ json: true, board: "berta" }, io);
  const { byBoard, failing } = JSON.parse(io.takeOut());
  assert.equal([byBoard.length, byBoard[0].failed, failing[0].verdict], [1, 5, "the test"]);
});

test("statistics are of the time that was asked for, and of nothing before there is anything", async () => {
  await runStats({}, io);
  assert.match(io.takeOut(), "There are no results yet");
  keep("anna", "boot", ["failed"], io.nowMs - 10 * 86_400_000);
  keep("anna", "boot", ["passed"]);
  await runStats({ since: "7d", json: true }, io);
  assert.equal(JSON.parse(io.takeOut()).results, 1);
});

test("the schema is printed as JSON", async () => {
  await runSchema({}, io);
  assert.is(JSON.parse(io.takeOut()).title, "Trapline bench");
});
