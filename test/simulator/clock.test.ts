// Tests simulator/board/clock.ts: the order of simulated time, and that the wall clock keeps its promises at its own speed.
import * as assert from "uvu/assert";
import { createSimClock, createWallClock } from "../../simulator/board/clock.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const test = suite("clock");

test("simulated time runs timers in order of due time, then of making", () => {
  const clock = createSimClock({ startMs: 1000 });
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
  clock.setTimer(20, note("c"));
  clock.setTimer(10, note("a"));
  clock.setTimer(10, note("b"));
  clock.advance(15);
  assert.equal(seen, ["a@1010", "b@1010"]);
  assert.is(clock.now(), 1015);
  clock.advance(5);
  assert.equal(seen, ["a@1010", "b@1010", "c@1020"]);
});

test("a timer made by a timer still runs within the same advance", () => {
  const clock = createSimClock();
  const seen: number[] = [];
  const again = () => {
    seen.push(clock.now());
    if (seen.length < 4) clock.setTimer(3, again);
  };
  clock.setTimer(0, again);
  assert.equal(seen, []);
  clock.advance(9);
  assert.equal(seen, [0, 3, 6, 9]);
});

test("a cleared timer never runs, and clearing twice or too late is nothing", () => {
  const clock = createSimClock();
  const seen: string[] = [];
  const first = clock.setTimer(5, () => seen.push("first"));
  const second = clock.setTimer(5, () => {
    seen.push("second");
    clock.clearTimer(third);
  });
  const third = clock.setTimer(6, () => seen.push("third"));
  clock.clearTimer(first);
  clock.clearTimer(first);
  clock.advance(100);
  clock.clearTimer(second);
  assert.equal(seen, ["second"]);
});

for (const ms of [-5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a delay of ${ms} ms counts as none`, () => {
    const clock = createSimClock();
    let ran = false;
    clock.setTimer(ms, () => {
      ran = true;
    });
    clock.advance(0);
    assert.is(ran, true);
  });
}

test("the wall clock at speed 1000 lives ten seconds in ten milliseconds", async () => {
  const clock = createWallClock({ speed: 1000 });
  const begin = clock.now();
  let after: number | undefined;
  const cleared = clock.setTimer(1, () => assert.unreachable("a cleared timer ran"));
  clock.clearTimer(cleared);
  clock.setTimer(10_000, () => {
    after = clock.now() - begin;
  });
  await eventually(() => after !== undefined, { withinMs: 2000, because: "the timer fires" });
  assert.ok(after !== undefined && after >= 9_000, `fired after ${after} ms of its time`);
});

test("the wall clock's speed changes while it runs: its time goes on from where it was, and what waits falls due accordingly", async () => {
  const clock = createWallClock();
  const begin = clock.now();
  let after: number | undefined;
  clock.setTimer(60_000, () => {
    after = clock.now() - begin;
  });
  clock.setSpeed(1000);
  assert.is(clock.speed(), 1000);
  assert.ok(clock.now() - begin < 60_000, "time did not jump");
  await eventually(() => after !== undefined, { withinMs: 2000, because: "the minute passes" });
  assert.ok(after !== undefined && after >= 59_000, `fired after ${after} ms of its time`);
  const late = clock.now();
  clock.setSpeed(1);
  const between = clock.now() - late;
  assert.ok(between >= 0 && between < 5_000, `${between} ms passed`);
});

test("hurried on a host that is held up, time waits for what is due: a watchdog that is fed in time is not found run out", async () => {
  const clock = createWallClock({ speed: 1000 });
  let bites = 0;
  let feeds = 0;
  let watchdog = clock.setTimer(90_000, () => {
    bites += 1;
  });
  const feed = () => {
    feeds += 1;
    clock.clearTimer(watchdog);
    watchdog = clock.setTimer(90_000, () => {
      bites += 1;
    });
    // As a program's own work is done: not in the timer itself, but soon after.
    if (feeds < 60) clock.setTimer(10_000, () => void setImmediate(feed));
    // The host is held up for more than the watchdog's whole time.
    const until = performance.now() + (feeds % 10 === 0 ? 120 : 0);
    while (performance.now() < until);
  };
  feed();
  await eventually(() => feeds === 60, { withinMs: 10_000, because: "it was fed sixty times" });
  clock.clearTimer(watchdog);
  assert.is(bites, 0);
});
