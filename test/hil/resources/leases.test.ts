// Who may use a board: runs that live, runs that died, persons, and those who break in. Times are simulated; the race is between processes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as assert from "uvu/assert";
import { createSimClock, createWallClock, type SimClock } from "../../../hil/clock.ts";
import { HilError } from "../../../hil/error.ts";
import { createLeases, type HeldLease, type Leases } from "../../../hil/resources/leases.ts";
import { createProcesses } from "../../../hil/resources/processes.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/resources/leases", { limitMs: 40_000 });
const ANNA = { mac: "24:0a:c4:00:00:01", name: "anna" };
const BERTA = { mac: "24:0a:c4:00:00:02", name: "berta" };
const folders: string[] = [];
test.after(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

interface Bench {
  clock: SimClock;
  folder: string;
  living: Map<number, string>;
  as(owner: string, pid: number): Leases;
}

function createBench(): Bench {
  const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "trapline-leases-")), "leases");
  folders.push(path.dirname(folder));
  const clock = createSimClock();
  const living = new Map<number, string>();
  return {
    clock,
    folder,
    living,
    as(owner, pid) {
      living.set(pid, `start of ${pid}`);
      const processes = { pid, isAlive: (one: number) => living.has(one), findStart: (one: number) => living.get(one) };
      return createLeases({ folder, owner, clock, processes });
    },
  };
}

function getRefusal(act: () => unknown, code: string): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof HilError && thrown.code === code) return thrown.message;
    throw thrown;
  }
  throw new Error("was allowed");
}

function watch(lease: HeldLease): string[] {
  const losses: string[] = [];
  lease.onLost((reason) => losses.push(reason.message));
  return losses;
}

test("[BENCH-2] a board in use is refused with who has it, why, and what to do", () => {
  const bench = createBench();
  bench.as("ute@lab", 1).take(ANNA, "run 7");
  const message = getRefusal(() => bench.as("kai@lab", 2).take(ANNA, "run 8"), "board-taken");
  assert.match(message, "anna is in use by ute@lab, process 1 (run 7)");
  assert.match(message, "break-lease anna");
  bench.as("kai@lab", 2).take(BERTA, "run 8");
});

test("[BENCH-2] another run of the same person, and of the same process, is another run", () => {
  const bench = createBench();
  const leases = bench.as("ute@lab", 1);
  leases.take(ANNA, "run 7");
  getRefusal(() => leases.take(ANNA, "run 8"), "board-taken");
  getRefusal(() => bench.as("ute@lab", 2).take(ANNA, "run 9"), "board-taken");
});

test("a lease that was given back can be taken, and leaves nothing behind", () => {
  const bench = createBench();
  const lease = bench.as("ute@lab", 1).take(ANNA, "run 7");
  lease.release();
  const second = bench.as("kai@lab", 2).take(ANNA, "run 8");
  assert.equal(second.remarks, []);
  second.release();
  assert.equal(bench.as("kai@lab", 2).list(), []);
});

test("a run that goes on keeps its lease for hours", async () => {
  const bench = createBench();
  const lease = bench.as("ute@lab", 1).take(ANNA, "run 7");
  const losses = watch(lease);
  await bench.clock.advance(3 * 3_600_000);
  getRefusal(() => bench.as("kai@other", 2).take(ANNA, "run 8"), "board-taken");
  assert.equal(losses, []);
  assert.ok(fs.readdirSync(path.join(bench.folder, "240ac4000001")).length < 10, "old states are taken away");
  lease.release();
});

test("a run whose process is gone is taken over at once on its own machine, with a remark", () => {
  const bench = createBench();
  bench.as("ute@lab", 1).take(ANNA, "run 7");
  bench.living.delete(1);
  assert.equal(bench.as("kai@lab", 2).take(ANNA, "run 8").remarks, [
    "Took over anna from ute@lab (run 7): its process 1 is gone.",
  ]);
});

test("a process that only has the dead one's number does not keep its lease", () => {
  const bench = createBench();
  bench.as("ute@lab", 1).take(ANNA, "run 7");
  bench.living.set(1, "a later start");
  assert.is(bench.as("kai@lab", 2).take(ANNA, "run 8").remarks.length, 1);
});

test("a run on another machine that died is taken over when its time is up, and not before", async () => {
  const bench = createBench();
  const lease = bench.as("ute@far", 1).take(ANNA, "run 7");
  lease.onLost(() => undefined);
  const frozen = createSimClock();
  const kai = createLeases({
    folder: bench.folder,
    owner: "kai@lab",
    clock: frozen,
    processes: { pid: 2, isAlive: () => false, findStart: () => undefined },
  });
  await frozen.advance(59_000);
  getRefusal(() => kai.take(ANNA, "run 8"), "board-taken");
  await frozen.advance(2_000);
  assert.match(kai.take(ANNA, "run 8").remarks.join(), /Took over anna from ute@far.*not renewed/);
  lease.release();
});

test("[BENCH-2] a run whose lease was broken hears by whom and why, and another may begin when it has stopped", async () => {
  const bench = createBench();
  const lease = bench.as("ute@lab", 1).take(ANNA, "run 7");
  const losses = watch(lease);
  const kai = bench.as("kai@lab", 2);
  assert.is(kai.break(ANNA, "the demo is at ten").use?.owner, "ute@lab");
  assert.match(
    getRefusal(() => kai.take(ANNA, "run 8"), "board-taken"),
    "needs a moment to stop",
  );
  await bench.clock.advance(5_000);
  assert.equal(losses, [
    "The lease on anna was broken by kai@lab: the demo is at ten. This run leaves the board alone.",
  ]);
  lease.release();
  kai.take(ANNA, "run 8");
});

test("one that was broken and never stops is not waited for", async () => {
  const bench = createBench();
  bench.as("ute@lab", 1).take(ANNA, "run 7");
  const kai = bench.as("kai@lab", 2);
  kai.break(ANNA, "it hangs");
  await bench.clock.advance(10_000);
  kai.take(ANNA, "run 8");
});

test("a run that could not renew in time hears that it has lost the board to another", async () => {
  const bench = createBench();
  const lease = bench.as("ute@far", 1).take(ANNA, "run 7");
  const losses = watch(lease);
  const later = createSimClock();
  await later.advance(120_000);
  createLeases({
    folder: bench.folder,
    owner: "kai@lab",
    clock: later,
    processes: { pid: 2, isAlive: () => true, findStart: () => undefined },
  }).take(ANNA, "run 8");
  await bench.clock.advance(5_000);
  assert.match(losses.join(), /ran out.*kai@lab has the board now/);
});

test("a person's lease keeps others' runs away until its time, and lets their own in", async () => {
  const bench = createBench();
  const ute = bench.as("ute@lab", 1);
  assert.equal(ute.reserve(ANNA, 7_200_000, "measuring the battery"), []);
  const kai = bench.as("kai@lab", 2);
  const refusal = getRefusal(() => kai.take(ANNA, "run 8"), "board-taken");
  assert.match(refusal, "reserved by ute@lab for another 2 h (measuring the battery)");
  const lease = bench.as("ute@lab", 3).take(ANNA, "run 9");
  lease.release();
  assert.is(ute.list()[0]?.reservation?.reason, "measuring the battery");
  await bench.clock.advance(7_200_000);
  kai.take(ANNA, "run 8");
});

test("a person may reserve what is in use, and is told so; not what another has reserved", () => {
  const bench = createBench();
  bench.as("ute@lab", 1).take(ANNA, "run 7");
  const kai = bench.as("kai@lab", 2);
  assert.match(kai.reserve(ANNA, 60_000, "next").join(), "in use by ute@lab (run 7)");
  getRefusal(() => bench.as("mia@lab", 3).reserve(ANNA, 60_000, "me too"), "board-taken");
});

test("only the one who has a lease gives it back; breaking ends anybody's, and needs one to be there", () => {
  const bench = createBench();
  const ute = bench.as("ute@lab", 1);
  const kai = bench.as("kai@lab", 2);
  ute.reserve(ANNA, 60_000, "mine");
  assert.match(
    getRefusal(() => kai.release(ANNA), "lease-not-yours"),
    "ute@lab has",
  );
  ute.release(ANNA);
  assert.match(
    getRefusal(() => ute.release(ANNA), "lease-not-yours"),
    "nobody has reserved it",
  );
  getRefusal(() => kai.break(ANNA, "x"), "lease-missing");
  ute.reserve(ANNA, 60_000, "mine");
  assert.is(kai.break(ANNA, "needed now").reservation?.owner, "ute@lab");
  assert.equal(kai.list(), []);
});

test("a state that is torn or foreign is no lease, and no harm", () => {
  const bench = createBench();
  const ute = bench.as("ute@lab", 1);
  ute.take(ANNA, "run 7");
  const folder = path.join(bench.folder, "240ac4000001");
  for (const text of ['{"board":{"mac":"24', "", "[]", '{"board":{"mac":"x"},"use":{"until":"soon"}}']) {
    const number = fs.readdirSync(folder).length + 40;
    fs.writeFileSync(path.join(folder, `${String(number).padStart(8, "0")}.json`), text);
    fs.writeFileSync(path.join(folder, "notes.txt"), "not ours");
    bench.as("kai@lab", 2).take(ANNA, "run 8").release();
  }
  assert.equal(ute.list(), []);
});

test("a folder that cannot be written is told with what to do", () => {
  const bench = createBench();
  fs.writeFileSync(bench.folder, "a file");
  const message = getRefusal(() => bench.as("ute@lab", 1).take(ANNA, "run 7"), "state-folder-unusable");
  assert.match(message, /The lease of anna cannot be kept in .*leases.*stands where a folder should/);
});

const ROUNDS = 24;
const RACERS = 4;

test("[BENCH-2] of processes that want one board at the same moment exactly one gets it, from nobody and from a dead run", async () => {
  const bench = createBench();
  const dead = createLeases({
    folder: bench.folder,
    owner: `dead@${os.hostname()}`,
    clock: createWallClock(),
    processes: { ...createProcesses(), pid: 0x7ffffffe },
  });
  const held: HeldLease[] = [];
  for (let round = 0; round < ROUNDS; round += 2) {
    const board = { mac: `24:0a:c4:00:00:${String(round).padStart(2, "0")}`, name: `board-${round}` };
    held.push(dead.take(board, "died"));
  }
  const program = path.join(import.meta.dirname, "take-leases-program.ts");
  const begin = String(Date.now() + 4_000);
  const racers: ChildProcess[] = [];
  try {
    const wins = await Promise.all(
      Array.from({ length: RACERS }, async (_, racer) => {
        const owner = `racer-${racer}@${os.hostname()}`;
        const words = ["--import", "tsx", program, bench.folder, owner, begin, "25", String(ROUNDS)];
        const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
        racers.push(child);
        const [line] = await once(createInterface({ input: child.stdout }), "line");
        return JSON.parse(String(line)) as number[];
      }),
    );
    const winners = wins.flat().sort((a, b) => a - b);
    assert.equal(
      winners,
      Array.from({ length: ROUNDS }, (_, round) => round),
    );
  } finally {
    for (const child of racers) {
      const ended = once(child, "close");
      child.stdin?.end();
      await ended;
    }
    for (const lease of held) lease.release();
  }
});
