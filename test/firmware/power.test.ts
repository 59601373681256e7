// How a trap lives by its battery: which profile, what it spares, what it never does.
import * as assert from "uvu/assert";
import {
  BATTERY_CRITICAL_MV,
  BATTERY_LOW_MV,
  BATTERY_RISE_MV,
  decideProfile,
  PROFILES,
} from "../../firmware/power/profile.ts";
import { suite } from "../support/suite.ts";
import { startOwned } from "./cloud-double.ts";

const test = suite("power");
const nameOf = (mv: number, before: number) => PROFILES[decideProfile(mv, before)];

test("the profile follows the battery in steps, and does not chatter on an edge [POWER-1]", () => {
  const steps: [number, string][] = [
    [0, "mains"],
    [4100, "battery"],
    [BATTERY_LOW_MV, "battery"],
    [BATTERY_LOW_MV - 1, "low"],
    [BATTERY_LOW_MV + BATTERY_RISE_MV - 1, "low"],
    [BATTERY_CRITICAL_MV - 1, "critical"],
    [BATTERY_CRITICAL_MV + BATTERY_RISE_MV - 1, "critical"],
    [BATTERY_CRITICAL_MV + BATTERY_RISE_MV, "low"],
    [BATTERY_LOW_MV + BATTERY_RISE_MV, "battery"],
    [0, "mains"],
    [1, "critical"],
  ];
  let before = 0;
  for (const [mv, name] of steps) {
    assert.is(nameOf(mv, before), name, `${mv} mV after ${PROFILES[before]}`);
    before = decideProfile(mv, before);
  }
});

test("on a battery telemetry is rarer and the radio sleeps deeper; an alert is as fast as ever", () => {
  const counts = [0, 4000, 3250, 3000].map((mv) => {
    const { bench, cloud } = startOwned();
    bench.pins.batteryMv = mv;
    bench.setPlunger(true);
    bench.clock.advance(60_000);
    cloud.received = [];
    bench.clock.advance(12 * 3_600_000);
    const telemetry = cloud.list("telemetry").length;
    const before = bench.clock.now();
    cloud.received = [];
    bench.setPlunger(false);
    while (cloud.list("event").length === 0 && bench.clock.now() - before < 10_000) bench.clock.advance(10);
    return [bench.wifi.powerSave, telemetry, cloud.list("event")[0]?.kind, bench.clock.now() - before <= 60];
  });
  assert.equal(counts, [
    ["min", 144, "sprung", true],
    ["max", 48, "sprung", true],
    ["max", 12, "sprung", true],
    ["max", 2, "sprung", true],
  ]);
});

test("low and well again are told once each, whatever the battery does on the edge", () => {
  const { bench, cloud } = startOwned();
  for (const mv of [3290, 3320, 3280, 3090, 3250, 3320, 3510, 3400, 3600]) {
    bench.pins.batteryMv = mv;
    bench.clock.advance(20_000);
  }
  const kinds = cloud.list("event").map((event) => event.kind);
  assert.equal(kinds, ["battery-low", "battery-ok"]);
});
