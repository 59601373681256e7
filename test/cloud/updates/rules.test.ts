// How an update goes, what a hello makes of it, and which offers are outdated: the rules alone, in all their cases.
import * as assert from "uvu/assert";
import {
  CODE_UPDATE_ALREADY_RUNNING,
  CODE_UPDATE_ROLLED_BACK,
  CODE_UPDATE_WRONG_HASH,
  FIRMWARE_CHUNK_BYTES,
  UPDATE_PHASES,
} from "#protocol";
import type { DeviceUpdateStatus } from "../../../cloud/db/schema.ts";
import { createFirmwareContent } from "../../../cloud/updates/firmware-content.ts";
import { createOffer, decideAtHello, decideProgress, isOutdated } from "../../../cloud/updates/updates.ts";
import { suite } from "../../support/suite.ts";

const test = suite("update rules");
const STATUSES: DeviceUpdateStatus[] = ["offered", "accepted", "fetching", "verified", "booted", "refused", "failed"];

test("progress goes forward only, and a refusal ends whatever is under way, the trial of what has booted too", () => {
  const table = STATUSES.map((status) => [
    status,
    ...UPDATE_PHASES.map((phase) => {
      const code = phase === "refused" ? CODE_UPDATE_WRONG_HASH : 0;
      return decideProgress({ status, received: 10, code: null }, { phase, code, received: 10 })?.status ?? "-";
    }),
  ]);
  assert.equal(table, [
    ["offered", "accepted", "fetching", "verified", "refused"],
    ["accepted", "-", "fetching", "verified", "refused"],
    ["fetching", "-", "-", "verified", "refused"],
    ["verified", "-", "-", "-", "refused"],
    ["booted", "-", "-", "-", "failed"],
    ["refused", "-", "-", "-", "-"],
    ["failed", "-", "-", "-", "failed"],
  ]);
});

test("a trap that says it has gone back has failed, whatever is known of it; that it runs the firmware is no failure", () => {
  const refusal = (status: DeviceUpdateStatus, code: number) =>
    decideProgress({ status, received: 10, code: null }, { phase: "refused", code, received: 0 });
  for (const status of ["offered", "fetching", "verified", "booted", "failed"] as const) {
    const failed = { status: "failed", received: 10, code: CODE_UPDATE_ROLLED_BACK };
    assert.equal(refusal(status, CODE_UPDATE_ROLLED_BACK), failed, status);
  }
  assert.is(refusal("booted", CODE_UPDATE_ALREADY_RUNNING), null);
});

test("why an update has failed is taken once", () => {
  const failed = { status: "failed", received: 10, code: CODE_UPDATE_ROLLED_BACK } as const;
  assert.is(decideProgress(failed, { phase: "refused", code: CODE_UPDATE_WRONG_HASH, received: 0 }), null);
});

test("within a phase only more bytes are news, and a refusal keeps its code", () => {
  const at = { status: "fetching", received: 2_048, code: null } as const;
  assert.is(decideProgress(at, { phase: "fetching", code: 0, received: 2_048 }), null);
  assert.is(decideProgress(at, { phase: "fetching", code: 0, received: 1_024 }), null);
  assert.equal(decideProgress(at, { phase: "fetching", code: 0, received: 4_096 }), {
    status: "fetching",
    received: 4_096,
    code: null,
  });
  assert.equal(decideProgress(at, { phase: "refused", code: 33, received: 0 }), {
    status: "refused",
    received: 2_048,
    code: 33,
  });
});

const OLD = "0000000500000001";
const NEW = "0000000600000002";
const HASH_OLD = "a".repeat(64);
const HASH_NEW = "b".repeat(64);
const KNOWN = { sha256: HASH_NEW, sha256Before: HASH_OLD, signedBy: "f".repeat(64), bootedBootId: null };
const hellos: [
  status: DeviceUpdateStatus,
  bootAtOffer: string | null,
  boot: string,
  runs: "old" | "new",
  is: string,
][] = [
  ["offered", OLD, OLD, "old", "offer"],
  ["accepted", OLD, OLD, "old", "wait"],
  ["fetching", OLD, OLD, "old", "wait"],
  ["verified", OLD, OLD, "old", "wait"],
  ["offered", OLD, NEW, "old", "offer"],
  ["accepted", OLD, NEW, "old", "offer"],
  ["fetching", OLD, NEW, "old", "offer"],
  ["verified", OLD, NEW, "old", "failed"],
  ["offered", OLD, NEW, "new", "booted"],
  ["fetching", OLD, NEW, "new", "booted"],
  ["verified", OLD, NEW, "new", "booted"],
  ["verified", OLD, OLD, "new", "wait"],
  ["offered", OLD, OLD, "new", "offer"],
  ["offered", null, OLD, "new", "offer"],
  ["offered", null, OLD, "old", "offer"],
];
for (const [status, bootIdAtOffer, boot, runs, is] of hellos) {
  const when = bootIdAtOffer === null ? "first" : boot === OLD ? "same" : "new";
  test(`a hello of the ${when} boot with the ${runs} hash, the update ${status}: ${is} [UPDATE-1]`, () => {
    const update = { ...KNOWN, status, bootIdAtOffer };
    assert.is(decideAtHello(update, { boot, sha256: runs === "new" ? HASH_NEW : HASH_OLD }), is);
  });
}

const returns: [what: string, boot: string, runs: string, is: string][] = [
  ["the next boot runs what ran before", "0000000700000003", HASH_OLD, "failed"],
  ["the last boot of the trial runs what ran before", "0000000900000003", HASH_OLD, "failed"],
  ["it runs what ran before long after the trial", "0000000a00000003", HASH_OLD, "wait"],
  ["its boots are counted from the beginning", "0000000100000003", HASH_OLD, "wait"],
  ["the boot that proved it comes again", NEW, HASH_OLD, "wait"],
  ["the next boot runs the new firmware", "0000000700000003", HASH_NEW, "wait"],
  ["the next boot runs something else", "0000000700000003", "c".repeat(64), "wait"],
];
for (const [what, boot, sha256, is] of returns) {
  test(`of a booted update, when ${what}: ${is} [UPDATE-1]`, () => {
    const update = { ...KNOWN, status: "booted", bootIdAtOffer: OLD, bootedBootId: NEW } as const;
    assert.is(decideAtHello(update, { boot, sha256 }), is);
  });
}

test("what was booted, refused or failed before is over, and what is not signed is offered no more", () => {
  const hello = { boot: NEW, sha256: HASH_OLD };
  for (const status of ["booted", "refused", "failed"] as const) {
    assert.is(decideAtHello({ ...KNOWN, status, bootIdAtOffer: OLD }, hello), "wait", status);
  }
  for (const status of ["offered", "fetching"] as const) {
    assert.is(decideAtHello({ ...KNOWN, status, bootIdAtOffer: OLD, signedBy: "" }, hello), "withdrawn", status);
  }
});

test("a lower counter is outdated, and so is the same counter of other bytes", () => {
  const running = { counter: 7, sha256: HASH_OLD };
  assert.is(isOutdated({ counter: 8, sha256: HASH_NEW }, running), false);
  assert.is(isOutdated({ counter: 7, sha256: HASH_NEW }, running), true);
  assert.is(isOutdated({ counter: 7, sha256: HASH_OLD }, running), false);
  assert.is(isOutdated({ counter: 6, sha256: HASH_OLD }, running), true);
});

test("an offer names the bytes, their size and hash, and the size of the pieces", () => {
  const update = { id: "u", firmwareId: "f", version: "1.1.0", size: 5_000, sha256: "c".repeat(64) };
  assert.equal(createOffer(update), {
    id: "u",
    firmware: "f",
    version: "1.1.0",
    size: 5_000,
    sha256: "c".repeat(64),
    chunk: FIRMWARE_CHUNK_BYTES,
  });
});

test("bytes are loaded once, the least used are forgotten, and a failure or a gap is not remembered", async () => {
  const loaded: string[] = [];
  let fails = true;
  const contents = createFirmwareContent(async (id) => {
    loaded.push(id);
    if (id === "broken" && fails) throw new Error("no database");
    return id === "none" ? null : Buffer.from(id);
  }, 2);
  await Promise.all([contents.find("a"), contents.find("a"), contents.find("b")]);
  assert.equal(loaded, ["a", "b"]);
  await contents.find("a");
  await contents.find("c");
  await contents.find("a");
  await contents.find("b");
  assert.equal(loaded, ["a", "b", "c", "b"]);
  assert.is(await contents.find("none"), null);
  assert.is(await contents.find("none"), null);
  await contents.find("broken").catch((error: Error) => assert.is(error.message, "no database"));
  fails = false;
  assert.equal(await contents.find("broken"), Buffer.from("broken"));
  assert.equal(loaded.slice(4), ["none", "none", "broken", "broken"]);
});
