// The commands that make keys, sign, verify and inspect: what they write, with which rights, what they refuse; and that no private key is
// ever printed [SIGN-2].

import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import * as assert from "uvu/assert";
import { FIRMWARE_BYTES_MAX, MANIFEST_CONTEXT, SIGNATURE_BYTES } from "#protocol";
import { firmwareCommand } from "../../firmware/bundle/command.ts";
import { listReleaseHelp, releaseCommand } from "../../firmware/release/command.ts";
import { nameKeyFiles, writeKeyFiles } from "../../firmware/release/key-files.ts";
import { suite } from "../support/suite.ts";
import { readSignatures, toArray } from "./signature/fixtures.ts";

/** Signing takes seconds on a machine with nothing else to do. */
const test = suite("signing firmware", { limitMs: 180_000 });

const FIRMWARE = Buffer.from("// A firmware of a few lines.\n".repeat(40));
const SIGN = ["sign", "--key", "k.key", "--counter", "7"];

let root = "";
/** Everything any command has printed. */
const printed: string[] = [];
/** In hexadecimal, without the public half. */
const secrets: string[] = [];

interface Ran {
  code: number;
  out: string;
  error: string;
}

async function run(...argv: string[]): Promise<Ran> {
  const ran: Ran = { code: -1, out: "", error: "" };
  const io = {
    root,
    write(line: string) {
      ran.out += `${line}\n`;
    },
    writeError(line: string) {
      ran.error += `${line}\n`;
    },
    randomBytes,
  };
  ran.code = await releaseCommand(argv, io);
  printed.push(ran.out, ran.error);
  return ran;
}

/** The one line a program is told. */
async function runJson(...argv: string[]): Promise<Record<string, unknown>> {
  const { out, error } = await run(...argv, "--json");
  assert.is(error, "");
  assert.is(out.split("\n").length, 2);
  return JSON.parse(out);
}

async function writeKeys(name: string, change: (secret: Uint8Array) => void = () => undefined): Promise<void> {
  const [one] = readSignatures();
  const secretKey = toArray(one?.secretKey ?? "");
  change(secretKey);
  secrets.push(Buffer.from(secretKey.subarray(0, 32)).toString("hex"));
  await writeKeyFiles(nameKeyFiles(path.join(root, name)), { secretKey, publicKey: secretKey.slice(32) });
}

async function writeBundle(folder: string, bytes: Uint8Array, version: string | null): Promise<void> {
  await mkdir(path.join(root, folder), { recursive: true });
  await writeFile(path.join(root, folder, "bundle.js"), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const built = { version, sha256, size: bytes.length, sourceHash: "", boot: { sha256: "", size: 0 } };
  if (version !== null) await writeFile(path.join(root, folder, "manifest.json"), JSON.stringify(built));
}

test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), "trapline-release-"));
  await writeKeys("k");
  await writeBundle(".trapline/firmware", FIRMWARE, "1.2.3");
});
test.after(() => rm(root, { recursive: true }));

async function rightsOf(file: string): Promise<number> {
  return (await stat(path.join(root, file))).mode & 0o777;
}

test("keygen writes a private key for its owner alone, and a public one that belongs to it", async () => {
  const umask = process.umask(0);
  const facts = await runJson("keygen", "new").finally(() => process.umask(umask));
  assert.is(await rightsOf("new.key"), 0o600);
  const privateText = await readFile(path.join(root, "new.key"), "utf8");
  const publicText = await readFile(path.join(root, "new.pub"), "utf8");
  const [, secret = "", own = ""] =
    /^trapline-private-key 1 slh-dsa-sha2-128s ([0-9a-f]{64})([0-9a-f]{64})\n$/.exec(privateText) ?? [];
  secrets.push(secret);
  assert.is(publicText, `trapline-public-key 1 slh-dsa-sha2-128s ${own}\n`);
  const seed = Buffer.from(secret + own.slice(0, 32), "hex");
  assert.is(Buffer.from(slhDsa.keygen(Uint8Array.from(seed)).publicKey).toString("hex"), own);
  assert.is(facts.publicKey, own);
  assert.is(facts.fingerprint, createHash("sha256").update(Buffer.from(own, "hex")).digest("hex"));
});

test("keygen makes the folder for its owner alone, and leaves one that is there as it is", async () => {
  const umask = process.umask(0);
  await Promise.resolve()
    .then(() => run("keygen", "keys/of/mine"))
    .finally(() => process.umask(umask));
  assert.equal(
    [await rightsOf("keys"), await rightsOf("keys/of"), await rightsOf("keys/of/mine.key")],
    [0o700, 0o700, 0o600],
  );
  const line = await readFile(path.join(root, "keys/of/mine.key"), "utf8");
  secrets.push(line.trim().slice(-128, -64));
  await chmod(path.join(root, "keys"), 0o755);
  const { code, out } = await run("keygen", "keys/more");
  assert.is(code, 0);
  secrets.push((await readFile(path.join(root, "keys/more.key"), "utf8")).trim().slice(-128, -64));
  assert.is(await rightsOf("keys"), 0o755);
  const told = (await run("inspect", "keys/more.pub")).out.trim().split("\n").slice(1);
  assert.match(told[1] ?? "", /^for a cloud {2}TRAPLINE_FIRMWARE_KEYS=[0-9a-f]{64}$/);
  for (const each of told) assert.match(out, each);
});

test("keygen overwrites nothing, and leaves nothing half done", async () => {
  const before = await readFile(path.join(root, "k.key"), "utf8");
  assert.is((await runJson("keygen", "k")).code, "file-exists");
  assert.is(await readFile(path.join(root, "k.key"), "utf8"), before);
  await writeFile(path.join(root, "half.pub"), "mine");
  assert.is((await run("keygen", "half")).code, 1);
  assert.is(await readFile(path.join(root, "half.pub"), "utf8"), "mine");
  assert.not.ok((await readdir(root)).includes("half.key"));
  assert.is((await runJson("keygen", "half.pub/folder/new")).code, "file-unusable");
});

test("what sign writes is manifest, signature and firmware, signed as FIPS 205 says, and verify believes it", async () => {
  const signed = await run(...SIGN, "--notes", "For the test.");
  assert.is(signed.code, 0, signed.error);
  const file = await readFile(path.join(root, ".trapline/firmware/bundle.trapline"));
  const end = file.indexOf("\n");
  const manifest = JSON.parse(file.subarray(0, end).toString());
  const { root: tree, ...told } = manifest;
  assert.match(tree, /^[0-9a-f]{64}$/);
  assert.equal(told, {
    v: 1,
    product: "trapline-trap",
    hardware: "esp32",
    version: "1.2.3",
    counter: 7,
    size: FIRMWARE.length,
    notes: "For the test.",
  });
  assert.equal(file.subarray(end + 1 + SIGNATURE_BYTES), FIRMWARE);
  const signature = Uint8Array.from(file.subarray(end + 1, end + 1 + SIGNATURE_BYTES));
  const key = toArray(readSignatures()[0]?.key ?? "");
  const context = Buffer.from(MANIFEST_CONTEXT);
  assert.is(slhDsa.verify(signature, file.subarray(0, end), key, { context }), true);
  const { ok, sha256, fingerprint } = await runJson("verify", ".trapline/firmware/bundle.trapline", "--key", "k.pub");
  assert.is(ok, true);
  assert.is(sha256, createHash("sha256").update(FIRMWARE).digest("hex"));
  assert.is(fingerprint, createHash("sha256").update(key).digest("hex"));
  const inspected = await run("inspect", ".trapline/firmware/bundle.trapline");
  assert.match(inspected.out, "signature not verified");
  assert.match(inspected.out, "trapline-trap for esp32, version 1.2.3, counter 7");
});

/** How a signed file is spoiled, the code it is refused with, and whether one needs the key to see it. */
const SPOILED: [string, (file: Buffer) => Buffer, string, boolean][] = [
  ["another counter", (file) => replace(file, '"counter":7', '"counter":9'), "signature-refused", true],
  ["other hardware", (file) => replace(file, '"hardware":"esp32"', '"hardware":"esp33"'), "signature-refused", true],
  ["other notes", (file) => replace(file, "For the test.", "For the best."), "signature-refused", true],
  ["a bit of the signature", (file) => flip(file, file.indexOf("\n") + 4000), "signature-refused", true],
  ["a bit of the firmware", (file) => flip(file, file.length - 1), "hash-differs", false],
  ["two bytes of the firmware changed places", (file) => swap(file, file.length - 3), "hash-differs", false],
  ["another hash tree", (file) => replace(file, '"root":"', '"root":"0', 1), "hash-differs", false],
  ["the last byte missing", (file) => file.subarray(0, -1), "file-malformed", false],
  ["a byte too many", (file) => Buffer.concat([file, Buffer.from("\n")]), "file-malformed", false],
  ["a space in the manifest", (file) => replace(file, '{"v":1', '{ "v":1'), "file-malformed", false],
  ["no manifest", (file) => file.subarray(file.indexOf("\n") + 1), "file-malformed", false],
  ["nothing", () => Buffer.alloc(0), "file-malformed", false],
  ["a file without end", (file) => Buffer.concat([file, Buffer.alloc(300_000)]), "file-malformed", false],
];

/** @param cut characters taken away behind, so that the length stays */
function replace(file: Buffer, from: string, to: string, cut = 0): Buffer {
  const at = file.indexOf(from);
  return Buffer.concat([file.subarray(0, at), Buffer.from(to), file.subarray(at + from.length + cut)]);
}

function flip(file: Buffer, at: number): Buffer {
  const flipped = Buffer.from(file);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
  return flipped;
}

function swap(file: Buffer, at: number): Buffer {
  return Buffer.concat([file.subarray(0, at), file.subarray(at, at + 2).reverse(), file.subarray(at + 2)]);
}

for (const [name, spoil, code, needsKey] of SPOILED)
  test(`a signed file is refused with ${name}`, async () => {
    const file = await readFile(path.join(root, ".trapline/firmware/bundle.trapline"));
    const spoiled = spoil(Buffer.from(file));
    assert.not.equal(spoiled, file);
    await writeFile(path.join(root, "spoiled.trapline"), spoiled);
    assert.is((await runJson("verify", "spoiled.trapline", "--key", "k.pub")).code, code);
    assert.is((await run("verify", "spoiled.trapline", "--key", "k.pub")).code, 1);
    const seen = await runJson("inspect", "spoiled.trapline");
    assert.is(seen.ok, needsKey);
  });

test("a signed file is refused under another key", async () => {
  const [, , other] = readSignatures();
  await writeFile(
    path.join(root, "other.pub"),
    `trapline-public-key 1 slh-dsa-sha2-128s ${Buffer.from(other?.key ?? "", "latin1").toString("hex")}\n`,
  );
  const facts = await runJson("verify", ".trapline/firmware/bundle.trapline", "--key", "other.pub");
  assert.is(facts.code, "signature-refused");
});

/** What sign refuses before it signs: what stands behind SIGN, and the code. */
const REFUSED: [string, string[], string][] = [
  ["hardware of 33 letters", ["--hardware", "e".repeat(33)], "manifest-refused"],
  ["hardware without a name", ["--hardware", ""], "manifest-refused"],
  ["hardware in letters beyond ASCII", ["--hardware", "\u00e9sp"], "manifest-refused"],
  ["notes of two lines", ["--notes", "one\ntwo"], "manifest-refused"],
  ["notes of 257 letters", ["--notes", "n".repeat(257)], "manifest-refused"],
  ["a version of 33 letters", ["--version", "1".repeat(33)], "manifest-refused"],
  ["no product", ["--product", ""], "manifest-refused"],
  ["a counter above the largest", ["--counter", "2147483648"], "manifest-refused"],
  ["counter 0", ["--counter", "0"], "usage"],
  ["a counter below nothing", ["--counter=-1"], "usage"],
  ["a counter with a fraction", ["--counter", "1.5"], "usage"],
  ["a counter in words", ["--counter", "seven"], "usage"],
  ["an unknown option", ["--force"], "usage"],
  ["a word too many", ["again"], "usage"],
  ["no bundle there", ["--bundle", "gone.js"], "file-unusable"],
  ["an empty bundle", ["--bundle", "empty/bundle.js"], "bundle-refused"],
  ["a bundle larger than a slot", ["--bundle", "large/bundle.js"], "bundle-refused"],
  ["a bundle larger than any signed firmware", ["--bundle", "huge/bundle.js", "--version", "1"], "file-malformed"],
  ["a bundle of which no build tells the version", ["--bundle", "bare/bundle.js"], "bundle-refused"],
  ["no key there", ["--key", "gone.key"], "file-unusable"],
  ["a public key to sign with", ["--key", "k.pub"], "key-rights"],
  ["a key that others may read", ["--key", "group.key"], "key-rights"],
  ["a key cut short", ["--key", "short.key"], "key-malformed"],
  ["a key with something behind it", ["--key", "long.key"], "key-malformed"],
  ["a public key in a private file", ["--key", "public.key"], "key-malformed"],
];

async function prepareRefused(): Promise<void> {
  await writeBundle("empty", Buffer.alloc(0), "1");
  await writeBundle("large", Buffer.alloc(FIRMWARE_BYTES_MAX + 1), "1");
  await writeBundle("huge", Buffer.alloc(300_000), "1");
  await writeBundle("bare", FIRMWARE, null);
  const text = await readFile(path.join(root, "k.key"), "utf8");
  await writeFile(path.join(root, "group.key"), text, { mode: 0o600 });
  await chmod(path.join(root, "group.key"), 0o640);
  await writeFile(path.join(root, "short.key"), `${text.slice(0, -3)}\n`, { mode: 0o600 });
  await writeFile(path.join(root, "long.key"), `${text}\n`, { mode: 0o600 });
  await writeFile(path.join(root, "public.key"), await readFile(path.join(root, "k.pub")), { mode: 0o600 });
}

test("sign refuses what it cannot sign as it was wished, says why, and writes nothing", async () => {
  await prepareRefused();
  for (const [name, words, code] of REFUSED) {
    const facts = await runJson(...SIGN, "--out", "never.trapline", ...words);
    assert.is(facts.code, code, `${name}: ${facts.error}`);
    assert.is(facts.ok, false);
    const { error, code: status, out } = await run(...SIGN, "--out", "never.trapline", ...words);
    assert.match(error, /^sign: ./);
    assert.is(out, "");
    assert.is(status, code === "usage" ? 2 : 1, name);
  }
  assert.not.ok((await readdir(root)).includes("never.trapline"));
});

test("sign without a build before it says what to do first", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "trapline-unbuilt-"));
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const io = { root: folder, write, writeError: write, randomBytes };
  assert.is(await releaseCommand(["sign", "--key", path.join(root, "k.key"), "--counter", "7"], io), 1);
  assert.match(lines.join("\n"), /bundle\.js cannot be read; run npm run firmware -- build first/);
  await rm(folder, { recursive: true });
});

test("a damaged private key is noticed before its signature is written", async () => {
  await writeKeys("damaged", (secret) => secret.fill(1, 0, 1));
  const facts = await runJson(...SIGN, "--out", "never.trapline", "--key", "damaged.key");
  assert.is(facts.code, "signature-refused");
  assert.not.ok((await readdir(root)).includes("never.trapline"));
});

test("inspect tells a public key and its fingerprint", async () => {
  const facts = await runJson("inspect", "k.pub");
  assert.is(
    facts.fingerprint,
    createHash("sha256")
      .update(toArray(readSignatures()[0]?.key ?? ""))
      .digest("hex"),
  );
  assert.is((await runJson("inspect", "half.pub")).code, "key-malformed");
});

test("each command helps, and names what is missing", async () => {
  for (const command of ["keygen", "sign", "verify", "inspect"]) {
    const { code, out } = await run(command, "--help");
    assert.is(code, 0);
    assert.match(out, `npm run firmware -- ${command} `);
    const bare = await run(command);
    assert.is(bare.code, 2);
    assert.match(bare.error, /is missing\nusage: npm run firmware/);
  }
  assert.is((await run()).code, 2);
  assert.is((await run("toString")).code, 2);
});

test("the help of all commands stands together", async () => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const readTrapStats = () => Promise.reject(new Error("help looks at nothing"));
  const io = { root, write, writeError: write, otherHelp: listReleaseHelp(), readTrapStats };
  assert.is(await firmwareCommand(["--help"], io), 0);
  for (const command of ["build", "stats", "keygen", "sign", "verify", "inspect"])
    assert.match(lines.join("\n"), `npm run firmware -- ${command} `);
});

test("nothing that was printed tells of a private key", () => {
  assert.ok(printed.length > 50 && secrets.length >= 3);
  for (const text of printed)
    for (const secret of secrets)
      for (const part of [secret, secret.slice(0, 16), Buffer.from(secret, "hex").toString("base64").slice(0, 16)])
        assert.not.ok(text.toLowerCase().includes(part.toLowerCase()));
});
