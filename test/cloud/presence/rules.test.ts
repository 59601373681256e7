// Which hello is the trap's present, and when silence may be judged: the rules alone, in all their cases.
import * as assert from "uvu/assert";
import { decideHello, lookAt, SILENT_MS, startWatch, type Watch } from "../../../cloud/presence/presence.ts";
import { suite } from "../../support/suite.ts";

const test = suite("presence rules");
const NOON = Date.UTC(2026, 5, 1, 12);
const current = { boot: "0000000500000001", session: 3, helloAt: new Date(NOON) };

const hellos: [name: string, boot: string, session: number, afterMs: number, is: "current" | "overtaken"][] = [
  ["the next session of the boot", "0000000500000001", 4, 1, "current"],
  ["the next session, with a clock set back", "0000000500000001", 4, -60_000, "current"],
  ["the same session again", "0000000500000001", 3, 1, "current"],
  ["an earlier session of the boot, come late", "0000000500000001", 2, 1, "overtaken"],
  ["the next boot", "0000000600000002", 1, 1, "current"],
  ["the next boot, with a clock set back", "0000000600000002", 1, -60_000, "current"],
  ["an earlier boot, received before", "0000000400000009", 8, -1, "overtaken"],
  ["a flash that was wiped and counts anew", "0000000100000007", 1, 1, "current"],
  ["a flash that was replaced by one with the same count", "0000000500000009", 1, 1, "current"],
  ["such a flash, received before", "0000000500000009", 1, -1, "overtaken"],
];
for (const [name, boot, session, afterMs, is] of hellos) {
  test(`the hello of ${name} is ${is} [PRES-1]`, () => {
    assert.is(decideHello(current, { boot, session }, new Date(NOON + afterMs)), is);
  });
}

test("the first hello of all is current", () => {
  assert.is(decideHello(null, { boot: "0000000100000001", session: 1 }, new Date(NOON)), "current");
});

const LOOK_MS = 10_000;

/** Looks at these moments after a start at noon; what the last one answers, in milliseconds after noon. */
function look(...afterMs: number[]): number | null {
  let watch: Watch = startWatch(new Date(NOON));
  let answer: Date | null = null;
  for (const ms of afterMs) {
    const looked = lookAt(watch, new Date(NOON + ms), LOOK_MS);
    watch = looked.watch;
    answer = looked.silentBefore;
  }
  return answer === null ? null : answer.getTime() - NOON;
}

const steady = (untilMs: number) => Array.from({ length: untilMs / LOOK_MS }, (_, at) => (at + 1) * LOOK_MS);

test("silence is judged only when the cloud has listened for as long as it lasts [PRES-2]", () => {
  assert.is(look(...steady(40_000)), null);
  assert.is(look(...steady(50_000)), 50_000 - SILENT_MS);
  assert.is(look(...steady(600_000)), 600_000 - SILENT_MS);
});

test("after a sleep, or a clock set forward or back, the listening begins anew", () => {
  assert.is(look(...steady(60_000), 3_660_000), null);
  assert.is(look(...steady(60_000), 3_660_000, ...[1, 2, 3, 4].map((n) => 3_660_000 + n * LOOK_MS)), null);
  assert.is(look(...steady(60_000), 3_660_000, ...[1, 2, 3, 4, 5].map((n) => 3_660_000 + n * LOOK_MS)), 3_665_000);
  assert.is(look(...steady(60_000), -3_600_000), null);
});
