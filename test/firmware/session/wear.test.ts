// How fast a trap wears its flash out: the busiest days one can think of are lived with the firmware's own store and outbox, and the erasures
// counted. firmware/store/README.md tells the figures.
import * as assert from "uvu/assert";
import { noteLife, openLife } from "../../../firmware/session/life.ts";
import { applyAck, insertEvent, openOutbox, takeEvent } from "../../../firmware/session/outbox.ts";
import { deleteRecord, openRecordStore, putRecord } from "../../../firmware/store/record-store.ts";
import { suite } from "../../support/suite.ts";
import { sha256 } from "../ports-double.ts";
import { createChance, createWeakFlash, type WeakFlash } from "../store/weak-flash.ts";

const test = suite("wear");
const ERASURES_MAX = 100_000;
const DAYS = 30;

interface Life {
  catches: number;
  falseTriggers: number;
  boots: number;
  online: boolean;
}

function createOwnedFlash(): WeakFlash {
  const flash = createWeakFlash(15, 4096, createChance(1));
  const store = openRecordStore(flash, sha256);
  for (const [key, length] of Object.entries({ cred: 270, wifi: 60, conf: 110, slot: 90 })) {
    assert.ok(putRecord(store, key, key.padEnd(length, ".")));
  }
  return flash;
}

/** A part of a day between two boots. */
function liveOn(flash: WeakFlash, life: Life): void {
  const store = openRecordStore(flash, sha256);
  const { boot, lifeMs } = openLife(store, 7);
  const outbox = openOutbox(store, boot, lifeMs);
  const hours = 24 / life.boots;
  const tell = (): void => {
    for (let event = takeEvent(outbox, 0); life.online && event; event = takeEvent(outbox, 0)) {
      applyAck(outbox, event.boot, event.seq);
    }
  };
  const stepMs = 600_000;
  const steps = hours * 6;
  for (let step = 0; step < steps; step++) {
    const isAt = (count: number) => Math.floor((count * (step + 1)) / steps) - Math.floor((count * step) / steps);
    for (let i = 0; i < isAt(life.catches / life.boots); i++) {
      for (const [kind, latch] of [
        ["sprung", "s"],
        ["silenced", "p"],
        ["rearmed", "a"],
      ] as const) {
        insertEvent(outbox, kind, 0, step * stepMs, true);
        putRecord(store, "lat", `${latch} ${boot} ${outbox.seq}`);
        if (latch === "s") for (const stage of ["1", "2", "3"]) putRecord(store, "alm", stage);
        tell();
      }
      deleteRecord(store, "alm");
    }
    for (let i = 0; i < isAt(life.falseTriggers / life.boots); i++) {
      insertEvent(outbox, "false-trigger", i, step * stepMs, true);
      tell();
    }
    noteLife(outbox, step * stepMs);
  }
}

const LIVES: [string, Life, number][] = [
  ["a common trap, a catch and two boots a day", { catches: 1, falseTriggers: 5, boots: 2, online: true }, 500],
  [
    "a busy trap, 50 catches and 300 false triggers a day",
    { catches: 50, falseTriggers: 300, boots: 2, online: true },
    100,
  ],
  ["the same without a network, its outbox full", { catches: 50, falseTriggers: 300, boots: 2, online: false }, 50],
  ["a loose plug, a boot every ten minutes", { catches: 1, falseTriggers: 5, boots: 144, online: true }, 25],
];

for (const [name, life, yearsMin] of LIVES) {
  test(`the flash outlives the trap: ${name}`, () => {
    const flash = createOwnedFlash();
    for (let day = 0; day < DAYS; day++) for (let i = 0; i < life.boots; i++) liveOn(flash, life);
    const most = Math.max(...flash.erasures);
    const least = Math.min(...flash.erasures);
    const perDay = flash.erasures.reduce((sum, count) => sum + count, 0) / DAYS;
    const years = Math.floor(ERASURES_MAX / (most / DAYS) / 365);
    console.log(`${name}: ${perDay.toFixed(1)} erasures a day over all pages, ${years} years`);
    assert.ok(most - least <= 1, `${least} to ${most}: every page is worn alike`);
    assert.ok(years >= yearsMin, `${years} years`);
  });
}
