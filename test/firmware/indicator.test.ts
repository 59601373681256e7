// Which of several things the LED and the buzzer tell, and that they tell it in time.
import * as assert from "uvu/assert";
import { decidePattern, type Situation } from "../../firmware/indicator/patterns.ts";
import { createPlayer, playPattern, stopPlayer } from "../../firmware/indicator/player.ts";
import { suite } from "../support/suite.ts";
import { createTestBench } from "./ports-double.ts";

const test = suite("indicator");

const CALM: Situation = {
  ...{ heldS: 0, refused: false, identifying: false, silenced: false, buzzer: true, claiming: false },
  ...{ connecting: false, state: "disarmed", stage: 0, rest: 1 },
};

test("the most urgent of all that could be told is told", () => {
  const all: Situation = { ...CALM, heldS: 4, refused: true, identifying: true, state: "sprung", claiming: true };
  const order: [Partial<Situation>, string, number][] = [
    [{}, "held-4", 2000],
    [{ heldS: 0 }, "refused", 400],
    [{ refused: false }, "identify", 3000],
    [{ identifying: false }, "sprung-0-1", 2500],
    [{ silenced: true }, "silenced-1", 0],
    [{ state: "fault" }, "fault-1", 0],
    [{ state: "armed" }, "claiming", 0],
    [{ claiming: false, connecting: true }, "connecting-1", 0],
    [{ connecting: false }, "armed-1", 0],
    [{ state: "disarmed" }, "off", 0],
  ];
  const situation = all;
  for (const [change, name, hz] of order) {
    Object.assign(situation, change);
    const pattern = decidePattern(situation);
    assert.equal([pattern.name, pattern.hz], [name, hz]);
  }
});

test("an owner who wants no noise gets none, except in the hand of whoever holds the button", () => {
  assert.is(decidePattern({ ...CALM, state: "sprung", buzzer: false }).hz, 0);
  assert.is(decidePattern({ ...CALM, identifying: true, buzzer: false }).hz, 0);
  assert.is(decidePattern({ ...CALM, heldS: 5, buzzer: false }).hz, 2000);
});

test("each stage of the alarm calls more often than the one before it, by light and by sound", () => {
  const stages = [0, 1, 2, 3].map((stage) => decidePattern({ ...CALM, state: "sprung", stage }));
  for (const [i, later] of stages.slice(1).entries()) {
    const earlier = stages[i]!;
    assert.ok(later.ledOnMs + later.ledOffMs < earlier.ledOnMs + earlier.ledOffMs, later.name);
    assert.ok(later.buzzerOnMs + later.buzzerOffMs < earlier.buzzerOnMs + earlier.buzzerOffMs, later.name);
    assert.is.not(later.name, earlier.name, "another name begins another pattern");
  }
});

test("a trap that spares its battery pauses longer, but not in the hand of a person [POWER-1]", () => {
  for (const change of [{ state: "sprung" }, { state: "armed" }, { connecting: true }, { state: "fault" }] as const) {
    const [mains, low] = [decidePattern({ ...CALM, ...change }), decidePattern({ ...CALM, ...change, rest: 4 })];
    assert.equal([low.ledOffMs, low.buzzerOffMs], [mains.ledOffMs * 4, mains.buzzerOffMs * 4], mains.name);
  }
  for (const change of [{ heldS: 4 }, { refused: true }, { identifying: true }, { claiming: true }]) {
    assert.equal(decidePattern({ ...CALM, ...change, rest: 4 }), decidePattern({ ...CALM, ...change }));
  }
});

test("progress blinks faster with every second, and beeps at each", () => {
  for (let s = 4; s < 10; s++) {
    const [before, now] = [decidePattern({ ...CALM, heldS: s - 1 }), decidePattern({ ...CALM, heldS: s })];
    assert.ok(now.ledOnMs < before.ledOnMs && now.ledOnMs > 0);
    assert.is.not(now.name, before.name, "another name starts the beep again");
  }
});

test("the player strokes in time, goes on undisturbed, and leaves no timer", () => {
  const bench = createTestBench();
  const player = createPlayer(bench.clock, bench.ports.pins);
  const sprung = decidePattern({ ...CALM, state: "sprung", stage: 2 });
  playPattern(player, sprung);
  assert.equal([bench.pins.led, bench.pins.hz], [true, 2500]);
  bench.clock.advance(150);
  playPattern(player, { ...sprung });
  bench.clock.advance(50);
  assert.equal([bench.pins.led, bench.pins.hz], [false, 2500]);
  bench.clock.advance(100);
  assert.is(bench.pins.hz, 0);
  bench.clock.advance(700);
  assert.is(bench.pins.hz, 2500);
  playPattern(player, decidePattern(CALM));
  assert.equal([bench.pins.led, bench.pins.hz, bench.clock.timerCount()], [false, 0, 0]);
  stopPlayer(player);
});

test("a single beep ends by itself", () => {
  const bench = createTestBench();
  const player = createPlayer(bench.clock, bench.ports.pins);
  playPattern(player, decidePattern({ ...CALM, heldS: 3 }));
  assert.is(bench.pins.hz, 2000);
  bench.clock.advance(80);
  assert.is(bench.pins.hz, 0);
  bench.clock.advance(5000);
  assert.is(bench.pins.hz, 0);
  stopPlayer(player);
});
