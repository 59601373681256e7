// The record store under power cuts at every operation, before it, torn and after it; against stuck bits; and against a model.
import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  deleteRecord,
  findRecord,
  listKeys,
  openRecordStore,
  putRecord,
  type RecordStore,
} from "../../firmware/store/record-store.ts";
import { suite } from "../support/suite.ts";
import { createTestFlash, PowerCut, sha256, type TestFlash } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("record store");
const PAGES = 4;
const PAGE_BYTES = 512;

const open = (flash: TestFlash): RecordStore => openRecordStore(flash, sha256);
const createFlash = (image?: Buffer): TestFlash => createTestFlash(PAGES, PAGE_BYTES, image);

function readAll(store: RecordStore): Record<string, string> {
  return Object.fromEntries(
    listKeys(store, "")
      .sort()
      .map((key) => [key, findRecord(store, key) ?? "(unreadable)"]),
  );
}

test("what was put is found, in this boot and the next", () => {
  const flash = createFlash();
  const store = open(flash);
  assert.is(findRecord(store, "a"), null);
  assert.ok(putRecord(store, "a", "one"));
  assert.ok(putRecord(store, "b", "\0\xff binary"));
  assert.ok(putRecord(store, "a", "two"));
  assert.ok(putRecord(store, "gone", "x"));
  assert.ok(deleteRecord(store, "gone"));
  assert.ok(deleteRecord(store, "never there"));
  for (const each of [store, open(flash)]) {
    assert.equal(readAll(each), { a: "two", b: "\0\xff binary" });
    assert.is(each.damaged, 0);
  }
});

test("keys and values out of bounds are refused", () => {
  const store = openRecordStore(createTestFlash(), sha256);
  assert.is(putRecord(store, "", "x"), false);
  assert.is(putRecord(store, "123456789", "x"), false);
  assert.is(putRecord(store, "k", "x".repeat(1025)), false);
  assert.ok(putRecord(store, "12345678", "x".repeat(1024)));
  assert.is(findRecord(store, "12345678"), "x".repeat(1024));
});

test("thousands of changes go round the pages and lose nothing", () => {
  const flash = createFlash();
  let store = open(flash);
  assert.ok(putRecord(store, "rare", "written once"));
  for (let i = 0; i < 2000; i++) {
    assert.ok(putRecord(store, `k${i % 5}`, `value ${i}`), `${i}`);
    if (i % 3 === 0) assert.ok(deleteRecord(store, `k${(i + 2) % 5}`));
    if (i % 97 === 0) store = open(flash);
  }
  assert.is(findRecord(store, "rare"), "written once");
  assert.equal(readAll(open(flash)), readAll(store));
  assert.is(open(flash).liveBytes, store.liveBytes, "what is counted as live is what is found as live");
});

test("when it is full it says so, keeps what it has, and takes again once something is deleted", () => {
  const store = open(createFlash());
  let count = 0;
  while (putRecord(store, `f${count}`, "x".repeat(40))) count += 1;
  assert.ok(count >= 10, `${count} records`);
  assert.is(listKeys(store, "f").length, count);
  assert.ok(deleteRecord(store, "f0"));
  for (let i = 0; i < 200; i++) assert.ok(putRecord(store, "f1", "y".repeat(40)), `${i}`);
  assert.is(listKeys(store, "f").length, count - 1);
});

test("flash that held something else is taken over", () => {
  for (const fill of [0x00, 0x5a, 0xa5]) {
    const flash = createFlash(Buffer.alloc(PAGES * PAGE_BYTES, fill));
    const store = open(flash);
    assert.ok(putRecord(store, "a", "1"));
    assert.equal(readAll(open(flash)), { a: "1" });
  }
});

/** A store into whose pages `count` changes were written, so that page renewals fall where the test wants them. */
function prepare(count: number): Buffer {
  const flash = createFlash();
  const store = open(flash);
  putRecord(store, "rare", "written once");
  for (let i = 0; i < count; i++) putRecord(store, `k${i % 4}`, `value ${i}`.padEnd(30, "."));
  deleteRecord(store, "k1");
  return flash.bytes;
}

const TORN = [0, 0.1, 0.5, 0.9, 1, -0.1, -0.9];
/** So many changes that the cuts fall into empty pages, and then into each stage of the renewal of one. */
const FILLS = [0, 3, 9, 10, 11, 12, 20, 21, 22, 23, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48];

/** Change the store of the image with the power going at every operation in turn; then boot, check, and go on working. */
function cutEverywhere(image: Buffer, change: (store: RecordStore) => void, after: Record<string, string>): number {
  const before = readAll(open(createFlash(image)));
  let cuts = 0;
  for (let cutAt = 1; ; cutAt++) {
    let isOver = false;
    for (const torn of TORN) {
      const flash = createFlash(image);
      flash.cutAt = cutAt;
      flash.torn = torn;
      try {
        change(open(flash));
        isOver = true;
      } catch (thrown) {
        if (!(thrown instanceof PowerCut)) throw thrown;
        cuts += 1;
      }
      checkBoot(flash, isOver ? [after] : [before, after], `cut at ${cutAt}, torn at ${torn}`);
    }
    if (isOver) return cuts;
  }
}

/** Boot on what is left, twice, with one more cut on the way: what is there must be one of `allowed`, and new records must hold. */
function checkBoot(flash: TestFlash, allowed: Record<string, string>[], what: string): void {
  flash.cutAt = 0;
  const store = open(flash);
  const found = readAll(store);
  const expected = allowed.find((one) => JSON.stringify(one) === JSON.stringify(found));
  assert.ok(expected, `${what}: ${JSON.stringify(found)}`);
  assert.ok(putRecord(store, "next", "boot"), what);
  for (let i = 0; i < 30; i++) assert.ok(putRecord(store, "work", `${i}`), `${what}, change ${i}`);
  assert.equal(readAll(open(flash)), sorted({ ...expected, next: "boot", work: "29" }), what);
}

const sorted = (record: Record<string, string>) => Object.fromEntries(Object.entries(record).sort());

test("[STORE-1] a put that is cut anywhere leaves the old value or the new one, on every fill of the pages", () => {
  let cuts = 0;
  for (const count of FILLS) {
    const image = prepare(count);
    const before = readAll(open(createFlash(image)));
    const change = (store: RecordStore) => void putRecord(store, "rare", "changed");
    cuts += cutEverywhere(image, change, sorted({ ...before, rare: "changed" }));
  }
  assert.ok(cuts > 200, `${cuts} cuts`);
});

test("[STORE-1] a delete that is cut anywhere happened or did not, and nothing comes back from the dead", () => {
  for (const count of FILLS) {
    const image = prepare(count);
    const { rare: _rare, ...after } = readAll(open(createFlash(image)));
    cutEverywhere(image, (store) => void deleteRecord(store, "rare"), after);
  }
});

test("[STORE-1] half of an erased page brings no deleted record back", () => {
  const work = (flash: TestFlash): void => {
    const store = open(flash);
    putRecord(store, "dead", "buried");
    deleteRecord(store, "dead");
    for (let i = 0; i < 60; i++) putRecord(store, "k", `value ${i}`.padEnd(30));
  };
  const clean = createFlash();
  const erasures: number[] = [];
  clean.erasePage = (page) => {
    clean.operations += 1;
    if (page === 0) erasures.push(clean.operations);
    clean.bytes.fill(0xff, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  };
  work(clean);
  assert.ok(erasures.length > 1, "the page came round again");
  for (let left = 0; left <= PAGE_BYTES; left += 4) {
    const flash = createFlash();
    flash.cutAt = erasures[1] ?? 0;
    flash.torn = 1 - left / PAGE_BYTES;
    try {
      work(flash);
      throw new Error("the power did not go");
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
    }
    assert.is(findRecord(open(flash), "dead"), null, `${left} bytes left`);
  }
});

test("[STORE-1] power cuts in a row, each at another operation, never lose a record that was not being written", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(...TORN), fc.nat(5)), { maxLength: 25 }),
      (cuts) => {
        const flash = createFlash(prepare(11));
        const model = new Map(Object.entries(readAll(open(flash))));
        for (const [cutAt, torn, which] of cuts) {
          flash.operations = 0;
          flash.cutAt = cutAt;
          flash.torn = torn;
          let key = "";
          try {
            const store = open(flash);
            for (let i = 0; i < 8; i++) {
              key = `k${(which + i) % 6}`;
              const value = `${cutAt}-${i}`.padEnd(20 + i * 7, "+");
              if (putRecord(store, key, value)) model.set(key, value);
            }
          } catch (thrown) {
            if (!(thrown instanceof PowerCut)) throw thrown;
            flash.cutAt = 0;
            const now = findRecord(open(flash), key);
            if (now !== null) model.set(key, now);
          }
          flash.cutAt = 0;
          assert.equal(readAll(open(flash)), sorted(Object.fromEntries(model)));
        }
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

test("a place that does not take what is written is left, and the record stands elsewhere", () => {
  const flash = createFlash();
  for (let i = 100; i < 140; i++) flash.stuck.add(i);
  const store = open(flash);
  for (let i = 0; i < 30; i++) assert.ok(putRecord(store, `k${i % 3}`, `value ${i}`.padEnd(30)));
  assert.ok(store.damaged > 0);
  assert.equal(readAll(open(flash)), readAll(store));
});
