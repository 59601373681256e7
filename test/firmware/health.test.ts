// Whether a trap lives: what ends in a new start, with which reason, and that a healthy one is left alone however busy it is.
import * as assert from "uvu/assert";
import { RESET_MEMORY, RESET_NETWORK, RESET_POWER_ON, RESET_SOFTWARE, RESET_STUCK, RESET_WATCHDOG } from "#protocol";
import {
  createHealth,
  decideHealth,
  FREE_MIN,
  type Health,
  NO_NETWORK_MS,
  OFFLINE_MS,
  PATIENCE_MS_MAX,
  SHORT_MS,
  type Signs,
  STOPPED_MS,
} from "../../firmware/health/health.ts";
import { suite } from "../support/suite.ts";
import { createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, createTestFlash, type TestBench } from "./ports-double.ts";

const test = suite("health", { limitMs: 60_000 });
const CHORES_MS = 10_000;
const WELL: Signs = {
  ...{ lostHandler: false, outOfMemory: false, freeVariables: 800, missedEdge: false },
  ...{ isOffline: false, hasNetwork: true },
};

/** Round after round of chores that see this, until a new start is asked for; its reason and when, or 0 after `untilMs`. */
function watch(signsAt: (now: number) => Partial<Signs>, untilMs: number, strikes = 0): [reason: number, ms: number] {
  let health: Health = createHealth();
  for (let now = CHORES_MS; now <= untilMs; now += CHORES_MS) {
    const before = JSON.stringify(health);
    const decided = decideHealth(health, { ...WELL, ...signsAt(now) }, strikes, now);
    assert.is(JSON.stringify(health), before, "the state that went in is not changed");
    if (decided.reason > 0) return [decided.reason, now];
    health = decided.health;
  }
  return [0, untilMs];
}

const DAY = 86_400_000;

test("what has stopped for good ends in a new start, with its reason [HEALTH-1]", () => {
  assert.equal(
    watch((now) => ({ lostHandler: now === 50_000 }), DAY),
    [RESET_STUCK, 50_000],
  );
  assert.equal(
    watch((now) => ({ missedEdge: now === 50_000 || now === 700_000 }), DAY),
    [RESET_STUCK, 700_000],
  );
  assert.equal(
    watch(() => ({ freeVariables: FREE_MIN - 1 }), DAY),
    [RESET_MEMORY, CHORES_MS + SHORT_MS],
  );
  assert.equal(
    watch((now) => ({ outOfMemory: now % 120_000 === 0 }), DAY),
    [RESET_MEMORY, 120_000 + SHORT_MS],
    "running out again and again",
  );
  assert.equal(
    watch(() => ({ isOffline: true }), DAY),
    [RESET_NETWORK, CHORES_MS + OFFLINE_MS],
  );
  assert.equal(
    watch(() => ({ isOffline: true, hasNetwork: false }), DAY),
    [RESET_NETWORK, CHORES_MS + NO_NETWORK_MS],
  );
});

test("what passes is let pass", () => {
  const passing: [string, (now: number) => Partial<Signs>][] = [
    ["one missed edge", (now) => ({ missedEdge: now === 50_000 })],
    ["out of memory once in ten minutes", (now) => ({ outOfMemory: now % 600_000 === 0 })],
    ["short of memory for nine minutes of twenty", (now) => ({ freeVariables: now % 1_200_000 < 540_000 ? 10 : 800 })],
    ["offline for 29 minutes of every 30", (now) => ({ isOffline: now % 1_800_000 < 1_740_000 })],
  ];
  for (const [what, signsAt] of passing) assert.is(watch(signsAt, 10 * DAY)[0], 0, what);
});

test("a new start that did not help makes the next one longer in coming, a day at the most", () => {
  const waits = [0, 1, 2, 3, 9].map((strikes) => watch(() => ({ isOffline: true }), 10 * DAY, strikes)[1] - CHORES_MS);
  assert.equal(waits, [OFFLINE_MS, 2 * OFFLINE_MS, 4 * OFFLINE_MS, 8 * OFFLINE_MS, PATIENCE_MS_MAX]);
  for (const strikes of [1, 4, 9]) {
    const [reason, ms] = watch(() => ({ lostHandler: true }), 10 * DAY, strikes);
    assert.equal([reason, ms], [RESET_STUCK, STOPPED_MS * 2 ** strikes]);
  }
});

function bootAfter(bench: TestBench, resetReason: number): TestBench {
  const next = createTestBench({ wired: true, flash: createTestFlash(15, 4096, bench.flash.bytes) });
  next.resetReason = resetReason;
  return next;
}

test("the reason is written down before the new start, told in the next hello, and forgotten then", () => {
  const first = startOwned().bench;
  first.troubles.lostHandler = true;
  first.clock.advance(CHORES_MS + 1000);
  assert.is(first.reboots, 1);
  const second = bootAfter(first, RESET_SOFTWARE);
  const cloud = createCloudDouble(second);
  second.boot();
  second.clock.advance(5000);
  assert.is(cloud.list("hello")[0]?.reason, RESET_STUCK);
  assert.ok(second.findLine("boot")?.includes(`reason=${RESET_STUCK}`));
  const third = bootAfter(second, RESET_SOFTWARE);
  const again = createCloudDouble(third);
  third.boot();
  third.clock.advance(5000);
  assert.is(again.list("hello")[0]?.reason, RESET_SOFTWARE);
});

test("what the chip itself did is told before what the trap had noted", () => {
  for (const reason of [RESET_WATCHDOG, RESET_POWER_ON]) {
    const first = startOwned().bench;
    first.troubles.lostHandler = true;
    first.clock.advance(CHORES_MS + 1000);
    const second = bootAfter(first, reason);
    const cloud = createCloudDouble(second);
    second.boot();
    second.clock.advance(5000);
    assert.is(cloud.list("hello")[0]?.reason, reason);
  }
});

test("a trap that is sick does not kick the watchdog, should its own new start fail", () => {
  const { bench } = startOwned();
  bench.clock.advance(CHORES_MS);
  bench.troubles.lostHandler = true;
  bench.clock.advance(CHORES_MS);
  const { kicks } = bench;
  bench.clock.advance(10 * CHORES_MS);
  assert.is(bench.kicks, kicks);
  assert.ok(bench.reboots > 0);
});

test("a broker that never answers leads to ever rarer new starts, each told from the one before", () => {
  let flash = startOwned().bench.flash;
  const uptimes: number[] = [];
  for (let i = 0; i < 7; i++) {
    const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, flash.bytes) });
    bench.resetReason = i === 0 ? RESET_POWER_ON : RESET_SOFTWARE;
    bench.isReachable = false;
    bench.boot();
    assert.ok(bench.findLine("boot")?.includes(`reason=${i === 0 ? RESET_POWER_ON : RESET_NETWORK}`));
    while (bench.reboots === 0 && bench.clock.now() < 2 * DAY) bench.clock.advance(60_000);
    uptimes.push(Math.round(bench.clock.now() / 1_800_000));
    flash = bench.flash;
  }
  assert.equal(uptimes, [1, 2, 4, 8, 16, 32, 48]);
});

test("a healthy trap that is busy for a month is never started anew, and kicks in time [HEALTH-1]", () => {
  const { bench, cloud } = startOwned();
  let longest = 0;
  let kickedAt = 0;
  const { kick } = bench.ports.chip;
  bench.ports.chip.kick = () => {
    longest = Math.max(longest, bench.clock.now() - kickedAt);
    kickedAt = bench.clock.now();
    kick();
  };
  for (let hour = 0; hour < 30 * 24; hour++) {
    bench.setPlunger(hour % 2 === 0);
    bench.clock.advance(3000);
    if (hour % 5 === 0) cloud.send({ name: "command", value: { id: hour + 1, command: "identify" } });
    if (hour % 7 === 0) cloud.isMute = true;
    bench.setButton(true);
    bench.clock.advance(200);
    bench.setButton(false);
    bench.clock.advance(60_000);
    cloud.isMute = false;
    bench.troubles.outOfMemory = hour % 3 === 0;
    bench.clock.advance(3_600_000 - 63_200);
    cloud.received = [];
    bench.lines = bench.lines.slice(-20);
  }
  assert.is(bench.reboots, 0);
  longest = Math.max(longest, bench.clock.now() - kickedAt);
  assert.ok(longest <= 2 * CHORES_MS, `${longest} ms between two kicks`);
});
