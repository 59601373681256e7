// When an event can have happened, and whether it is news: the rules alone, in all their cases.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { type DeviceEvent, EVENT_KINDS, INTEGER_MAX } from "#protocol";
import { decideInterval, isNews, type KnownBefore, stateAfter, TRANSIT_MS_MAX } from "../../../cloud/events/events.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("event rules");
const NOON = Date.UTC(2026, 5, 1, 12);
const BOOT = "0000000500000001";
const NOTHING: KnownBefore = { heardAt: null, eventAt: null, claimedAt: null };

function event(change: Partial<DeviceEvent> = {}): DeviceEvent {
  return { boot: BOOT, seq: 7, age: 0, exact: true, kind: "sprung", value: 0, ...change };
}

test("whatever the network and the oscillator do within their bounds, the event lies in its interval [EVENT-2]", async () => {
  const ageMs = fc.integer({ min: 0, max: 30 * 24 * 3_600_000 });
  const drift = fc.double({ min: -0.0019, max: 0.0019, noNaN: true });
  const transit = fc.integer({ min: 0, max: TRANSIT_MS_MAX });
  await checkProperty(
    fc.property(ageMs, drift, transit, fc.boolean(), (trueAge, skew, transitMs, exact) => {
      const happened = NOON - trueAge - transitMs;
      const told = event({ age: Math.floor(trueAge * (1 + skew)), exact });
      const { earliest, latest } = decideInterval(told, new Date(NOON), { ...NOTHING, claimedAt: new Date(happened) });
      assert.ok(earliest.getTime() <= happened, "not before the earliest");
      assert.ok(happened <= latest.getTime() + 1, "not after the latest");
    }),
  );
});

test("an age of nothing is now, at the latest, and never later", () => {
  const { earliest, latest } = decideInterval(event(), new Date(NOON), NOTHING);
  assert.is(latest.getTime(), NOON);
  assert.is(earliest.getTime(), NOON - TRANSIT_MS_MAX);
});

const floors: [name: string, known: Partial<KnownBefore>, earliestMs: number][] = [
  ["the last sign of life of an earlier boot", { heardAt: new Date(NOON - 9e6) }, NOON - 9e6 - TRANSIT_MS_MAX],
  [
    "an earlier event, where that is later",
    { heardAt: new Date(NOON - 9e6), eventAt: new Date(NOON - 8e6) },
    NOON - 8e6,
  ],
  ["the claim, where nothing else is known", { claimedAt: new Date(NOON - 7e6) }, NOON - 7e6],
  ["the day before all traps, where nothing is known", {}, Date.UTC(2020, 0, 1)],
];
for (const [name, known, earliestMs] of floors) {
  test(`an event of a boot that is over began after ${name}`, () => {
    const interval = decideInterval(event({ exact: false, age: 5_000 }), new Date(NOON), { ...NOTHING, ...known });
    assert.is(interval.earliest.getTime(), earliestMs);
    assert.is(interval.latest.getTime(), NOON - 5_000 + 10);
  });
}

test("no age, however absurd, makes an interval that PostgreSQL cannot hold or that runs backwards", async () => {
  const ages = fc.oneof(fc.constantFrom(0, 1, INTEGER_MAX), fc.integer({ min: 0, max: INTEGER_MAX }));
  const when = fc.option(fc.integer({ min: 0, max: NOON + 1e10 }).map((ms) => new Date(ms)));
  await checkProperty(
    fc.property(ages, fc.boolean(), when, when, when, (age, exact, heardAt, eventAt, claimedAt) => {
      const interval = decideInterval(event({ age, exact }), new Date(NOON), { heardAt, eventAt, claimedAt });
      assert.ok(interval.earliest >= new Date(Date.UTC(2020, 0, 1)));
      assert.ok(interval.earliest <= interval.latest && interval.latest <= new Date(NOON));
    }),
  );
});

const HELLO = new Date(NOON - 60_000);
const news: [
  name: string,
  change: Partial<DeviceEvent>,
  sequenceMax: number | null,
  bootId: string | null,
  is: boolean,
][] = [
  ["of this boot, after the hello", { age: 1_000 }, null, BOOT, true],
  ["of this boot, the newest", { age: 0 }, 6, BOOT, true],
  ["overtaken by a later one", { age: 0 }, 8, BOOT, false],
  ["older than the hello", { age: 62_000 }, null, BOOT, false],
  ["as old as the hello", { age: 60_000 }, null, BOOT, true],
  ["of an earlier boot", { boot: "0000000400000001" }, null, BOOT, false],
  ["that is not exact", { exact: false }, null, BOOT, false],
  ["of a trap that has not said hello", {}, null, null, false],
];
for (const [name, change, sequenceMax, bootId, is] of news) {
  test(`an event ${name} ${is ? "tells" : "does not tell"} how the trap is now`, () => {
    assert.is(isNews(event(change), new Date(NOON), { bootId, helloAt: HELLO, sequenceMax }), is);
  });
}

test("each kind of event names a state or none", () => {
  const named = EVENT_KINDS.map((kind) => [kind, stateAfter(kind)]);
  assert.equal(
    named.filter(([, state]) => state !== null),
    [
      ["sprung", "sprung"],
      ["armed", "armed"],
      ["disarmed", "disarmed"],
      ["sensor-fault", "fault"],
      ["fault", "fault"],
    ],
  );
});
