// Waits explain themselves: what was awaited, how long, and what was seen last.
import * as assert from "uvu/assert";
import { HilError } from "../../../hil/error.ts";
import { suite } from "../../support/suite.ts";
import { never, trySuite } from "./try-suite.ts";

const test = suite("waits");

test("a wait asks until the answer is neither undefined nor false, and 0 and the empty text are answers", async () => {
  const answers: unknown[] = [undefined, false, 0];
  const seen: unknown[] = [];
  const { result } = await trySuite(async (context) => {
    seen.push(await context.wait("a number", () => answers.shift() as number | undefined, { withinMs: 500 }));
    seen.push(await context.wait("a text", async () => "", { withinMs: 500 }));
  });
  assert.is(result.outcome, "passed");
  assert.equal(seen, [0, ""]);
  assert.is(result.durationMs, 100);
});

test("a time that is up tells what was awaited, how long, how often, and what was seen last", async () => {
  const lines = ["TL 100 boot", "TL 200 wifi state=joining"];
  const { result } = await trySuite((context) =>
    context.step("joins", (inner) =>
      inner.wait("the trap to join its Wi-Fi", () => undefined, {
        withinMs: 1_000,
        everyMs: 250,
        lastSeen: () => lines,
      }),
    ),
  );
  assert.equal(result.failure, {
    message: "waited 1000 ms for the trap to join its Wi-Fi (asked 5 times)",
    path: ["joins"],
    awaited: "the trap to join its Wi-Fi",
    lastSeen: lines,
  });
});

test("what the question threw last is part of what was seen; a later answer takes its place", async () => {
  const { result } = await trySuite((context) =>
    context.wait("the alert", () => Promise.reject(new Error("HTTP 503")), { withinMs: 100 }),
  );
  assert.equal(result.failure?.lastSeen, ["last error: HTTP 503"]);
  let questions = 0;
  const mended = await trySuite((context) =>
    context.wait(
      "the alert",
      () => {
        questions += 1;
        if (questions === 1) throw new Error("HTTP 503");
        return undefined;
      },
      { withinMs: 100 },
    ),
  );
  assert.equal(mended.result.failure?.lastSeen, []);
});

test("trouble of the bench ends a wait at once", async () => {
  const { result } = await trySuite((context) =>
    context.wait(
      "the alert",
      () => Promise.reject(new HilError("infrastructure", "cloud-gone", "the cloud has ended")),
      {
        withinMs: 3_000,
      },
    ),
  );
  assert.is(result.outcome, "broken");
  assert.is(result.durationMs, 0);
});

test("a question that is never answered ends with the wait's patience", async () => {
  const { result } = await trySuite((context) => context.wait("the alert", never, { withinMs: 700 }));
  assert.match(result.failure?.message ?? "", /waited 700 ms for the alert \(the last question was never answered\)/);
  assert.is(result.durationMs, 700);
});

test("a suite whose time is up while it waits tells what it was waiting for", async () => {
  const { result, steps } = await trySuite(
    (context) =>
      context.step("outer", (outer) =>
        outer.step("inner", (inner) =>
          inner.wait("the notice", () => false, { withinMs: 60_000, lastSeen: () => ["no notice yet"] }),
        ),
      ),
    { withinMs: 2_000 },
  );
  assert.equal(result.failure, {
    message: "the suite took longer than 2000 ms",
    path: ["outer", "inner"],
    awaited: "the notice",
    lastSeen: ["no notice yet"],
    code: "suite-timeout",
  });
  assert.equal(steps, ["inner: failed", "outer: failed"]);
});

test("a step whose patience ends while it waits tells the same, and its wait ends", async () => {
  let questions = 0;
  let atEnd = 0;
  const { result, clock } = await trySuite(async (context) => {
    await context.step(
      "outer",
      (outer) =>
        outer.wait(
          "the notice",
          () => {
            questions += 1;
            return undefined;
          },
          {
            withinMs: 60_000,
            lastSeen: () => [`${questions} asked`],
          },
        ),
      { withinMs: 200 },
    );
  });
  atEnd = questions;
  await clock.advance(1_000);
  assert.is(questions, atEnd);
  assert.is(result.failure?.awaited, "the notice");
  assert.equal(result.failure?.lastSeen, ["4 asked"]);
});
