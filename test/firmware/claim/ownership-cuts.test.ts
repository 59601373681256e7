// The ends of an ownership under power cuts [STORE-3]: a reset and a release are cut at every flash operation, and the flash is looked at as
// the next boot finds it. All of the owner's is there, or nothing.
import * as assert from "uvu/assert";
import { findRecord, listKeys, openRecordStore, type RecordStore } from "../../../firmware/store/record-store.ts";
import { suite } from "../../support/suite.ts";
import { startOwned } from "../cloud-double.ts";
import { createTestBench, createTestFlash, PowerCut, sha256, type TestBench, type TestFlash } from "../ports-double.ts";

const test = suite("ends of an ownership under power cuts");
const OWNERS = ["cred", "conf", "cmd", "clm", "e"];
const TORN = [0, 0.3, 0.9, 1, -0.5];

/** A trap with an owner, a latch, and events that nobody has acknowledged. */
function createOwnedFlash(): Buffer {
  const { bench, cloud } = startOwned();
  cloud.acknowledges = false;
  cloud.send({ name: "config", value: { rev: 3, telemetryS: 60, confirmMs: 50, armDelayMs: 100, buzzer: false } });
  bench.setPlunger(true);
  bench.clock.advance(2100);
  bench.setPlunger(false);
  bench.clock.advance(500);
  return bench.flash.bytes;
}

const listOf = (store: RecordStore, keys: string[]): string[] =>
  listKeys(store, "").filter((key) => keys.some((one) => key === one || (one === "e" && key.startsWith("e"))));

/** After a power cut there is nobody to go on, though the firmware counts an exception and would. */
function goDarkAfterCut(flash: TestFlash): () => boolean {
  let isDark = false;
  const guard =
    <A extends unknown[]>(act: (...args: A) => void) =>
    (...args: A): void => {
      if (isDark) throw new PowerCut();
      try {
        act(...args);
      } catch (thrown) {
        isDark = true;
        throw thrown;
      }
    };
  flash.write = guard(flash.write);
  flash.erasePage = guard(flash.erasePage);
  return () => isDark;
}

function startAgain(image: Buffer): TestBench {
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, image) });
  bench.boot();
  bench.clock.advance(50);
  return bench;
}

/** What is left in flash at each cut, until the end comes before the cut does. */
function cutEverywhere(
  image: Buffer,
  act: (bench: TestBench) => void,
  check: (store: RecordStore) => string,
): string[] {
  const seen = new Set<string>();
  for (let cutAt = 1; ; cutAt++) {
    let isOver = false;
    for (const torn of TORN) {
      const bench = startAgain(image);
      const isDark = goDarkAfterCut(bench.flash);
      bench.flash.operations = 0;
      bench.flash.cutAt = cutAt;
      bench.flash.torn = torn;
      act(bench);
      isOver = !isDark();
      seen.add(check(openRecordStore(createTestFlash(15, 4096, bench.flash.bytes), sha256)));
      // And a boot on it gets to its end, and finds the same.
      const next = startAgain(bench.flash.bytes);
      seen.add(check(openRecordStore(createTestFlash(15, 4096, next.flash.bytes), sha256)));
    }
    if (isOver) return [...seen].sort();
  }
}

test("[STORE-3] a factory reset happened wholly, and is noted, or not at all", () => {
  const image = createOwnedFlash();
  const all = listOf(openRecordStore(createTestFlash(15, 4096, image), sha256), [...OWNERS, "lat"]).sort();
  assert.ok(all.length >= 5 && all.includes("cred") && all.includes("e1"), all.join());
  const states = cutEverywhere(
    image,
    (bench) => bench.type("reset"),
    (store) => {
      const left = listOf(store, [...OWNERS, "lat"]).sort();
      if (findRecord(store, "rel") === "1") return left.length === 0 ? "reset" : `half reset: ${left}`;
      return left.join() === all.join() ? "owned" : `half owned: ${left}`;
    },
  );
  assert.equal(states, ["owned", "reset"]);
});

test("[STORE-3] a release by the owner leaves all of the owner's or nothing", () => {
  const { bench, cloud } = startOwned();
  cloud.acknowledges = false;
  bench.setPlunger(true);
  bench.clock.advance(2500);
  const isDark = goDarkAfterCut(bench.flash);
  const { operations } = bench.flash;
  cloud.send({ name: "command", value: { id: 7, command: "release" } });
  bench.clock.advance(1000);
  assert.not(isDark());
  const store = openRecordStore(createTestFlash(15, 4096, bench.flash.bytes), sha256);
  assert.equal(listOf(store, OWNERS), []);
  // One write is what cannot be half done; the store's own tests cut it.
  assert.is(bench.flash.operations - operations, 1);
});
