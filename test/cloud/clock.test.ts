// The clock that tests hold in place of the machine's must itself be trustworthy.
import * as assert from "uvu/assert";
import { createSimClock } from "../../cloud/clock.ts";
import { suite } from "../support/suite.ts";

const test = suite("cloud sim clock");
const START = new Date("2026-01-01T00:00:00Z");

test("time stands still until it is moved", () => {
  const clock = createSimClock(START);
  assert.equal(clock.now(), START);
  clock.advance(1500);
  assert.equal(clock.now().toISOString(), "2026-01-01T00:00:01.500Z");
});

test("timers fire once, at their time, in order, those made meanwhile included", () => {
  const clock = createSimClock(START);
  const fired: string[] = [];
  const at = () => clock.now().getTime() - START.getTime();
  clock.setTimer(20, () => fired.push(`second ${at()}`));
  clock.setTimer(10, () => {
    fired.push(`first ${at()}`);
    clock.setTimer(5, () => fired.push(`inner ${at()}`));
  });
  const stopped = clock.setTimer(15, () => fired.push("stopped"));
  stopped.stop();
  clock.advance(9);
  assert.equal(fired, []);
  clock.advance(100);
  clock.advance(100);
  assert.equal(fired, ["first 10", "inner 15", "second 20"]);
});
