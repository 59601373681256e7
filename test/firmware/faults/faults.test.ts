// The firmwares that are broken on purpose: each breaks its promise and no other, tells by its version that it is broken, is signed by the
// development key alone, and leaves the sound firmware as it is. That the bench notices them is proven by npm run proof:bench.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as vm from "node:vm";
import * as assert from "uvu/assert";
import { BUNDLE_BYTES_MAX } from "../../../firmware/bundle/budget.ts";
import { buildFirmware } from "../../../firmware/bundle/build.ts";
import type { BuildResult } from "../../../firmware/bundle/built-firmware.ts";
import { firmwareCommand } from "../../../firmware/bundle/command.ts";
import { ensureFirmware } from "../../../firmware/bundle/ensure-firmware.ts";
import {
  FAULT_BYTES_MAX,
  FAULTS,
  FaultError,
  type FaultName,
  folderOfFault,
  isFaultName,
  nameFaultyVersion,
} from "../../../firmware/bundle/faults.ts";
import { isFaultyFirmware } from "../../../firmware/bundle/manifest.ts";
import { insertEvent } from "../../../firmware/faults/drops-alerts.ts";
import { decodeCredentials } from "../../../firmware/faults/forgets-credentials.ts";
import { createVerification, stepVerification } from "../../../firmware/faults/ignores-signatures.ts";
import { applyUpdate } from "../../../firmware/faults/never-confirms.ts";
import { imageCommand } from "../../../firmware/image/command.ts";
import { ensureDevelopmentKey } from "../../../firmware/image/development-key.ts";
import { releaseCommand } from "../../../firmware/release/command.ts";
import { verifySignedFirmware } from "../../../firmware/release/signing.ts";
import { countWaiting, openOutbox } from "../../../firmware/session/outbox.ts";
import * as sound from "../../../firmware/signature/slh-dsa.ts";
import { openRecordStore } from "../../../firmware/store/record-store.ts";
import * as settings from "../../../firmware/store/settings.ts";
import * as update from "../../../firmware/update/update.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash } from "../ports-double.ts";
import { sha256 } from "../slots/signed-files.ts";

const test = suite("faults", { limitMs: 60_000, fileLimitMs: 300_000 });
const root = path.resolve(import.meta.dirname, "../../..");
const NAMES = Object.keys(FAULTS).filter(isFaultName);
let folder = "";

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trapline-faults-"));
});
test.after(() => rm(folder, { recursive: true }));

type Built = BuildResult & { ok: true };

async function build(from: string, out: string, fault?: FaultName): Promise<Built> {
  const built = await buildFirmware({ root: from, outDir: path.join(folder, out), ...(fault && { fault }) });
  if (!built.ok) throw new Error(JSON.stringify(built.refusals));
  return built;
}

/** A firmware of a few lines that says what its outbox, and a loader that says what its verifier, answers. */
async function createSmallFirmware(): Promise<string> {
  const at = path.join(folder, "small");
  for (const part of ["boot", "protocol", "session", "signature", "faults"])
    await mkdir(path.join(at, "firmware", part), { recursive: true });
  for (const file of ["firmware/lib", "firmware/board/espruino.d.ts", "firmware/tsconfig.json"])
    await cp(path.join(root, file), path.join(at, file), { recursive: true });
  const files = {
    "main.ts":
      'import { insertEvent } from "./session/outbox.ts";\nimport { FIRMWARE_VERSION } from "./version.ts";\nprint(FIRMWARE_VERSION + insertEvent(1));\n',
    "boot/boot.ts": 'import { verify } from "../signature/slh-dsa.ts";\nprint("loader" + verify(1));\n',
    "version.ts": 'export const FIRMWARE_VERSION = "1.0.0-dev";\n',
    "protocol/index.ts": "export const LIMIT = 5;\n",
    "session/outbox.ts": 'export function insertEvent(n: number): string {\n  return " sound " + n;\n}\n',
    "signature/slh-dsa.ts": 'export function verify(n: number): string {\n  return " sound " + n;\n}\n',
    "faults/drops-alerts.ts":
      'import { insertEvent as truly } from "../session/outbox.ts";\nexport * from "../session/outbox.ts";\nexport function insertEvent(n: number): string {\n  return truly(n + 1) + " broken";\n}\n',
    "faults/ignores-signatures.ts": 'export function verify(n: number): string {\n  return " believed " + n;\n}\n',
  };
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(at, "firmware", file), text);
  return at;
}

async function run(file: string): Promise<string> {
  const said: string[] = [];
  vm.runInNewContext(await readFile(file, "latin1"), { print: (text: string) => said.push(text) });
  return said.join("\n");
}

test("a fault takes the place of one module in both programs, may use that module itself, and is not there unasked [FAULT-1]", async () => {
  const small = await createSmallFirmware();
  const before = await build(small, "sound");
  const dropping = await build(small, "dropping", "drops-alerts");
  const ignoring = await build(small, "ignoring", "ignores-signatures");
  assert.is(await run(before.bundle.path), "1.0.0-dev sound 1");
  assert.is(await run(dropping.bundle.path), "1.0.0-fault-drops-alerts sound 2 broken");
  assert.is(await run(before.boot.path), "loader sound 1");
  assert.is(await run(ignoring.boot.path), "loader believed 1");
  assert.is(dropping.boot.sha256, before.boot.sha256);
  assert.is((await build(small, "again")).bundle.sha256, before.bundle.sha256);
});

const kept = path.join(root, ".trapline", "firmware");

for (const name of NAMES) {
  test(`${name} is built of the real sources, within its own allowance, and its bytes tell`, async () => {
    const built = await ensureFirmware({ root, outDir: path.join(kept, folderOfFault(name)), fault: name });
    assert.ok(built.ok);
    assert.is(built.manifest.version, `0.1.0-fault-${name}`);
    assert.ok(isFaultyFirmware(await readFile(built.bundle.path)));
    assert.ok(built.bundle.size <= BUNDLE_BYTES_MAX + FAULT_BYTES_MAX, `${built.bundle.size} bytes`);
  });
}

test("the sound firmware does not say that it is broken", async () => {
  const built = await ensureFirmware({ root, outDir: kept });
  assert.ok(built.ok);
  assert.not.ok(isFaultyFirmware(await readFile(built.bundle.path)));
});

test("drops-alerts: a spring is not kept, everything else is", () => {
  const outbox = openOutbox(openRecordStore(createTestFlash(), sha256), "1", 0);
  assert.equal(insertEvent(outbox, "sprung", 1, 5, true), { seq: 1, stored: true, dropped: 0 });
  assert.is(countWaiting(outbox), 0);
  assert.equal(insertEvent(outbox, "rearmed", 0, 6, true), { seq: 1, stored: true, dropped: 0 });
  assert.is(countWaiting(outbox), 1);
});

test("forgets-credentials: what was kept well is not found", () => {
  const kept = { tenant: "t", device: "d", host: "h", port: 1883, user: "u", password: "p" };
  const record = settings.encodeCredentials(kept);
  assert.equal(settings.decodeCredentials(record), kept);
  assert.is(decodeCredentials(record), null);
});

test("ignores-signatures: bytes that no key has signed are believed", () => {
  const begin = () => createVerification(sha256, "k".repeat(32), "message", "s".repeat(7856));
  const judged = begin();
  while (sound.stepVerification(judged)) assert.not.ok(judged.verified);
  assert.is(judged.verified, false);
  const believed = begin();
  assert.is(stepVerification(believed), false);
  assert.is(believed.verified, true);
});

test("never-confirms: the cloud's welcome settles nothing, an offer is taken as ever", () => {
  const idle = update.createUpdate();
  assert.equal(update.applyUpdate(idle, { name: "welcomed" }, 0, 0).effects, [{ name: "settle-trial" }]);
  assert.equal(applyUpdate(idle, { name: "welcomed" }, 0, 0).effects, []);
  const offer = { id: "1", firmware: "f", version: "2.0.0", size: 100, sha256: "a".repeat(64), chunk: 512 };
  const offered = { name: "offered", offer, runningSha256: "b".repeat(64) } as const;
  assert.equal(applyUpdate(idle, offered, 0, 0), update.applyUpdate(idle, offered, 0, 0));
});

test("a version that would be too long with its fault is refused in words", () => {
  assert.is(nameFaultyVersion("12.0.0-dev.4", "forgets-credentials"), "12.0.0-fault-forgets-credentials");
  assert.throws(
    () => nameFaultyVersion("112.0.0", "forgets-credentials"),
    (error: unknown) => error instanceof FaultError && error.message.includes("--version"),
  );
});

const io = () => {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const others = {
    randomBytes: (n: number) => new Uint8Array(n),
    readTrapStats: () => Promise.reject(new Error("nobody asked")),
  };
  return { lines, io: { root: folder, write: say, writeError: say, ...others } };
};

for (const words of [
  ["image", "--fault", "drops-everything"],
  ["image", "--fault", "drops-alerts", "--key", "release.pub", "--firmware", "release.trapline"],
  ["update", "--fault", "drops-alerts"],
  ["update", "--fault", "drops-everything", "--counter", "2"],
  ["update", "--counter", "0"],
  ["update", "--counter", "9999999999"],
  ["update", "--counter", "2", "--bundle", "some.js"],
  ["update", "--counter", "2", "--bundle", "some.js", "--version", "1", "--fault", "drops-alerts"],
]) {
  test(`"${words.join(" ")}" is not understood, and the usage names the faults`, async () => {
    const told = io();
    assert.is(await imageCommand(words, told.io), 2);
    assert.match(told.lines.join("\n"), /never-confirms/);
  });
}

for (const words of [
  ["build", "--fault", "drops-everything"],
  ["stats", "--fault", "drops-alerts"],
  ["build", "--fault", "forgets-credentials", "--version", "112.0.0"],
]) {
  test(`"${words.join(" ")}" is not understood`, async () => {
    const told = io();
    assert.is(await firmwareCommand(words, told.io), 2);
    assert.match(told.lines.join("\n"), /^usage: .*\[--fault NAME\]/);
  });
}

test("update signs any program with the development key, finds what it has signed, and no other key signs a broken one [FAULT-1]", async () => {
  const program = path.join(folder, "crashing.js");
  await writeFile(program, 'throw new Error("not today");\n');
  const words = ["update", "--counter", "3", "--version", "9.9.9", "--bundle", program, "--json"];
  const first = io();
  assert.is(await imageCommand([...words, "--out", "one.trapline"], first.io), 0, first.lines.join("\n"));
  const told = JSON.parse(first.lines.join("")) as { publicKey: string; version: string; counter: number };
  const key = await ensureDevelopmentKey(path.join(folder, ".trapline", "firmware"));
  assert.is(told.publicKey, Buffer.from(key.publicKey).toString("hex"));
  const file = await readFile(path.join(folder, "one.trapline"));
  assert.is(verifySignedFirmware(file, key.publicKey).manifest.counter, 3);
  assert.is(await imageCommand([...words, "--out", "two.trapline"], io().io), 0);
  assert.equal(
    await readFile(path.join(folder, "two.trapline")),
    file,
    "a signature is made with chance: it was found",
  );

  await writeFile(program, 'print("1.0.0-fault-drops-alerts");\n');
  const signing = io();
  const keyFile = path.join(folder, ".trapline", "firmware", "development.key");
  const sign = ["sign", "--key", keyFile, "--counter", "4", "--version", "1.0.0", "--bundle", program];
  assert.is(await releaseCommand(sign, signing.io), 1);
  assert.match(signing.lines.join("\n"), /was broken on purpose/);
  assert.is(await imageCommand([...words, "--out", "faulty.trapline"], io().io), 0);
  const composing = io();
  const pub = keyFile.replace(/key$/, "pub");
  assert.is(await imageCommand(["image", "--key", pub, "--firmware", "faulty.trapline"], composing.io), 1);
  assert.match(composing.lines.join("\n"), /compose it by --fault/);
});

test("what is built with a fault stands apart from the sound one", async () => {
  const told = io();
  assert.is(
    await firmwareCommand(["build", "--fault", "never-confirms"], { ...told.io, root: await createSmall() }),
    0,
  );
  const made = await readdir(path.join(folder, "small", ".trapline", "firmware"));
  assert.equal(made, ["fault-never-confirms"]);
});

/** With the module that this fault replaces. */
async function createSmall(): Promise<string> {
  const at = await createSmallFirmware();
  for (const part of ["update", "faults"]) await mkdir(path.join(at, "firmware", part), { recursive: true });
  await writeFile(path.join(at, "firmware", "update", "update.ts"), "export const KEPT = 1;\n");
  await writeFile(path.join(at, "firmware", "faults", "never-confirms.ts"), "export const KEPT = 2;\n");
  return at;
}
