// The bench's clock: its simulated double keeps the order of real timers, and a pause ends with its signal.
import * as assert from "uvu/assert";
import { createSimClock, createWallClock, pause } from "../../hil/clock.ts";
import { getRejection } from "../support/rejection.ts";
import { suite } from "../support/suite.ts";

const test = suite("the bench's clock");

test("timers of the simulated clock fall due in order, those made meanwhile included", async () => {
  const clock = createSimClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push(`b ${clock.now()}`));
  clock.setTimer(10, () => {
    fired.push(`a ${clock.now()}`);
    Promise.resolve().then(() => clock.setTimer(5, () => fired.push(`a2 ${clock.now()}`)));
  });
  clock.setTimer(20, () => fired.push("c"));
  const forget = clock.setTimer(15, () => fired.push("never"));
  forget();
  await clock.advance(30);
  assert.equal(fired, ["a 10", "a2 15", "b 20", "c"]);
  assert.is(clock.now(), 30);
});

test("the calendar moves with the simulated clock", async () => {
  const clock = createSimClock({ date: new Date("2026-01-01T00:00:00.000Z") });
  await clock.advance(61_000);
  assert.is(clock.date().toISOString(), "2026-01-01T00:01:01.000Z");
});

test("a pause ends when its time has passed, and at once with its signal", async () => {
  const clock = createSimClock();
  const controller = new AbortController();
  let ended = false;
  const whole = pause(clock, 50, controller.signal).then(() => {
    ended = true;
  });
  await clock.advance(49);
  assert.is(ended, false);
  await clock.advance(1);
  await whole;
  const cut = pause(clock, 50, controller.signal);
  controller.abort(new Error("enough"));
  assert.match(String(await getRejection(cut)), /enough/);
  assert.match(String(await getRejection(pause(clock, 50, controller.signal))), /enough/);
});

test("the wall clock's timers fire and are forgotten", async () => {
  const clock = createWallClock();
  const before = clock.now();
  clock.setTimer(1, () => assert.unreachable())();
  await pause(clock, 5);
  assert.ok(clock.now() - before >= 4);
});
