// The welfare timeline: how urgently a sprung trap calls as hours and days pass without a network, over reboots, and how long silence holds.
import * as assert from "uvu/assert";
import { TRAP_KINDS, type TrapKind } from "#protocol";
import {
  type Alarm,
  type AlarmCause,
  createAlarm,
  decideAlarm,
  PRESSED_SILENCE_MS,
  SILENCE_MS,
  STAGE_LAST,
  stageBeginsMs,
} from "../../firmware/indicator/alarm.ts";
import { suite } from "../support/suite.ts";
import { createTestBench, createTestFlash, IDENTITY, type TestBench } from "./ports-double.ts";

const test = suite("alarm");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function createCause(kind: TrapKind, change: Partial<AlarmCause> = {}): AlarmCause {
  return { kind, sprung: true, silenced: false, releasedAt: 1000, asked: "", ...change };
}

/** Lets the alarm wake itself until `until`; the moments at which its stage changed. */
function live(kind: TrapKind, until: number): number[] {
  let alarm: Alarm = decideAlarm(createAlarm(kind, -1, 0), createCause(kind), 1050);
  const changes: number[] = [];
  let wakes = 0;
  while (alarm.wakeAt > 0 && alarm.wakeAt <= until) {
    const now = alarm.wakeAt;
    const next = decideAlarm(alarm, createCause(kind), now);
    if (next.stage !== alarm.stage) changes.push(now - 1000);
    alarm = next;
    wakes += 1;
    assert.ok(wakes <= STAGE_LAST, "it does not wake for nothing");
  }
  return changes;
}

test("stages begin after these hours, the living first [WELFARE-1]", () => {
  const hours = TRAP_KINDS.map((kind) => [kind, ...live(kind, 8 * DAY).map((ms) => ms / HOUR)]);
  assert.equal(hours, [
    ["live-catch", 0.25, 1, 4],
    ["snap", 12, 24, 72],
    ["bait-station", 24, 72, 168],
    ["monitor", 24, 72, 168],
  ]);
});

test("silence is kept for its time; then a live-catch that is still sprung reminds, the others do not", () => {
  for (const [asked, ms] of [
    ["cloud", SILENCE_MS],
    ["button", PRESSED_SILENCE_MS],
  ] as const) {
    const sprung = decideAlarm(createAlarm("live-catch", -1, 0), createCause("live-catch"), 1050);
    const silenced = createCause("live-catch", { silenced: true });
    const quiet = decideAlarm(sprung, { ...silenced, asked }, 5000);
    assert.is(quiet.isQuiet, true);
    assert.is(decideAlarm(quiet, silenced, 5000 + ms - 1).isQuiet, true);
    const reminding = decideAlarm(quiet, silenced, 5000 + ms);
    assert.is(reminding.isQuiet, false, asked);
    const again = decideAlarm(reminding, { ...silenced, asked }, 5000 + ms + 10);
    assert.equal([again.isQuiet, again.quietUntil], [true, 5000 + ms + 10 + ms], "and can be silenced again");
  }
  for (const kind of ["snap", "bait-station", "monitor"] as const) {
    const sprung = decideAlarm(createAlarm(kind, -1, 0), createCause(kind), 1050);
    const quiet = decideAlarm(sprung, createCause(kind, { silenced: true, asked: "cloud" }), 5000);
    assert.is(decideAlarm(quiet, createCause(kind, { silenced: true }), 30 * DAY).isQuiet, true, kind);
  }
});

test("a stage that was reached is not left over a reboot, and the next one comes no sooner than it may", () => {
  for (const stage of [1, 2, STAGE_LAST]) {
    const alarm = decideAlarm(createAlarm("snap", stage, 0), createCause("snap", { releasedAt: 0 }), 10);
    assert.is(alarm.stage, stage);
    const next = stageBeginsMs("snap", stage + 1) - stageBeginsMs("snap", stage);
    if (stage < STAGE_LAST) {
      assert.is(decideAlarm(alarm, createCause("snap"), next - 1).stage, stage);
      assert.is(decideAlarm(alarm, createCause("snap"), next).stage, stage + 1);
    }
  }
  for (const nonsense of [-7, 4, 99]) assert.is(createAlarm("snap", nonsense, 0).stage, -1);
});

function springOffline(kind: TrapKind): TestBench {
  const bench = createTestBench({ identity: { ...IDENTITY, kind }, plungerSet: true });
  bench.wifi.isUp = false;
  bench.pins.batteryMv = 0;
  bench.boot();
  bench.type("wifi ssid=attic pass=cheese-please");
  bench.clock.advance(3000);
  bench.setPlunger(false);
  bench.clock.advance(100);
  return bench;
}

/** Milliseconds of sound in this time. */
function listen(bench: TestBench, ms: number): number {
  let sound = 0;
  for (let at = 0; at < ms; at += 50) {
    bench.clock.advance(50);
    if (bench.pins.hz > 0) sound += 50;
  }
  return sound;
}

test("five days in a loft without Wi-Fi: louder stage by stage, written down three times in all", () => {
  const bench = springOffline("live-catch");
  const before = bench.flash.operations;
  const loudness: number[] = [];
  for (const ms of [HOUR / 4, HOUR, 4 * HOUR, 5 * DAY]) {
    loudness.push(listen(bench, 20_000));
    bench.clock.advance(ms - bench.clock.now() + 3000);
  }
  loudness.push(listen(bench, 20_000));
  for (const [i, later] of loudness.slice(1, 4).entries()) assert.ok(later > loudness[i]!, String(loudness));
  assert.is(bench.lines.filter((line) => line.includes("alarm stage=")).length, 4);
  assert.ok(bench.flash.operations - before <= 4, `${bench.flash.operations - before} operations`);
});

test("a trap that loses power for a while goes on as urgently as it was, and begins gently at the next spring", () => {
  const bench = springOffline("live-catch");
  bench.clock.advance(2 * HOUR);
  assert.ok(bench.findLine("alarm")?.endsWith("stage=2"));
  const flash = createTestFlash(15, 4096, bench.flash.bytes);
  const next = createTestBench({ identity: { ...IDENTITY, kind: "live-catch" }, flash });
  next.wifi.isUp = false;
  next.pins.batteryMv = 0;
  next.boot();
  assert.is(listen(next, 10_000), 3000, "stage 2: 300 ms of every second");
  next.clock.advance(3 * HOUR);
  assert.ok(next.findLine("alarm")?.endsWith("stage=3"));
  next.setButton(true);
  next.clock.advance(300);
  next.setButton(false);
  next.setPlunger(true);
  next.clock.advance(3000);
  assert.ok(next.findLine("alarm")?.endsWith("stage=-1"));
  next.setPlunger(false);
  next.clock.advance(100);
  assert.ok(next.findLine("alarm")?.endsWith("stage=0"));
  const after = createTestBench({ identity: IDENTITY, flash: createTestFlash(15, 4096, next.flash.bytes) });
  after.boot();
  after.clock.advance(100);
  assert.ok(after.findLine("alarm")?.endsWith("stage=0"));
});

test("pressed and left sprung, a live-catch trap is silent for two hours and then calls again", () => {
  const bench = springOffline("live-catch");
  bench.setButton(true);
  bench.clock.advance(300);
  bench.setButton(false);
  bench.clock.advance(100);
  assert.is(listen(bench, 20_000), 0);
  bench.clock.advance(PRESSED_SILENCE_MS - 60_000);
  assert.is(listen(bench, 20_000), 0);
  bench.clock.advance(60_000);
  assert.ok(listen(bench, 20_000) > 0);
});
