// Runs over several boards: side by side, in order on each, and one that breaks stops none of the others.
import * as assert from "uvu/assert";
import { createSimClock } from "../../../hil/clock.ts";
import { HilError } from "../../../hil/error.ts";
import type { RunnableSuite, SuiteResult } from "../../../hil/steps/engine.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { Failure, HilEvent } from "../../../hil/steps/events.ts";
import { type OpenBoard, type RunBoard, type RunOptions, runBoards } from "../../../hil/steps/runner.ts";
import type { StepContext } from "../../../hil/steps/step.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { advanceUntil, never, ofType } from "./try-suite.ts";

const test = suite("runner");

interface Rig {
  board: string;
}

type Opening = Partial<RunBoard<Rig>> & { name: string };

function createBoard(opening: Opening, closed: string[]): RunBoard<Rig> {
  const { name, open } = opening;
  return {
    facts: { name, mac: "24:0a:c4:00:00:01", isVirtual: true, labels: {} },
    open:
      open ??
      (async (): Promise<OpenBoard<Rig>> => ({ rig: { board: name }, close: async () => void closed.push(name) })),
  };
}

function createSuite(name: string, run: (context: StepContext, rig: Rig) => Promise<unknown>): RunnableSuite<Rig> {
  return { name, title: `${name} holds`, withinMs: 5_000, run: async (context, rig) => void (await run(context, rig)) };
}

type Extra = Partial<RunOptions<Rig, RunnableSuite<Rig>>>;

async function run(boards: Opening[], suites: RunnableSuite<Rig>[], extra: Extra = {}) {
  const clock = createSimClock();
  const stream = createEventStream({ clock, secrets: ["hunter22"] });
  const events: HilEvent[] = [];
  const closed: string[] = [];
  const ended: SuiteResult[] = [];
  const broken: [string, Failure][] = [];
  stream.subscribe((event) => events.push(event));
  const running = runBoards<Rig, RunnableSuite<Rig>>({
    boards: boards.map((board) => createBoard(board, closed)),
    suites,
    stream,
    clock,
    signal: new AbortController().signal,
    runId: "r1",
    bench: "virtual",
    command: "hil",
    repeatCommand: (name, board) => `--board ${board} --suite ${name}`,
    onSuiteEnded: async (result) => void ended.push(result),
    onBoardBroken: async (board, failure) => void broken.push([board.name, failure]),
    ...extra,
  });
  const result = await advanceUntil(clock, running);
  return { result, events, closed, ended, broken, outcomes: listOutcomes(events) };
}

function listOutcomes(events: HilEvent[]): string[] {
  return ofType(events, "suite-ended").map((one) => `${one.board} ${one.suite} ${one.attempt} ${one.outcome}`);
}

const takes = (ms: number) => (context: StepContext) =>
  context.wait("time", () => false, { withinMs: ms }).catch(() => undefined);
const quick = createSuite("quick", async () => undefined);
const slow = createSuite("slow", takes(3_000));

test("boards run side by side, the suites of each in order, and every step has a number of its own", async () => {
  const stepping = createSuite("stepping", (context) => context.step("one", () => takes(1_000)(context)));
  const { result, events, closed, outcomes } = await run([{ name: "a" }, { name: "b" }], [stepping, slow]);
  assert.is(result.durationMs, 4_000);
  assert.equal(outcomes, ["a stepping 1 passed", "b stepping 1 passed", "a slow 1 passed", "b slow 1 passed"]);
  assert.equal(
    ofType(events, "step-started").map((event) => event.step),
    [1, 2],
  );
  assert.equal(closed, ["a", "b"]);
  assert.is(events[0]?.type, "run-started");
  const last = events.at(-1);
  assert.is(last?.type, "run-ended");
  assert.equal(result.counts, { passed: 4, marginal: 0, failed: 0, skipped: 0, broken: 0, interrupted: 0 });
  assert.is(result.exitStatus, 0);
});

test("with repeat all suites run again, with the number of the attempt", async () => {
  const { outcomes } = await run([{ name: "a" }], [quick, slow], { repeat: 2 });
  assert.equal(outcomes, ["a quick 1 passed", "a slow 1 passed", "a quick 2 passed", "a slow 2 passed"]);
});

test("a failed suite stops nothing unless it is asked to, and the run ends with status 1", async () => {
  const fails = createSuite("fails", async (_context, rig) => {
    if (rig.board === "a") throw new Error("no alert");
  });
  const on = await run([{ name: "a" }, { name: "b" }], [fails, slow]);
  assert.is(on.result.exitStatus, 1);
  assert.is(on.result.outcome, "failed");
  assert.is(on.result.counts.passed, 3);
  const stopped = await run([{ name: "a" }, { name: "b" }], [fails, slow], { stopAtFirstFailure: true, repeat: 2 });
  assert.equal(stopped.outcomes.filter((line) => !line.endsWith("skipped")).sort(), [
    "a fails 1 failed",
    "b fails 1 passed",
  ]);
  assert.is(stopped.result.counts.skipped, 6);
  const [skipped] = ofType(stopped.events, "suite-ended").filter((event) => event.outcome === "skipped");
  assert.is(skipped?.skipReason, "stopped at the first failure: fails on a");
  assert.is(stopped.closed.length, 2);
});

test("a board that breaks is told of and not gone on with; the others go on", async () => {
  const breaks = createSuite("breaks", async (_context, rig) => {
    if (rig.board === "a") throw new HilError("infrastructure", "port-gone", "the port with hunter22 is gone");
  });
  const { result, outcomes, broken, closed, ended } = await run([{ name: "a" }, { name: "b" }], [breaks, slow]);
  assert.equal(outcomes, ["a breaks 1 broken", "b breaks 1 passed", "a slow 1 skipped", "b slow 1 passed"]);
  assert.is(result.exitStatus, 3);
  assert.equal(
    broken.map(([name]) => name),
    ["a"],
  );
  assert.equal([...closed].sort(), ["a", "b"]);
  const skipped = ended.find((one) => one.outcome === "skipped");
  assert.is(skipped?.skipReason, "the board broke in breaks: the port with *** is gone");
  assert.not.match(JSON.stringify([broken, ended, result]), "hunter22");
});

test("a broken promise outweighs a broken bench", async () => {
  const both = createSuite("both", async (_context, rig) => {
    throw rig.board === "a" ? new HilError("infrastructure", "port-gone", "gone") : new Error("no alert");
  });
  const { result } = await run([{ name: "a" }, { name: "b" }], [both]);
  assert.is(result.exitStatus, 1);
});

test("a board that cannot be opened is broken, one that is refused is skipped, and neither stops the others", async () => {
  const cannot: Opening = {
    name: "a",
    open: () => Promise.reject(new HilError("infrastructure", "no-port", "there is no /dev/x")),
  };
  const refused: Opening = { name: "b", open: async () => ({ refused: "in quarantine until Monday" }) };
  const { outcomes, result, broken } = await run([cannot, refused, { name: "c" }], [quick, slow]);
  assert.equal([...outcomes].sort(), [
    "a quick 1 broken",
    "a slow 1 skipped",
    "b quick 1 skipped",
    "b slow 1 skipped",
    "c quick 1 passed",
    "c slow 1 passed",
  ]);
  assert.equal(broken, [["a", { message: "there is no /dev/x", path: [], code: "no-port" }]]);
  assert.is(result.exitStatus, 3);
});

test("Ctrl-C ends what runs, skips what has not begun, closes every board, and says so", async () => {
  const controller = new AbortController();
  const undone: string[] = [];
  const hangs = createSuite("hangs", async (context, rig) => {
    context.defer("put back", async () => void undone.push(rig.board));
    if (rig.board === "b") controller.abort();
    await never();
  });
  const { result, outcomes, closed, broken } = await run([{ name: "a" }, { name: "b" }], [hangs, slow], {
    signal: controller.signal,
  });
  assert.equal([...outcomes].sort(), [
    "a hangs 1 interrupted",
    "a slow 1 skipped",
    "b hangs 1 interrupted",
    "b slow 1 skipped",
  ]);
  assert.is(result.outcome, "interrupted");
  assert.is(result.exitStatus, 3);
  assert.equal(undone.sort(), ["a", "b"]);
  assert.equal(closed.sort(), ["a", "b"]);
  assert.equal(broken, []);
});

test("Ctrl-C while a board is being opened skips its suites", async () => {
  const controller = new AbortController();
  const opening: Opening = {
    name: "a",
    open: async (signal) => {
      controller.abort();
      throw signal.reason;
    },
  };
  const { outcomes, result } = await run([opening], [quick], { signal: controller.signal });
  assert.equal(outcomes, ["a quick 1 skipped"]);
  assert.is(result.exitStatus, 3);
});

test("what breaks beneath the whole run breaks what runs, and puts no board into quarantine", async () => {
  const controller = new AbortController();
  const full = createSuite("full", async () => {
    controller.abort(new HilError("infrastructure", "disk-full", "no space left"));
    await never();
  });
  const { outcomes, result, broken } = await run([{ name: "a" }], [full, quick], { signal: controller.signal });
  assert.equal(outcomes, ["a full 1 broken", "a quick 1 skipped"]);
  assert.is(result.outcome, "broken");
  assert.is(result.exitStatus, 3);
  assert.equal(broken, []);
});

test("a history or a quarantine that cannot be written, and a board that cannot be closed, are remarked", async () => {
  const unclosable: Opening = {
    name: "a",
    open: async () => ({ rig: { board: "a" }, close: () => Promise.reject(new Error("port stuck")) }),
  };
  const breaks = createSuite("breaks", () => Promise.reject(new HilError("infrastructure", "x", "gone")));
  const { events, result } = await run([unclosable], [breaks], {
    onSuiteEnded: () => Promise.reject(new Error("read-only")),
    onBoardBroken: () => Promise.reject(new Error("read-only")),
  });
  assert.equal(
    ofType(events, "remarked").map((event) => event.text),
    [
      "breaks could not be written into the history: read-only",
      "could not be put in quarantine: read-only",
      "could not be closed in order: port stuck",
    ],
  );
  assert.is(result.exitStatus, 3);
});

test("a run of nothing is refused", async () => {
  assert.match(String(await getRejection(run([], [quick]))), /there is no board to run/);
  assert.match(String(await getRejection(run([{ name: "a" }], []))), /there is no suite to run/);
});
