// The composed Storage partition: read by the simulator's Storage, which is the interpreter's byte for byte; the loader's own view of it; the
// development key and what is kept of signing.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { SIGNED_FIRMWARE_BYTES_MAX } from "#protocol";
import { imageCommand } from "../../firmware/image/command.ts";
import { composeStorage, insertKey, KEY_PLACEHOLDER } from "../../firmware/image/compose-storage.ts";
import { ensureDevelopmentKey } from "../../firmware/image/development-key.ts";
import { ImageError } from "../../firmware/image/image-error.ts";
import { SLOT_A_ADDRESS, SLOT_B_ADDRESS, SLOT_BYTES, SLOT_PAGE_BYTES } from "../../firmware/slots/slot-layout.ts";
import { createFlash } from "../../simulator/board/flash.ts";
import { createStorage } from "../../simulator/board/storage.ts";
import { STORAGE_ADDRESS, STORAGE_BYTES } from "../../simulator/board/storage-directory.ts";
import { suite } from "../support/suite.ts";
import { readSignedFile } from "./slots/signed-files.ts";

const test = suite("image");
const publicKey = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const boot = Buffer.from(`print("${KEY_PLACEHOLDER}");`);
const signedFile = Buffer.from(readSignedFile(7).file, "latin1");
let folder = "";

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trapline-image-"));
});
test.after(() => rm(folder, { recursive: true }));

function flash(): ReturnType<typeof createFlash> {
  const chip = createFlash();
  chip.program(STORAGE_ADDRESS, composeStorage({ boot, publicKey, signedFile }));
  return chip;
}

test("the interpreter finds the loader with its key, the firmware, and an erased slot, and nothing to compact [SLOT-3]", () => {
  const chip = flash();
  const storage = createStorage(chip);
  const operations = chip.operationCount();
  assert.is(storage.checkOrWipe(), true);
  assert.equal(storage.list(), [".boot0", "padding-a", "slot-a", "padding-b", "slot-b"]);
  assert.is(
    Buffer.from(storage.read(".boot0") ?? []).toString(),
    `print("${Buffer.from(publicKey).toString("hex")}");`,
  );
  assert.equal(Buffer.from(storage.read("slot-a", 0, signedFile.length) ?? []), signedFile);
  assert.equal([storage.read("slot-a")?.length, storage.read("slot-b")?.length], [SLOT_BYTES, SLOT_BYTES]);
  assert.ok(storage.read("slot-b")?.every((byte) => byte === 0xff));
  assert.is(storage.compact(), false);
  assert.is(chip.operationCount(), operations);
});

for (const [slot, address, other] of [
  ["slot-a", SLOT_A_ADDRESS, "slot-b"],
  ["slot-b", SLOT_B_ADDRESS, "slot-a"],
] as const) {
  test(`the pages of ${slot} are erased and written in raw flash, and no other file changes [SLOT-3]`, () => {
    const chip = flash();
    const storage = createStorage(chip);
    const rest = () => [".boot0", "padding-a", "padding-b", other].map((name) => storage.read(name));
    const before = rest();
    assert.is(address % SLOT_PAGE_BYTES, 0);
    for (let at = address; at < address + SLOT_BYTES; at += SLOT_PAGE_BYTES) chip.erasePage(at);
    chip.program(address, Buffer.alloc(SLOT_BYTES, "new!"));
    assert.is(createStorage(chip).checkOrWipe(), true);
    assert.equal(rest(), before);
    assert.is(Buffer.from(storage.read(slot, SLOT_BYTES - 4) ?? []).toString(), "new!");
  });
}

test("the partition has its size, and the longest firmware fits into a slot", () => {
  assert.is(composeStorage({ boot, publicKey, signedFile }).length, STORAGE_BYTES);
  assert.ok(SIGNED_FIRMWARE_BYTES_MAX <= SLOT_BYTES);
});

for (const [name, make, code] of [
  ["a key of another length", () => insertKey(boot, publicKey.slice(1)), "key-malformed"],
  ["a loader without a place for the key", () => insertKey(Buffer.from("print(1)"), publicKey), "loader-malformed"],
  ["a loader with two", () => insertKey(Buffer.concat([boot, boot]), publicKey), "loader-malformed"],
  [
    "a firmware larger than a slot",
    () => composeStorage({ boot, publicKey, signedFile: new Uint8Array(SIGNED_FIRMWARE_BYTES_MAX + 1) }),
    "firmware-too-large",
  ],
  [
    "a loader that reaches into the first slot",
    () => composeStorage({ boot: Buffer.concat([boot, Buffer.alloc(65_500, " ")]), publicKey, signedFile }),
    "loader-too-large",
  ],
] as const) {
  test(`${name} is refused in words`, () => {
    assert.throws(make, (error: unknown) => error instanceof ImageError && error.code === code);
  });
}

test("the development key is made once, for its owner alone, whoever comes first [SIGN-2]", async () => {
  const keys = await Promise.all([1, 2, 3].map(() => ensureDevelopmentKey(folder)));
  const [first, second, third] = keys.map((key) => Buffer.from(key.publicKey).toString("hex"));
  assert.equal([first, second], [second, third]);
  assert.equal((await readdir(folder)).sort(), ["development.key", "development.pub"]);
  assert.is((await stat(path.join(folder, "development.key"))).mode & 0o777, 0o600);
  const again = await ensureDevelopmentKey(folder);
  assert.is(Buffer.from(again.publicKey).toString("hex"), first);
  const text = await readFile(path.join(folder, "development.key"), "utf8");
  await writeFile(path.join(folder, "development.key"), "spoilt");
  await ensureDevelopmentKey(folder).then(
    () => assert.unreachable("a key that cannot be read is not replaced"),
    (error: Error) => assert.match(error.message, "holds no private key"),
  );
  await writeFile(path.join(folder, "development.key"), text);
});

async function run(...argv: string[]): Promise<{ code: number; out: string }> {
  const lines: string[] = [];
  const io = {
    root: folder,
    write: (line: string) => lines.push(line),
    writeError: (line: string) => lines.push(line),
  };
  return { code: await imageCommand(["image", ...argv], io), out: lines.join("\n") };
}

for (const [name, argv, code, says] of [
  ["an unknown word", ["--fast"], 2, "usage: npm run firmware -- image"],
  ["a key without a firmware", ["--key", "release.pub"], 2, "usage: npm run firmware -- image"],
  ["a key that is not there", ["--key", "none.pub", "--firmware", "none.trapline"], 1, "none.pub cannot be opened"],
  ["a firmware that is not there", ["--key", "development.pub", "--firmware", "none.trapline"], 1, "cannot be read"],
  ["a firmware of another key", ["--key", "development.pub", "--firmware", "other.trapline"], 1, "has not signed"],
] as const) {
  test(`the command says what to do about ${name}`, async () => {
    await ensureDevelopmentKey(folder);
    await writeFile(path.join(folder, "other.trapline"), signedFile);
    const told = await run(...argv);
    assert.is(told.code, code, told.out);
    assert.ok(told.out.includes(says), told.out);
    if (code === 1) assert.is(JSON.parse((await run(...argv, "--json")).out).ok, false);
  });
}
