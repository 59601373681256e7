// Teardown: always, the last first, each with its own patience; and what a failure in it means. [BENCH-11]
import * as assert from "uvu/assert";
import { HilError } from "../../../hil/error.ts";
import type { Outcome } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";
import { never, ofType, type TriedBody, trySuite } from "./try-suite.ts";

const test = suite("teardown");

test("what was deferred is put back the last first, in steps of its own, what teardown defers included", async () => {
  const { result, steps, events } = await trySuite(async (context) => {
    context.defer("power", async (undo) => {
      undo.defer("fan", async () => undefined);
      await undo.step("switch", async () => undefined);
    });
    await context.step("outer", async (outer) => outer.defer("plunger", async () => undefined));
  });
  assert.is(result.outcome, "passed");
  assert.equal(steps, ["outer: passed", "plunger: passed", "switch: passed", "power: passed", "fan: passed"]);
  const marked = ofType(events, "step-started").map((event) => event.isTeardown === true);
  assert.equal(marked, [false, true, true, true, true]);
});

const throwing: TriedBody = async (context) => context.defer("lid", () => Promise.reject(new Error("stuck")));
const hanging: TriedBody = async (context) => context.defer("lid", never);
const fails = () => Promise.reject(new Error("the promise"));
const breaks = () => Promise.reject(new HilError("infrastructure", "port-gone", "gone"));

interface Row {
  name: string;
  spoil: TriedBody;
  body: TriedBody;
  outcome: Outcome;
  says: RegExp;
  afterMs: number;
}

const ROWS: Row[] = [
  {
    name: "a throwing teardown",
    spoil: throwing,
    body: async () => undefined,
    outcome: "broken",
    says: /^could not be put back: lid: stuck$/,
    afterMs: 0,
  },
  {
    name: "a hanging teardown",
    spoil: hanging,
    body: async () => undefined,
    outcome: "broken",
    says: /could not be put back: lid: "lid" took longer than 10000 ms/,
    afterMs: 10_000,
  },
  {
    name: "a hanging teardown with its own patience",
    spoil: async (context) => context.defer("lid", never, { withinMs: 200 }),
    body: async () => undefined,
    outcome: "broken",
    says: /took longer than 200 ms/,
    afterMs: 200,
  },
  { name: "after a failed suite", spoil: throwing, body: fails, outcome: "failed", says: /^the promise$/, afterMs: 0 },
  { name: "after a broken suite", spoil: throwing, body: breaks, outcome: "broken", says: /^gone$/, afterMs: 0 },
  {
    name: "after a skipped suite",
    spoil: throwing,
    body: async (context) => context.skip("no relay"),
    outcome: "broken",
    says: /stuck/,
    afterMs: 0,
  },
  {
    name: "after a marginal suite",
    spoil: throwing,
    body: async (context) => context.measure("delay", 2, "s", { pass: 1, fail: 3 }),
    outcome: "broken",
    says: /stuck/,
    afterMs: 0,
  },
  {
    name: "after Ctrl-C",
    spoil: hanging,
    body: async (_context, tools) => {
      tools.interrupt();
      await never();
    },
    outcome: "interrupted",
    says: /interrupted/,
    afterMs: 10_000,
  },
  {
    name: "several of them",
    spoil: async (context, tools) => {
      await throwing(context, tools);
      context.defer("lamp", () => Promise.reject(new Error("dark")));
    },
    body: async () => undefined,
    outcome: "broken",
    says: /^could not be put back: lamp: dark; could not be put back: lid: stuck$/,
    afterMs: 0,
  },
];

for (const row of ROWS)
  test(`${row.name}: ${row.outcome}, and all the others are still put back`, async () => {
    const undone: string[] = [];
    const { result } = await trySuite(async (context, tools) => {
      context.defer("first", async () => void undone.push("first"));
      await row.spoil(context, tools);
      context.defer("last", async () => void undone.push("last"));
      await row.body(context, tools);
    });
    assert.is(result.outcome, row.outcome, JSON.stringify(result));
    assert.match(result.failure?.message ?? "", row.says);
    assert.equal(undone, ["last", "first"]);
    assert.is(result.durationMs, row.afterMs);
  });

test("a teardown may wait, though the suite it follows was aborted", async () => {
  const { result, steps } = await trySuite(
    async (context) => {
      let questions = 0;
      context.defer("settle", (undo) =>
        undo
          .wait(
            "three questions",
            () => {
              questions += 1;
              return questions === 3;
            },
            { withinMs: 1_000 },
          )
          .then(() => undefined),
      );
      await never();
    },
    { withinMs: 300 },
  );
  assert.equal(steps, ["settle: passed"]);
  assert.match(result.failure?.message ?? "", /the suite took longer than 300 ms/);
});

const LATE: { name: string; cause: Error | string; outcome: Outcome }[] = [
  { name: "a panic", cause: "Guru Meditation Error", outcome: "failed" },
  {
    name: "a vanished port",
    cause: new HilError("infrastructure", "port-gone", "the port is gone"),
    outcome: "broken",
  },
];

for (const { name, cause, outcome } of LATE)
  test(`${name} while everything is put back: ${outcome}, and the rest is still put back`, async () => {
    const { result, steps } = await trySuite(async (context, tools) => {
      context.defer("rest", async () => undefined);
      context.defer("power", async (undo) => {
        tools.abort(cause);
        await undo.step("goes on", async () => undefined);
      });
    });
    assert.is(result.outcome, outcome);
    assert.equal(steps, ["goes on: passed", "power: passed", "rest: passed"]);
  });

test("Ctrl-C while everything is put back takes nothing away from what the suite has shown", async () => {
  const { result } = await trySuite(async (context, tools) => context.defer("power", async () => tools.interrupt()));
  assert.is(result.outcome, "passed");
});
