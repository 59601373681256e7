// The one way to wait: what it returns, and what it says when it gives up.
import * as assert from "uvu/assert";
import { eventually } from "./eventually.ts";
import { getRejection } from "./rejection.ts";
import { suite } from "./suite.ts";

const test = suite("eventually");

test("it asks until the answer is true and returns it", async () => {
  let asked = 0;
  const answer = await eventually(() => (++asked === 3 ? { asked } : null), { withinMs: 2_000, because: "three" });
  assert.equal(answer, { asked: 3 });
});

test("an error is an answer like no, until the time is over", async () => {
  let asked = 0;
  const probe = async () => {
    asked += 1;
    if (asked < 3) throw new Error("not yet");
    return "done";
  };
  assert.is(await eventually(probe, { withinMs: 2_000, because: "done" }), "done");
});

const FAILING: [promise: string, probe: () => unknown, message: RegExp][] = [
  ["the last status", () => false, /not within 30 ms \(\d+ tries\): the trap is armed; last status: false/],
  [
    "the last error",
    () => {
      throw new Error("connection refused");
    },
    /the trap is armed; last error: connection refused/,
  ],
  ["that the probe itself hangs", () => new Promise(() => undefined), /\(\d+ tries\).*the probe did not answer/],
];

for (const [promise, probe, message] of FAILING) {
  test(`giving up tells what was waited for and ${promise}`, async () => {
    const error = await getRejection(eventually(probe, { withinMs: 30, because: "the trap is armed" }));
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
  });
}

test("a probe that is cut off by the end of the time does not hide the answer before it", async () => {
  let asked = 0;
  const probe = () => (++asked === 1 ? 0 : new Promise<number>(() => undefined));
  const error = await getRejection(eventually(probe, { withinMs: 30, because: "the count is right" }));
  assert.match(String(error), /last status: 0/);
});
