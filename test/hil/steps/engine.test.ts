// The engine's outcomes: whatever a suite does, it ends as one of them, with words, and with everything put back. [BENCH-11]
import * as assert from "uvu/assert";
import { HilError } from "../../../hil/error.ts";
import type { Outcome } from "../../../hil/steps/events.ts";
import { StepFailure } from "../../../hil/steps/failure.ts";
import type { StepContext } from "../../../hil/steps/step.ts";
import { suite } from "../../support/suite.ts";
import { never, ofType, type TriedBody, trySuite } from "./try-suite.ts";

const test = suite("engine");

const gone = () => new HilError("infrastructure", "port-gone", "the port is gone: plug it in again");

interface Row {
  name: string;
  body: TriedBody;
  outcome: Outcome;
  says?: RegExp;
  path?: string[];
  /** Steps in the order of their ends. */
  steps: string[];
}

const inTwo = (inner: (context: StepContext) => Promise<unknown>) => (context: StepContext) =>
  context.step("outer", (outer) => outer.step("inner", inner)).then(() => undefined);

const ROWS: Row[] = [
  { name: "a suite that does nothing", body: async () => undefined, outcome: "passed", steps: [] },
  { name: "nested steps", body: inTwo(async () => 1), outcome: "passed", steps: ["inner: passed", "outer: passed"] },
  {
    name: "a throwing step",
    body: inTwo(async () => {
      throw new TypeError("x is not a function");
    }),
    outcome: "failed",
    says: /^x is not a function$/,
    path: ["outer", "inner"],
    steps: ["inner: failed", "outer: failed"],
  },
  {
    name: "a step that throws what is no error",
    body: inTwo(() => Promise.reject("soup")),
    outcome: "failed",
    says: /threw 'soup', which is not an error/,
    path: ["outer", "inner"],
    steps: ["inner: failed", "outer: failed"],
  },
  {
    name: "a step that throws before its first await",
    body: (context) =>
      context.step("at once", () => {
        throw new Error("at once");
      }),
    outcome: "failed",
    says: /^at once$/,
    path: ["at once"],
    steps: ["at once: failed"],
  },
  {
    name: "a suite that throws outside of its steps",
    body: async () => {
      throw new Error("outside");
    },
    outcome: "failed",
    says: /^outside$/,
    path: [],
    steps: [],
  },
  {
    name: "a failure that the suite expected and caught",
    body: async (context) => {
      await context.step("refused", async () => assert.unreachable("refused")).catch(() => undefined);
      await context.step("afterwards", async () => undefined);
    },
    outcome: "passed",
    steps: ["refused: failed", "afterwards: passed"],
  },
  {
    name: "trouble of the bench",
    body: inTwo(() => Promise.reject(gone())),
    outcome: "broken",
    says: /plug it in again/,
    path: ["outer", "inner"],
    steps: ["inner: broken", "outer: broken"],
  },
  {
    name: "trouble of the bench that was wrapped on its way",
    body: inTwo(() => Promise.reject(new StepFailure("no line came", {}, new Error("read failed", { cause: gone() })))),
    outcome: "broken",
    says: /no line came/,
    steps: ["inner: broken", "outer: broken"],
  },
  {
    name: "a skip inside nested steps",
    body: inTwo(async (context) => context.skip("no fixture on this board")),
    outcome: "skipped",
    says: /no fixture/,
    steps: ["inner: skipped", "outer: skipped"],
  },
  {
    name: "a skip that somebody caught",
    body: async (context) => {
      await context.step("asks", async (inner) => inner.skip("no relay")).catch(() => undefined);
    },
    outcome: "skipped",
    says: /no relay/,
    steps: ["asks: skipped"],
  },
  {
    name: "a hanging step with a patience",
    body: (context) => context.step("hangs", never, { withinMs: 300 }),
    outcome: "failed",
    says: /"hangs" took longer than 300 ms/,
    path: ["hangs"],
    steps: ["hangs: failed"],
  },
  {
    name: "a hanging step without one",
    body: inTwo(never),
    outcome: "failed",
    says: /the suite took longer than 5000 ms/,
    path: ["outer", "inner"],
    steps: ["inner: failed", "outer: failed"],
  },
  {
    name: "a hanging suite",
    body: never,
    outcome: "failed",
    says: /the suite took longer than 5000 ms/,
    path: [],
    steps: [],
  },
  {
    name: "a panic while a step hangs",
    body: (context, tools) => {
      tools.clock.setTimer(700, () => tools.abort("Guru Meditation Error: Core 0 panic'ed (LoadProhibited)"));
      return inTwo(never)(context);
    },
    outcome: "failed",
    says: /^Guru Meditation Error/,
    path: ["outer", "inner"],
    steps: ["inner: failed", "outer: failed"],
  },
  {
    name: "a port that vanishes while a step hangs",
    body: (context, tools) => {
      tools.clock.setTimer(700, () => tools.abort(gone()));
      return inTwo(never)(context);
    },
    outcome: "broken",
    says: /plug it in again/,
    steps: ["inner: broken", "outer: broken"],
  },
  {
    name: "Ctrl-C while a step hangs",
    body: (context, tools) => {
      tools.clock.setTimer(700, () => tools.interrupt());
      return inTwo(never)(context);
    },
    outcome: "interrupted",
    says: /the run was interrupted/,
    steps: ["inner: interrupted", "outer: interrupted"],
  },
  {
    name: "a full disk beneath the run",
    body: (context, tools) => {
      tools.clock.setTimer(700, () => tools.interrupt(new HilError("infrastructure", "disk-full", "the disk is full")));
      return inTwo(never)(context);
    },
    outcome: "broken",
    says: /the disk is full/,
    steps: ["inner: broken", "outer: broken"],
  },
  {
    name: "a step that nobody awaits",
    body: (context) =>
      context.step("outer", async (outer) => {
        outer.step("left alone", never);
      }),
    outcome: "failed",
    says: /"left alone" was left running/,
    path: ["outer", "left alone"],
    steps: ["left alone: failed", "outer: failed"],
  },
  {
    name: "steps side by side, of which one fails",
    body: async (context) => {
      const bad = context.step("bad", () => Promise.reject(new Error("bad")));
      await Promise.all([context.step("hangs", never), bad]);
    },
    outcome: "failed",
    says: /^bad$/,
    path: ["bad"],
    steps: ["bad: failed", "hangs: failed"],
  },
];

for (const row of ROWS)
  test(`${row.name}: ${row.outcome}, and what was deferred is put back`, async () => {
    let isUndone = false;
    const tried = await trySuite(async (context, tools) => {
      context.defer("put back", async () => {
        isUndone = true;
      });
      await row.body(context, tools);
    });
    const { result } = tried;
    assert.is(result.outcome, row.outcome, JSON.stringify(result));
    assert.equal(tried.steps, [...row.steps, "put back: passed"]);
    assert.ok(isUndone);
    const words = result.outcome === "skipped" ? result.skipReason : result.failure?.message;
    if (row.says === undefined) assert.is(words, undefined);
    else assert.match(words ?? "", row.says);
    if (row.path !== undefined) assert.equal(result.failure?.path, row.path);
    assert.is(result.repeat, "again tried on a");
  });

test("a step tells its inputs, results and duration", async () => {
  const { events, result } = await trySuite((context) =>
    context
      .step(
        "joins",
        async (inner) => {
          await inner.wait("a second to pass", () => false, { withinMs: 1_000 }).catch(() => undefined);
          return { address: "10.0.0.7", image: new Uint8Array(9), tries: [1, 2], driver: new Map() };
        },
        { inputs: { ssid: "loft", key: Buffer.from("abc") } },
      )
      .then(() => undefined),
  );
  const [started] = ofType(events, "step-started");
  const [ended] = ofType(events, "step-ended");
  assert.equal(started?.inputs, { ssid: "loft", key: "(3 bytes)" });
  assert.equal(ended?.results, { address: "10.0.0.7", image: "(9 bytes)", tries: [1, 2] });
  assert.is(ended?.durationMs, 1_000);
  assert.is(result.durationMs, 1_000);
});

test("a suite's own patience begins when its board is prepared, and preparing has one of its own", async () => {
  const slow = { withinMs: 60_000, run: (context: StepContext) => context.step("flash", takes(50_000)) };
  const prepared = await trySuite((context) => context.step("works", takes(4_000)), { prepare: slow });
  assert.is(prepared.result.outcome, "passed");
  assert.is(prepared.result.durationMs, 54_000);
  const stuck = { withinMs: 60_000, run: (context: StepContext) => context.step("flash", takes(70_000)) };
  const unprepared = await trySuite(async () => assert.unreachable(), { prepare: stuck });
  assert.is(unprepared.result.outcome, "failed");
  assert.match(unprepared.result.failure?.message ?? "", /preparing the board took longer than 60000 ms/);
  assert.equal(unprepared.result.failure?.path, ["flash"]);
});

function takes(ms: number) {
  return async (context: StepContext) => {
    await context
      .wait(`${ms} ms to pass`, () => false, { withinMs: ms })
      .catch((error: unknown) => {
        if (!(error instanceof StepFailure) || error.facts.awaited === undefined) throw error;
      });
  };
}

test("code of a step that was given up is heard no more, and what it defers is put back all the same", async () => {
  const undone: string[] = [];
  const late: unknown[] = [];
  let goOn: () => void = () => undefined;
  const { result, events } = await trySuite(async (context) => {
    await context.step(
      "hangs",
      async (inner) => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        inner.defer("late", async () => void undone.push("late"));
        for (const call of [
          () => inner.measure("late", 1, "ms"),
          () => inner.skip("late"),
          () => inner.step("late", async () => 1),
          () => inner.wait("late", () => true, { withinMs: 1 }),
        ])
          await Promise.resolve()
            .then(call)
            .catch((error: unknown) => late.push(error));
      },
      { withinMs: 100 },
    );
  });
  const told = events.length;
  goOn();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(result.outcome, "failed");
  assert.is(late.length, 4);
  assert.equal(undone, ["late"]);
  const after = events.slice(told).map((event) => event.type);
  assert.equal(after, ["step-started", "step-ended", "remarked"]);
});
