// The button machine by a table of durations, bounces included.
import * as assert from "uvu/assert";
import { applyButton, BUTTON_SETTLE_MS, type ButtonInput, createButton } from "../../firmware/button/button.ts";
import { suite } from "../support/suite.ts";

const test = suite("button machine");

/** Presses from 1000 on for `ms`, with bounces at both ends; the effects with their time, and the progress shown. */
function press(ms: number, bounces = 0, heldAtBoot = false) {
  let button = createButton(heldAtBoot);
  const effects: string[] = [];
  const progress: number[] = [];
  const take = (down: boolean, now: number, isEdge: boolean) => {
    const input = isEdge
      ? ({ name: "button-changed", down, at: now } as const)
      : ({ name: "time-passed", down } as const);
    const outcome = applyButton(button, input, now);
    button = outcome.state;
    for (const effect of outcome.effects) effects.push(`${effect.name} ${now}`);
    if (button.heldS !== (progress.at(-1) ?? 0)) progress.push(button.heldS);
  };
  const edges: [number, boolean][] = [];
  for (let i = 0; i <= bounces * 2; i++) edges.push([1000 + i * 2, i % 2 === 0]);
  for (let i = 0; i <= bounces * 2; i++) edges.push([1000 + ms + i * 2, i % 2 === 1]);
  let level = heldAtBoot;
  for (let now = 0; now < 20_000; now++) {
    for (const [at, down] of edges) {
      if (at !== now) continue;
      level = down;
      take(down, now, true);
    }
    if (button.wakeAt > 0 && button.wakeAt <= now) take(level, now, false);
  }
  return { effects, progress };
}

for (const [ms, effect, progress] of [
  [60, `silence-and-rearm ${1060 + BUTTON_SETTLE_MS}`, []],
  [2999, `silence-and-rearm ${3999 + BUTTON_SETTLE_MS}`, []],
  [3000, `open-claiming ${4000 + BUTTON_SETTLE_MS}`, [3, 0]],
  [5500, `open-claiming ${6500 + BUTTON_SETTLE_MS}`, [3, 4, 5, 0]],
  [9999, `open-claiming ${10_999 + BUTTON_SETTLE_MS}`, [3, 4, 5, 6, 7, 8, 9, 0]],
  [10_000, "reset 11000", [3, 4, 5, 6, 7, 8, 9, 0]],
  [15_000, "reset 11000", [3, 4, 5, 6, 7, 8, 9, 0]],
] as const) {
  test(`[BUTTON-1] held for ${ms} ms: ${effect.split(" ")[0]}, once, with its progress`, () => {
    assert.equal(press(ms), { effects: [effect], progress: [...progress] });
  });
}

test("[BUTTON-1] bounces at both ends make no second press", () => {
  const { effects } = press(1000, 5);
  assert.equal(effects, [`silence-and-rearm ${2000 + 20 + BUTTON_SETTLE_MS}`]);
});

test("[BUTTON-1] a spike shorter than a finger is no press", () => {
  assert.equal(press(10), { effects: [], progress: [] });
});

test("[BUTTON-1] a press heard of late is as long as it was, and no reset", () => {
  for (const [ms, expected] of [
    [10, []],
    [300, ["silence-and-rearm"]],
    [4000, ["open-claiming"]],
    [10_500, ["reset"]],
  ] as const) {
    let button = createButton(false);
    const effects: string[] = [];
    const take = (input: ButtonInput) => {
      const outcome = applyButton(button, input, 30_000);
      button = outcome.state;
      effects.push(...outcome.effects.map((effect) => effect.name));
    };
    take({ name: "button-changed", down: true, at: 1000 });
    take({ name: "button-changed", down: false, at: 1000 + ms });
    take({ name: "time-passed", down: false });
    assert.equal(effects, [...expected], `${ms} ms`);
  }
});

test("[BUTTON-1] a button held since the boot means nothing until it was let go", () => {
  assert.equal(press(12_000, 0, true).effects, []);
});
