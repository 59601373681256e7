// The record store under power cuts [STORE-1] [STORE-2] [STORE-3]: at every operation, before it, torn at several points, after it; a second
// one at every operation of the boot that follows; and chains of them on flash whose torn bits read as they please.
import * as assert from "uvu/assert";
import {
  deleteRecord,
  findRecord,
  listKeys,
  openRecordStore,
  putRecord,
  type RecordStore,
} from "../../../firmware/store/record-store.ts";
import { getSeed } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash, PowerCut, sha256, type TestFlash } from "../ports-double.ts";
import { createChance, createWeakFlash, type WeakFlash } from "./weak-flash.ts";

const test = suite("record store under power cuts", { limitMs: 60_000 });
const PAGES = 8;
const PAGE_BYTES = 1024;

const open = (flash: TestFlash | WeakFlash): RecordStore => openRecordStore(flash, sha256);
const createFlash = (image?: Buffer): TestFlash => createTestFlash(PAGES, PAGE_BYTES, image);

function readAll(store: RecordStore): Record<string, string> {
  const entries = listKeys(store, "").map((key): [string, string] => [key, findRecord(store, key) ?? "(unreadable)"]);
  return Object.fromEntries(entries.sort());
}

const sorted = (record: Record<string, string>) => Object.fromEntries(Object.entries(record).sort());

/** Settings, and events of which some wait for ever, so that each renewal has both to carry. */
function prepare(count: number): Buffer {
  const flash = createFlash();
  const store = open(flash);
  assert.ok(putRecord(store, "rare", "written once"));
  for (let i = 0; i < count; i++) {
    assert.ok(putRecord(store, `k${i % 3}`, `value ${i}`.padEnd(20, ".")));
    assert.ok(putRecord(store, `e${i + 1}`, `waiting ${i}`.padEnd(30, ".")));
    if (i >= 6 && i % 4 !== 0) assert.ok(deleteRecord(store, `e${i - 5}`));
    if (i >= 14) deleteRecord(store, `e${i - 13}`);
  }
  return flash.bytes;
}

const TORN = [0, 0.1, 0.5, 1, -0.1, -0.9];
const FILLS = [0, 5, 9, 31, 47, 66];

/** What a boot of the trap does first. */
const boot = (flash: TestFlash | WeakFlash): RecordStore => {
  const store = open(flash);
  putRecord(store, "boot", "counted");
  return store;
};

type Change = (store: RecordStore) => unknown;

/** Run with the power going at an operation; true if it came to its end before. */
function runUntilCut(flash: TestFlash | WeakFlash, cutAt: number, act: () => unknown): boolean {
  flash.operations = 0;
  flash.cutAt = cutAt;
  try {
    act();
    return true;
  } catch (thrown) {
    if (thrown instanceof PowerCut) return false;
    throw thrown;
  } finally {
    flash.cutAt = 0;
  }
}

/** What is there must be one of `allowed`, and new records must hold. */
function checkBoot(flash: TestFlash, allowed: Record<string, string>[], what: string): void {
  const store = boot(flash);
  const found = readAll(store);
  const expected = allowed.find((one) => JSON.stringify(sorted({ ...one, boot: "counted" })) === JSON.stringify(found));
  assert.ok(expected, `${what}: ${JSON.stringify(found)}`);
  for (let i = 0; i < 6; i++) assert.ok(putRecord(store, "work", `${i}`.padEnd(80)), `${what}, change ${i}`);
  assert.equal(readAll(open(flash)), sorted({ ...found, work: "5".padEnd(80) }), what);
}

/** Each cut, and with `pairs` each second one in the boot after it. */
function cutEverywhere(image: Buffer, change: Change, pairs: boolean): number {
  const before = readAll(open(createFlash(image)));
  const whole = createFlash(image);
  change(open(whole));
  const after = readAll(open(whole));
  let cases = 0;
  for (let cutAt = 1, isOver = false; !isOver; cutAt++) {
    for (const torn of TORN) {
      const flash = createFlash(image);
      flash.torn = torn;
      isOver = runUntilCut(flash, cutAt, () => change(boot(flash)));
      if (isOver) break;
      const what = `cut at ${cutAt}, torn at ${torn}`;
      for (let second = 1, isBooted = !pairs; !isBooted; second++) {
        const again = createFlash(flash.bytes);
        again.torn = TORN[(second + cutAt) % TORN.length] ?? 0;
        isBooted = runUntilCut(again, second, () => boot(again));
        checkBoot(again, [before, after], `${what}, then at ${second}, torn at ${again.torn}`);
        cases += 1;
      }
      checkBoot(flash, [before, after], what);
      cases += 1;
    }
  }
  return cases;
}

const CHANGES: [string, Change][] = [
  ["a put", (store) => putRecord(store, "rare", "changed")],
  ["a deletion", (store) => deleteRecord(store, "rare")],
  ["an event", (store) => putRecord(store, "e900", "it sprang")],
  ["an acknowledgement", (store) => deleteRecord(store, listKeys(store, "e")[0] ?? "none")],
  ["[STORE-3] all of an owner's at once", (store) => putRecord(store, "rel", "1", "rare k0 k1 e")],
  ["[STORE-3] the removal of many", (store) => deleteRecord(store, "rare k1 k2 e")],
];

for (const [name, change] of CHANGES) {
  test(`[STORE-1] ${name}, cut anywhere, happened wholly or not at all, on every fill of the pages`, () => {
    let cases = 0;
    for (const count of FILLS) cases += cutEverywhere(prepare(count), change, false);
    assert.ok(cases > 200, `${cases} cases`);
  });
}

test("[STORE-2] a second cut in the boot after the first changes nothing in that", () => {
  let cases = 0;
  for (const [, change] of CHANGES) for (const count of [5, 66]) cases += cutEverywhere(prepare(count), change, true);
  assert.ok(cases > 1000, `${cases} cases`);
});

test("[STORE-1] half of an erased page brings nothing back, wherever the erasure stops", () => {
  const image = prepare(66);
  const renew: Change = (store) => putRecord(store, "k0", "renewed");
  const expected = readAll(open(createFlash(image)));
  let erasures = 0;
  for (let cutAt = 1; cutAt < 12; cutAt++) {
    for (let left = 0; left <= PAGE_BYTES; left += 4) {
      const flash = createFlash(image);
      const erase = flash.erasePage;
      let isErasing = false;
      flash.erasePage = (page) => {
        isErasing = true;
        erase(page);
        isErasing = false;
      };
      flash.torn = 1 - left / PAGE_BYTES;
      const isOver = runUntilCut(flash, cutAt, () => renew(open(flash)));
      if (isOver || !isErasing) break;
      erasures += 1;
      checkBoot(flash, [expected], `${left} bytes left`);
    }
  }
  assert.ok(erasures > 100, `${erasures} erasures`);
});

/** What each key may be: one value when all is settled, several after a cut until a boot has written something. */
type Model = Map<string, (string | null)[]>;

function settle(model: Model, store: RecordStore, what: string): void {
  for (const [key, allowed] of model) {
    const found = findRecord(store, key);
    assert.ok(allowed.includes(found), `${what}: ${key} is ${found}, not ${allowed.join(" or ")}`);
  }
  const unknown = listKeys(store, "").filter((key) => !model.has(key));
  assert.equal(unknown, [], what);
}

function fix(model: Model, store: RecordStore): void {
  for (const key of model.keys()) model.set(key, [findRecord(store, key)]);
}

function changeByChance(store: RecordStore, model: Model, chance: () => number, step: number): void {
  const pick = Math.floor(chance() * 8);
  const key = pick < 3 ? `k${pick}` : `e${step}`;
  const value = `${step}`.padEnd(10 + Math.floor(chance() * 20), "+");
  const waiting = [...model].filter(([name, values]) => name.startsWith("e") && values.at(-1) !== null);
  const isCrowded = waiting.length > 6;
  const isPut = pick < 6 || isCrowded;
  const oneWaiting = waiting[Math.floor(chance() * waiting.length)]?.[0] ?? "k1";
  const gone = pick === 6 || isCrowded ? oneWaiting : isPut ? "" : "k1";
  // Until it is done it may be either; every removal goes with the put.
  const old = (name: string) => model.get(name) ?? [null];
  if (isPut) model.set(key, [...old(key), value]);
  if (gone !== "") model.set(gone, [...old(gone), null]);
  const isDone = isPut ? putRecord(store, key, value, gone) : deleteRecord(store, gone);
  assert.ok(isDone);
  if (isPut) model.set(key, [value]);
  if (gone !== "") model.set(gone, [null]);
}

test("[STORE-1] chains of cuts on flash whose torn bits read as they please lose nothing that was settled", () => {
  let cuts = 0;
  for (let run = 0; run < 40; run++) {
    const chance = createChance(getSeed() + run);
    const flash = createWeakFlash(PAGES, PAGE_BYTES, chance);
    const model: Model = new Map();
    for (let boots = 0; boots < 25; boots++) {
      let step = boots * 100;
      const isOver = runUntilCut(flash, 1 + Math.floor(chance() * 40), () => {
        const store = open(flash);
        settle(model, store, `run ${run}, boot ${boots}`);
        const seen: Model = new Map(model);
        fix(seen, store);
        model.set("boot", [...(model.get("boot") ?? [null]), `${boots}`]);
        assert.ok(putRecord(store, "boot", `${boots}`));
        // From here on what was read is how it is.
        for (const [key, values] of seen) model.set(key, values);
        model.set("boot", [`${boots}`]);
        for (let i = 0; i < 12; i++) changeByChance(store, model, chance, ++step);
      });
      if (!isOver) cuts += 1;
    }
    settle(model, open(flash), `run ${run}, at the end`);
  }
  assert.ok(cuts > 200, `${cuts} cuts`);
});
