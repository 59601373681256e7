// How an update goes, what a hello makes of it, and what may be published: the rules alone, in all their cases.
import * as assert from "uvu/assert";
import { FIRMWARE_CHUNK_BYTES, UPDATE_PHASES } from "#protocol";
import type { DeviceUpdateStatus } from "../../../cloud/db/schema.ts";
import { createFirmwareContent } from "../../../cloud/updates/firmware-content.ts";
import { createOffer, decideAtHello, decideProgress, judgeUnsigned } from "../../../cloud/updates/updates.ts";
import { suite } from "../../support/suite.ts";

const test = suite("update rules");
const STATUSES: DeviceUpdateStatus[] = ["offered", "accepted", "fetching", "verified", "booted", "refused", "failed"];

test("progress goes forward only, and a refusal ends whatever is under way", () => {
  const table = STATUSES.map((status) => [
    status,
    ...UPDATE_PHASES.map(
      (phase) => decideProgress({ status, received: 10 }, { phase, code: 0, received: 10 })?.status ?? "-",
    ),
  ]);
  assert.equal(table, [
    ["offered", "accepted", "fetching", "verified", "refused"],
    ["accepted", "-", "fetching", "verified", "refused"],
    ["fetching", "-", "-", "verified", "refused"],
    ["verified", "-", "-", "-", "refused"],
    ["booted", "-", "-", "-", "-"],
    ["refused", "-", "-", "-", "-"],
    ["failed", "-", "-", "-", "-"],
  ]);
});

test("within a phase only more bytes are news, and a refusal keeps its code", () => {
  const at = { status: "fetching", received: 2_048 } as const;
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
    const update = { status, bootIdAtOffer, sha256: "b".repeat(64) };
    assert.is(decideAtHello(update, { boot, sha256: (runs === "new" ? "b" : "a").repeat(64) }), is);
  });
}

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

const bundles: [name: string, bytes: Uint8Array, ok: boolean][] = [
  ["text with tabs and line breaks", Buffer.from("var a=1;\r\n\tb();\n"), true],
  ["nothing", Buffer.alloc(0), false],
  ["a zero byte", Buffer.from("a\0b"), false],
  ["letters outside ASCII", Buffer.from("var \u00e4;"), false],
];
for (const [name, bytes, ok] of bundles) {
  test(`a bundle of ${name} is ${ok ? "taken" : "refused"}`, () => assert.is(judgeUnsigned(bytes).ok, ok));
}

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
