// The loader as a library: which slot it chooses of what stands in the two, what the record says, and how often a trial was begun. The very
// bytes of the loader on a board are boot.test.ts's.
import * as assert from "uvu/assert";
import {
  CODE_OK,
  CODE_STORE_FULL,
  CODE_UPDATE_FOREIGN,
  CODE_UPDATE_OUTDATED,
  CODE_UPDATE_ROLLED_BACK,
  CODE_UPDATE_UNSIGNED,
  CODE_UPDATE_WRONG_HASH,
  CODE_UPDATE_WRONG_SIZE,
} from "#protocol";
import { type ChosenSlot, chooseSlot, type LoaderPorts, TRIAL_BOOTS_MAX } from "../../firmware/boot/loader.ts";
import { SLOT_BYTES, type SlotName } from "../../firmware/slots/slot-layout.ts";
import { decodeSlotRecord, encodeSlotRecord, SLOT_KEY, type SlotRecord } from "../../firmware/slots/slot-record.ts";
import { findRecord, openRecordStore, putRecord } from "../../firmware/store/record-store.ts";
import { suite } from "../support/suite.ts";
import { createTestFlash, type TestFlash } from "./ports-double.ts";
import { flipBit, forgeFile, readSignedFile, SIGNED_KEY, sha256 } from "./slots/signed-files.ts";

const test = suite("loader");
const ERASED = "";
const OLD = readSignedFile(7);
const NEW = readSignedFile(8);

interface Board {
  ports: LoaderPorts;
  flash: TestFlash;
  slots: Record<SlotName, string>;
  kicks(): number;
  boot(): ChosenSlot;
  record(): SlotRecord | null;
  note(change: Partial<SlotRecord>): void;
}

function createBoard(a: string, b: string): Board {
  const flash = createTestFlash();
  const slots = { a, b };
  let kicks = 0;
  const ports: LoaderPorts = {
    ...{ flash, sha256, key: SIGNED_KEY },
    read: (slot, offset, length) => slots[slot].padEnd(SLOT_BYTES, "\xff").slice(offset, offset + length),
    kick() {
      kicks += 1;
    },
  };
  return {
    ...{ ports, flash, slots },
    kicks: () => kicks,
    boot: () => chooseSlot(ports),
    record: () => decodeSlotRecord(findRecord(openRecordStore(flash, sha256), SLOT_KEY)),
    note(change) {
      const record = { active: "a", trial: "", boots: 0, counter: 7, trialCounter: 0, code: 0, offer: "" } as const;
      putRecord(openRecordStore(flash, sha256), SLOT_KEY, encodeSlotRecord({ ...record, ...change }));
    },
  };
}

/** Only what a choice says of the slot. */
const brief = ({ slot, isTrial, code }: ChosenSlot) => [slot, isTrial, code];

test("a fresh board runs what it was flashed with, and remembers it as confirmed [SIGN-4]", () => {
  const board = createBoard(OLD.file, ERASED);
  const chosen = board.boot();
  assert.equal(brief(chosen), ["a", false, CODE_OK]);
  assert.is(OLD.file.slice(chosen.at, chosen.at + chosen.size), OLD.firmware);
  assert.is(chosen.sha256, OLD.sha256);
  assert.equal(board.record(), { active: "a", trial: "", boots: 0, counter: 7, trialCounter: 0, code: 0, offer: "" });
  const { operations } = board.flash;
  assert.equal(brief(board.boot()), ["a", false, CODE_OK]);
  assert.is(board.flash.operations, operations, "an ordinary boot writes nothing");
});

const damage = (file: string) => flipBit(file, file.length - 100);
const unsign = (file: string) => flipBit(file, 3000);

const FIRST: [name: string, a: string, b: string, slot: SlotName | "", code: number][] = [
  ["the older, if the newer is damaged", OLD.file, damage(NEW.file), "a", CODE_OK],
  ["the older, if the newer is not signed", unsign(NEW.file), OLD.file, "b", CODE_OK],
  ["the older, if the newer is for other hardware", OLD.file, forgeFile(8, { hardware: "esp32s3" }).file, "a", CODE_OK],
  ["nothing of two that are not signed", unsign(NEW.file), unsign(OLD.file), "", CODE_UPDATE_UNSIGNED],
  ["nothing of two that are erased", ERASED, ERASED, "", CODE_UPDATE_WRONG_SIZE],
];
for (const [name, a, b, slot, code] of FIRST) {
  test(`a board without a record runs ${name} [SIGN-4]`, () => {
    assert.equal(brief(createBoard(a, b).boot()), [slot, false, code]);
  });
}

test("of two without a record the newer is on trial, since nobody knows whether it was ever confirmed [SLOT-2] [SIGN-4]", () => {
  for (const [a, b, newer, older] of [
    [OLD.file, NEW.file, "b", "a"],
    [NEW.file, OLD.file, "a", "b"],
  ] as const) {
    const board = createBoard(a, b);
    for (let boot = 1; boot <= TRIAL_BOOTS_MAX; boot++) assert.equal(brief(board.boot()), [newer, true, CODE_OK]);
    assert.equal(brief(board.boot()), [older, false, CODE_UPDATE_ROLLED_BACK]);
    assert.is(board.record()?.counter, 7, "a firmware that nobody confirmed locks no other out");
  }
  const twice = createBoard(OLD.file, OLD.file);
  assert.equal(brief(twice.boot()), ["a", false, CODE_OK], "the same twice needs no trial");
});

test("a record that cannot be read is as none", () => {
  const board = createBoard(OLD.file, NEW.file);
  for (const value of ["", "c - 0 1 0 0 -", "a - x 1 0 0 -", "a b 0 1", "a - 0 1 0 0 - more"]) {
    putRecord(openRecordStore(board.flash, sha256), SLOT_KEY, value);
    assert.equal(brief(board.boot()), ["b", true, CODE_OK], value);
  }
});

test("a trial is verified, counted and run three times, then given up for what was confirmed [SLOT-2]", () => {
  const board = createBoard(OLD.file, NEW.file);
  board.note({ trial: "b", trialCounter: 8, offer: "an-offer" });
  for (let boot = 1; boot <= TRIAL_BOOTS_MAX; boot++) {
    assert.equal(brief(board.boot()), ["b", true, CODE_OK], `boot ${boot}`);
    assert.is(board.record()?.boots, boot);
  }
  assert.equal(brief(board.boot()), ["a", false, CODE_UPDATE_ROLLED_BACK]);
  const after = board.record();
  assert.equal(
    [after?.active, after?.trial, after?.code, after?.offer],
    ["a", "", CODE_UPDATE_ROLLED_BACK, "an-offer"],
  );
  assert.equal(brief(board.boot()), ["a", false, CODE_OK], "and it stays there");
  assert.ok(board.kicks() > 3 * 250, "the watchdog was fed while it verified");
});

const TRIALS: [name: string, file: string, code: number][] = [
  ["is damaged", damage(NEW.file), CODE_UPDATE_WRONG_HASH],
  ["is not signed", unsign(NEW.file), CODE_UPDATE_UNSIGNED],
  ["is not there", ERASED, CODE_UPDATE_WRONG_SIZE],
  ["is for other hardware", forgeFile(8, { hardware: "esp32c3" }).file, CODE_UPDATE_FOREIGN],
  ["is of another product", forgeFile(8, { product: "other" }).file, CODE_UPDATE_FOREIGN],
  ["has a lower counter than what was confirmed", forgeFile(8, { counter: 6 }).file, CODE_UPDATE_OUTDATED],
];
for (const [name, file, code] of TRIALS) {
  test(`a trial that ${name} is not run, and its code is kept for the cloud [SIGN-4]`, () => {
    const board = createBoard(OLD.file, file);
    board.note({ trial: "b", offer: "an-offer" });
    assert.equal(brief(board.boot()), ["a", false, code]);
    assert.equal([board.record()?.trial, board.record()?.code, board.record()?.offer], ["", code, "an-offer"]);
  });
}

test("what was confirmed runs without its signature being verified again, but not with a bit turned", () => {
  const board = createBoard(OLD.file, NEW.file);
  board.note({ active: "a" });
  board.ports.key = "";
  assert.equal(brief(board.boot()), ["a", false, CODE_OK]);
  board.slots.a = damage(OLD.file);
  assert.equal(brief(board.boot()), ["", false, CODE_UPDATE_WRONG_HASH], "without a key the other is not believed");
  board.ports.key = SIGNED_KEY;
  assert.equal(brief(board.boot()), ["b", false, CODE_UPDATE_WRONG_HASH]);
  assert.is(board.record()?.active, "b", "from now on that is what is confirmed");
});

test("a damaged slot gives way only to one that is signed; with neither it says why and erases nothing", () => {
  const board = createBoard(damage(OLD.file), unsign(NEW.file));
  board.note({});
  const before = { ...board.slots };
  const { operations } = board.flash;
  assert.equal(brief(board.boot()), ["", false, CODE_UPDATE_WRONG_HASH]);
  assert.equal([board.slots, board.flash.operations], [before, operations]);
});

test("worn flash that takes no record still runs what was confirmed, and tries nothing it cannot count", () => {
  const board = createBoard(OLD.file, NEW.file);
  board.note({ trial: "b", trialCounter: 8 });
  board.flash.stuck = new Set(Array.from({ length: board.flash.bytes.length }, (_, at) => at));
  for (let boot = 0; boot < 5; boot++) assert.equal(brief(board.boot()), ["a", false, CODE_STORE_FULL]);
  const lost = createBoard(OLD.file, NEW.file);
  lost.flash.stuck = board.flash.stuck;
  assert.equal(brief(lost.boot()), ["a", false, CODE_OK], "of two it cannot count a trial of the newer");
  const fresh = createBoard(OLD.file, ERASED);
  fresh.flash.stuck = board.flash.stuck;
  assert.equal(brief(fresh.boot()), ["a", false, CODE_OK], "a board that never could remember");
});
