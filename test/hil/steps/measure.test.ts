// Measurements against their limits, and what they do to the steps around them.
import * as assert from "uvu/assert";
import type { Limits, Outcome } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";
import { ofType, trySuite } from "./try-suite.ts";

const test = suite("measurements");

const LIMITS = { pass: 100, fail: 200 };
const ROWS: [value: number, limits: Limits | undefined, outcome: Outcome][] = [
  [0, LIMITS, "passed"],
  [100, LIMITS, "passed"],
  [100.001, LIMITS, "marginal"],
  [200, LIMITS, "marginal"],
  [200.001, LIMITS, "failed"],
  [5, { pass: 5, fail: 5 }, "passed"],
  [5.1, { pass: 5, fail: 5 }, "failed"],
  [1e9, undefined, "passed"],
  [Number.NaN, LIMITS, "failed"],
  [Number.POSITIVE_INFINITY, undefined, "failed"],
];

for (const [value, limits, outcome] of ROWS)
  test(`${value} with ${limits ? `limits ${limits.pass} and ${limits.fail}` : "no limits"} is ${outcome}, outwards to the suite`, async () => {
    const { result, events, steps } = await trySuite(async (context) => {
      await context.step("outer", (outer) =>
        outer.step("inner", async (inner) => inner.measure("delay", value, "ms", limits)),
      );
    });
    assert.is(result.outcome, outcome);
    assert.equal(steps, [`inner: ${outcome}`, `outer: ${outcome}`]);
    const [measured] = ofType(events, "measured");
    if (!Number.isFinite(value)) return assert.is(measured, undefined);
    assert.is(measured?.outcome, outcome);
    assert.is(measured?.value, value);
    if (outcome === "failed")
      assert.is(result.failure?.message, `delay was ${value} ms: the limit is ${limits?.fail} ms`);
  });

test("a value beyond its limit fails its step even where somebody catches what measure throws", async () => {
  const { result } = await trySuite(async (context) => {
    await context.step("catches", async (inner) => {
      try {
        inner.measure("delay", 300, "ms", LIMITS);
      } catch {
        return;
      }
    });
  });
  assert.is(result.outcome, "failed");
});

test("limits in the wrong order are a mistake of the suite", async () => {
  const { result } = await trySuite(async (context) => context.measure("delay", 1, "ms", { pass: 2, fail: 1 }));
  assert.match(result.failure?.message ?? "", /pass must not be beyond fail/);
  assert.match(result.failure?.where ?? "", /^hil\/steps\/step-scope\.ts:\d+$/);
});

test("what the suite itself measures stands at step 0", async () => {
  const { result, events } = await trySuite(async (context) => context.measure("delay", 150, "ms", LIMITS));
  assert.is(ofType(events, "measured")[0]?.step, 0);
  assert.is(result.outcome, "marginal");
});
