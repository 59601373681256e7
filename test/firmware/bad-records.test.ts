// Garbage in what a trap has stored: bits that turned in the flash, and records that are whole and say nonsense. It boots all the same,
// believes nothing that was never written, and goes on.
import * as assert from "uvu/assert";
import { CODE_UNCAUGHT } from "#protocol";
import { SLOT_KEY } from "../../firmware/slots/slot-record.ts";
import { findRecord, listKeys, openRecordStore, putRecord } from "../../firmware/store/record-store.ts";
import * as settings from "../../firmware/store/settings.ts";
import { suite } from "../support/suite.ts";
import { createVictim, WISH } from "./bad-input/bad-input.ts";
import { type Chance, createChance, spoil } from "./bad-input/mutations.ts";
import { createCloudDouble } from "./cloud-double.ts";
import { createTestBench, createTestFlash, createTestSlots, sha256, type TestBench } from "./ports-double.ts";
import { SEED } from "./seed.ts";
import { readSignedFile } from "./slots/signed-files.ts";

const test = suite("bad records", { limitMs: 120_000, fileLimitMs: 300_000 });
const BOOTS = 2500;
const LIFE_MS = 3000;
const SETTINGS = [
  ...[settings.BOOT_KEY, settings.RELEASE_KEY, settings.CREDENTIALS_KEY, settings.WIFI_KEY, settings.CONFIG_KEY],
  ...[settings.LATCH_KEY, settings.ALARM_KEY, settings.RESTART_KEY, settings.CLAIM_KEY, settings.COMMAND_KEY, SLOT_KEY],
];
const slots = createTestSlots(readSignedFile(7));

function boot(image: Buffer, what: () => string): TestBench {
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, image), slots });
  const cloud = createCloudDouble(bench);
  cloud.credentialsStatus = "closed";
  // What a trap without its records says to a broker is not the question.
  bench.onSocket = () => undefined;
  bench.boot();
  bench.clock.advance(LIFE_MS);
  const uncaught = bench.lines.find((line) => line.includes(`fault code=${CODE_UNCAUGHT}`));
  assert.is(uncaught, undefined, what());
  return bench;
}

const readAll = (image: Buffer): Map<string, string> => {
  const store = openRecordStore(createTestFlash(15, 4096, image), sha256);
  return new Map(listKeys(store, "").map((key) => [key, findRecord(store, key) ?? ""]));
};

/** Some bits turned, some bytes overwritten, mostly where something stands. */
function damage(chance: Chance, image: Buffer): string {
  const used = image.findLastIndex((byte) => byte !== 0xff) + 1;
  const places: string[] = [];
  for (let left = 1 + chance.draw(8); left > 0; left--) {
    const at = chance.draw(chance.draw(4) === 0 ? image.length : used);
    if (chance.draw(3) === 0) image.write(chance.garbage(40), at, "latin1");
    else image[at] = image[at]! ^ (1 << chance.draw(8));
    places.push(`0x${at.toString(16)}`);
  }
  return places.join(" ");
}

test("turned bits anywhere in the store are survived, and no record says what was never written", () => {
  const victim = createVictim();
  const whole = Buffer.from(victim.bench.flash.bytes);
  const written = readAll(whole);
  const chance = createChance(SEED);
  let lost = 0;
  for (let i = 0; i < BOOTS; i++) {
    const image = Buffer.from(whole);
    const places = damage(chance, image);
    const found = readAll(image);
    for (const key of [settings.CREDENTIALS_KEY, SLOT_KEY, settings.RELEASE_KEY]) {
      const value = found.get(key);
      if (value !== written.get(key) && value !== undefined) assert.unreachable(`${key} is ${value} after ${places}`);
    }
    if (found.get(settings.CREDENTIALS_KEY) === undefined) lost += 1;
    boot(image, () => places);
  }
  assert.ok(lost > 0 && lost < BOOTS / 2, `${lost} of ${BOOTS} lost their credentials`);
});

test("records that are whole and say nonsense are survived, each kind, alone and together", () => {
  const victim = createVictim();
  const whole = Buffer.from(victim.bench.flash.bytes);
  const written = [...readAll(whole).values(), JSON.stringify(WISH), "a b 2 9 9 0 -", "s 0000000100000001 2", "7 5"];
  const chance = createChance(SEED + 1);
  let count = 0;
  for (let i = 0; i < BOOTS; i++) {
    const flash = createTestFlash(15, 4096, whole);
    const store = openRecordStore(flash, sha256);
    const queued = listKeys(store, settings.EVENT_PREFIX);
    const keys = i % 2 === 0 ? [chance.pick([...SETTINGS, ...queued])] : [...SETTINGS, ...queued];
    const put: string[] = [];
    for (const key of keys) {
      const value = spoil(chance, chance.pick(written), written).slice(0, key.startsWith("e") ? 60 : 300);
      if (putRecord(store, key, value)) put.push(`${key}: ${JSON.stringify(value)}`);
    }
    count += put.length;
    boot(flash.bytes, () => put.join("\n"));
  }
  assert.ok(count > BOOTS * 4, `${count} records`);
});
