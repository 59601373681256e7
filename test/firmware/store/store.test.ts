// The record store in peace: what it keeps, how it goes round the pages, what it does when it is full, worn, or finds what is not its own.
// Under power cuts: store-cuts.test.ts.
import * as assert from "uvu/assert";
import { encodePageHead, encodeRecord, RECORD_QUEUE } from "../../../firmware/store/pages.ts";
import {
  deleteRecord,
  findRecord,
  listKeys,
  openRecordStore,
  putRecord,
  type RecordStore,
  readQueued,
} from "../../../firmware/store/record-store.ts";
import * as settings from "../../../firmware/store/settings.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash, sha256, type TestFlash } from "../ports-double.ts";
import { createChance, createWeakFlash } from "./weak-flash.ts";

const test = suite("record store");
const PAGES = 8;
const PAGE_BYTES = 512;

const open = (flash: Parameters<typeof openRecordStore>[0]): RecordStore => openRecordStore(flash, sha256);
const createFlash = (image?: Buffer): TestFlash => createTestFlash(PAGES, PAGE_BYTES, image);

function readAll(store: RecordStore): Record<string, string> {
  const entries = listKeys(store, "").map((key): [string, string] => [key, findRecord(store, key) ?? "(unreadable)"]);
  return Object.fromEntries(entries.sort());
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
  assert.ok(deleteRecord(store, "never"));
  for (const each of [store, open(flash)]) {
    assert.equal(readAll(each), { a: "two", b: "\0\xff binary" });
    assert.is(each.damaged, 0);
  }
});

test("keys and values out of bounds are refused, and change nothing", () => {
  const flash = createTestFlash();
  const store = open(flash);
  assert.ok(putRecord(store, "12345678", "x".repeat(1000)));
  const { operations } = flash;
  assert.is(putRecord(store, "", "x"), false);
  assert.is(putRecord(store, "123456789", "x"), false);
  assert.is(putRecord(store, "k", "x".repeat(1025)), false);
  assert.is(putRecord(store, "k", "x".repeat(300)), false, "together the settings must fit into a quarter of a page");
  assert.is(putRecord(store, "e1", "x".repeat(71)), false, "a queued record is short");
  assert.is(putRecord(store, "k", "x", "key ".repeat(30)), false);
  assert.is(flash.operations, operations);
  assert.is(findRecord(store, "12345678"), "x".repeat(1000));
});

test("opening and reading write nothing, whatever is there", () => {
  for (const fill of [0xff, 0x00, 0x5a]) {
    const flash = createFlash(Buffer.alloc(PAGES * PAGE_BYTES, fill));
    readAll(open(flash));
    assert.is(flash.operations, 0);
  }
});

test("queued records are in the order of their numbers, whatever the order they were written in", () => {
  const flash = createFlash();
  const store = open(flash);
  for (const number of [5, 1, 12, 3, 100, 7]) assert.ok(putRecord(store, `e${number}`, `v${number}`));
  assert.ok(deleteRecord(store, "e7"));
  assert.ok(putRecord(store, "e3", "x3"));
  for (const each of [store, open(flash)]) {
    const queued = Array.from({ length: each.tags.length }, (_, i) => readQueued(each, i));
    assert.equal(
      queued.map((one) => `${one?.key} ${one?.value}`),
      ["e1 v1", "e3 x3", "e5 v5", "e12 v12", "e100 v100"],
    );
    assert.is(each.tags, "vxvvv", "the first characters are known without reading");
    assert.is(findRecord(each, "e12"), "v12");
    assert.is(findRecord(each, "e11"), null);
  }
});

test("[STORE-3] one write puts a record and removes others, and can remove all that is queued", () => {
  const flash = createFlash();
  const store = open(flash);
  for (const key of ["a", "b", "c", "e1", "e2", "e3"]) assert.ok(putRecord(store, key, key));
  let operations = flash.operations;
  assert.ok(putRecord(store, "a", "new", "b e2 none"));
  assert.is(flash.operations, operations + 1);
  for (const each of [store, open(flash)]) assert.equal(readAll(each), { a: "new", c: "c", e1: "e1", e3: "e3" });
  operations = flash.operations;
  assert.ok(deleteRecord(store, "c e none"));
  assert.ok(deleteRecord(store, "c e none"), "the second time there is nothing to write");
  assert.is(flash.operations, operations + 1);
  for (const each of [store, open(flash)]) assert.equal(readAll(each), { a: "new" });
});

test("thousands of changes go round the pages and lose nothing, and every page is worn alike", () => {
  const flash = createWeakFlash(PAGES, PAGE_BYTES, createChance(1));
  let store = open(flash);
  const model = new Map<string, string>();
  const put = (key: string, value: string): void => {
    assert.ok(putRecord(store, key, value), `${key}=${value}`);
    model.set(key, value);
  };
  put("rare", "written once");
  put("e1", "waits for ever");
  for (let i = 2; i < 3000; i++) {
    put(`k${i % 4}`, `value ${i}`);
    put(`e${i}`, `event ${i}`);
    if (i > 5) {
      assert.ok(deleteRecord(store, `e${i - 4}`));
      model.delete(`e${i - 4}`);
    }
    if (i % 97 === 0) store = open(flash);
  }
  assert.equal(readAll(store), Object.fromEntries([...model].sort()));
  assert.equal(readAll(open(flash)), readAll(store));
  const [least, most] = [Math.min(...flash.erasures), Math.max(...flash.erasures)];
  assert.ok(least > 20 && most - least <= 1, `${least} to ${most} erasures`);
});

test("when it is full it says so, keeps what it has, and takes again once something is deleted", () => {
  const flash = createFlash();
  const store = open(flash);
  assert.ok(putRecord(store, "set", "x".repeat(60)));
  let count = 0;
  while (putRecord(store, `e${count + 1}`, "v".repeat(68))) count += 1;
  assert.ok(store.tags.length === store.queuedMax && count >= 9, `${count} records`);
  assert.ok(putRecord(store, "e1", "w"), "what is queued already can be changed");
  for (let i = 0; i < 500; i++) {
    assert.ok(putRecord(store, "lat", `value ${i}`), "settings do not suffer");
    assert.ok(deleteRecord(store, `e${i + 1}`));
    assert.ok(putRecord(store, `e${count + 1 + i}`, "v".repeat(68)));
    if (i % 50 === 0) assert.equal(readAll(open(flash)), readAll(store));
  }
  assert.is(store.tags.length, count);
});

test("flash that held something else is taken over", () => {
  for (const fill of [0x00, 0x5a, 0xa5]) {
    const flash = createFlash(Buffer.alloc(PAGES * PAGE_BYTES, fill));
    const store = open(flash);
    assert.equal(readAll(store), {});
    for (let i = 0; i < 100; i++) assert.ok(putRecord(store, "a", `value ${i}`.padEnd(60)));
    assert.equal(readAll(open(flash)), { a: "value 99".padEnd(60) });
  }
});

test("pages of another version of the layout are none of ours", () => {
  const flash = createFlash();
  const store = open(flash);
  putRecord(store, "a", "1");
  const page = store.sequence % PAGES;
  assert.is(flash.bytes.toString("latin1", page * PAGE_BYTES, page * PAGE_BYTES + 4), "TLS2");
  flash.bytes.write("TLS1", page * PAGE_BYTES, "latin1");
  assert.equal(readAll(open(flash)), {});
});

test("a page is believed only where its sequence belongs, so that no two can carry the same", () => {
  const flash = createFlash();
  const store = open(flash);
  putRecord(store, "a", "1");
  const page = store.sequence % PAGES;
  const copy = (page + 3) % PAGES;
  flash.bytes.copy(flash.bytes, copy * PAGE_BYTES, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  flash.bytes.fill(0xff, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  assert.equal(readAll(open(flash)), {});
});

test("a sequence beyond what the flash can live to see is no sequence", () => {
  const begin = (flash: TestFlash, sequence: number, head: string): void => {
    const list = encodeRecord(RECORD_QUEUE, "e", "", sha256);
    flash.write((sequence % PAGES) * PAGE_BYTES, head + list);
  };
  const flash = createFlash();
  putRecord(open(flash), "a", "1");
  for (const sequence of [0x7fffffff + 1, 0xffffffff]) {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(sequence);
    const covered = `TLS2${word.toString("latin1")}`;
    begin(flash, sequence, covered + sha256(covered).slice(0, 4));
  }
  assert.equal(readAll(open(flash)), { a: "1" });
  const last = createFlash();
  const sequence = 0x7fffffff - 100;
  begin(last, sequence, encodePageHead(sequence, sha256));
  const store = open(last);
  for (let i = 0; i < 30; i++) assert.ok(putRecord(store, "a", `${i}`.padEnd(100)));
  assert.is(findRecord(open(last), "a"), "29".padEnd(100), "near the end it still counts on");
});

test("[STORE-2] pages that die are passed over, and nothing is lost with them", () => {
  for (const dead of [[3], [3, 4], [0, 7], [1, 3, 5]]) {
    const flash = createWeakFlash(PAGES, PAGE_BYTES, createChance(7));
    let store = open(flash);
    const model = new Map<string, string>();
    for (let i = 1; i < 400; i++) {
      // They die in use, with whatever they hold.
      if (i === 100) for (const page of dead) flash.dead.add(page);
      for (const [key, value] of [
        [`k${i % 3}`, `value ${i}`],
        [`e${i}`, `event ${i}`],
      ] as const) {
        assert.ok(putRecord(store, key, value), `${dead}: ${key}`);
        model.set(key, value);
      }
      if (i > 3) {
        assert.ok(deleteRecord(store, `e${i - 3}`));
        model.delete(`e${i - 3}`);
      }
      if (i % 50 === 0) store = open(flash);
    }
    assert.equal(readAll(open(flash)), Object.fromEntries([...model].sort()), `${dead}`);
    assert.ok(store.damaged > 0);
  }
});

test("on flash that takes nothing any more every write says so at once, and what is there stays readable", () => {
  const flash = createWeakFlash(PAGES, PAGE_BYTES, createChance(3));
  putRecord(open(flash), "a", "1");
  for (let page = 0; page < PAGES; page++) flash.dead.add(page);
  const store = open(flash);
  assert.is(putRecord(store, "a", "2"), false);
  const { operations } = flash;
  assert.is(putRecord(store, "a", "3"), false);
  assert.is(deleteRecord(store, "a"), false);
  assert.is(flash.operations, operations, "it is not tried again before the next boot");
  assert.is(findRecord(store, "a"), "1");
});

test("a place that does not take what is written is left, and the record stands elsewhere", () => {
  const flash = createFlash();
  for (let i = 600; i < 640; i++) flash.stuck.add(i);
  const store = open(flash);
  for (let i = 0; i < 90; i++) assert.ok(putRecord(store, `k${i % 3}`, `value ${i}`.padEnd(30)));
  assert.ok(store.damaged > 0);
  assert.equal(readAll(open(flash)), readAll(store));
});

test("a record that rots takes no other with it", () => {
  const flash = createFlash();
  const store = open(flash);
  for (const key of ["a", "b", "c", "e1", "e2", "e3"]) putRecord(store, key, `value of ${key}`);
  for (const key of ["b", "e2"]) {
    const at = flash.bytes.indexOf(`value of ${key}`);
    flash.bytes[at] = (flash.bytes[at] ?? 0) & 0x0f;
  }
  const next = open(flash);
  assert.is(next.damaged, 2);
  const expected = { a: "value of a", c: "value of c", e1: "value of e1", e3: "value of e3" };
  assert.equal(readAll(next), expected);
  for (let i = 0; i < 100; i++) assert.ok(putRecord(next, "work", "x".repeat(40)));
  assert.equal(readAll(open(flash)), { ...expected, work: "x".repeat(40) });
});

test("settings and events are told apart by their keys", () => {
  const keys = Object.entries(settings).filter(([name]) => name.endsWith("_KEY"));
  assert.ok(keys.length >= 8);
  for (const [name, key] of keys) assert.not.ok(String(key).startsWith(settings.EVENT_PREFIX), name);
});
