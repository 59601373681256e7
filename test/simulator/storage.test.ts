// Tests simulator/board/storage.ts against what the real interpreter was seen to do: its answers, and its bytes.
// The digests come from Espruino 2v29 built with the ESP32's flash map, given the same operations as mix() makes.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { createFlash, type FlashOperation, PowerCutError } from "../../simulator/board/flash.ts";
import { composeStorageImage, createStorage, type Storage, StorageError } from "../../simulator/board/storage.ts";
import { STORAGE_ADDRESS, STORAGE_BYTES } from "../../simulator/board/storage-directory.ts";
import { suite } from "../support/suite.ts";

const test = suite("storage");
const bytes = (text: string) => Buffer.from(text, "latin1");
const fill = (length: number, char = "x") => bytes(char.repeat(length));

function readText(storage: Storage, name: string, offset?: number, length?: number): string | undefined {
  const data = storage.read(name, offset, length);
  return data && Buffer.from(data).toString("latin1");
}

function refusal(message: string) {
  return (error: unknown) => error instanceof StorageError && error.message === message;
}

/** The same pseudo-random operations the real interpreter was given. */
function mix(storage: Storage, seed: number, count: number, bytesMax: number, sizeMax: number): void {
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const names = ["a", ".boot0", "app-a", "boot", "conf", "thirtycharslongnameforafile123", "z"];
  for (let i = 0; i < count; i++) {
    const kind = draw(10);
    const name = names[draw(names.length)]!;
    try {
      if (kind < 7) {
        const char = 65 + draw(26);
        const data = Buffer.alloc(1 + draw(kind < 5 ? bytesMax : 60), char);
        if (kind < 5) storage.write(name, data);
        else storage.write(name, data, draw(3) * draw(80), draw(3) ? 0 : sizeMax > 0 ? 1 + draw(sizeMax) : 200);
      } else if (kind < 8) storage.erase(name);
      else if (kind < 9) storage.read(name, draw(40) - 5, draw(50) - 5);
      else if (draw(8) === 0) storage.compact();
    } catch (error) {
      assert.instance(error, StorageError);
    }
  }
}

for (const [seed, count, bytesMax, sizeMax, digest] of [
  [1, 80, 2000, 0, "26e30d960a973bf3dbcd2274964f62103a574ef2144138a24698dcadb23e6039"],
  [3, 80, 2000, 0, "e4ab948c9f0e62a09f7d303ce503cef4fbd9fe7797b2087729ebc9f012cbafc0"],
  [11, 90, 900, 200000, "aa82d3347b8960dc327a27b3a5954ef0592109a6ca3ee0f20a92f4b94da4afc1"],
  [22, 95, 900, 900000, "4f0fb7b95810715626105c1a646c2f70c5e56a4a5d18b54a4f3205715fcf99f1"],
  [26, 95, 900, 900000, "79f397af55a3c226ca8aeb37d31e4257da97c1d806acf67a7d71f69b839cd510"],
] as const) {
  test(`the bytes after ${count} operations of seed ${seed} are the real interpreter's`, () => {
    const flash = createFlash();
    mix(createStorage(flash), seed, count, bytesMax, sizeMax);
    const image = flash.view(STORAGE_ADDRESS, STORAGE_BYTES);
    assert.is(createHash("sha256").update(image).digest("hex"), digest);
  });
}

test("a file is found again after a restart, and by its first 28 characters", () => {
  const flash = createFlash();
  createStorage(flash).write("abcdefghijklmnopqrstuvwxyz0123456789", bytes("hello"));
  const storage = createStorage(flash);
  assert.is(storage.checkOrWipe(), true);
  assert.equal(storage.list(), ["abcdefghijklmnopqrstuvwxyz01"]);
  assert.is(readText(storage, "abcdefghijklmnopqrstuvwxyz01-anything"), "hello");
  assert.is(readText(storage, "abc"), undefined);
});

test("reading clips offset and length to the file", () => {
  const storage = createStorage(createFlash());
  storage.write("f", bytes("0123456789"));
  for (const [offset, length, expected] of [
    [0, 0, "0123456789"],
    [-3, 4, "0123"],
    [8, 5, "89"],
    [3, -1, "3456789"],
    [10, 1, ""],
    [99, 1, ""],
  ] as const) {
    assert.is(readText(storage, "f", offset, length), expected, `offset ${offset}, length ${length}`);
  }
});

test("a file made with a size is filled piece by piece, and each piece once", () => {
  const storage = createStorage(createFlash());
  storage.write("a", bytes("Hello"), 0, 14);
  assert.is(readText(storage, "a"), `Hello${"\xff".repeat(9)}`);
  storage.write("a", bytes(" "), 5);
  storage.write("a", bytes("World!!!"), 6);
  assert.is(readText(storage, "a"), "Hello World!!!");
  assert.throws(() => storage.write("a", bytes("w"), 6), refusal("File already written with different data"));
  assert.throws(() => storage.write("a", bytes("too long"), 13), refusal("Too much data for file size"));
  storage.write("a", bytes(" "), 0);
  assert.is(readText(storage, "a"), " ");
});

test("writing the same again costs no operation; writing other data deletes and makes anew", () => {
  const flash = createFlash();
  const storage = createStorage(flash);
  storage.write("boot", bytes("a"));
  const before = flash.operationCount();
  storage.write("boot", bytes("a"));
  assert.is(flash.operationCount(), before);
  storage.write("boot", bytes("b"));
  assert.is(flash.operationCount(), before + 3);
  const stats = storage.getStats();
  assert.equal([stats.fileCount, stats.trashCount, stats.trashBytes], [1, 1, 36]);
});

for (const [what, name, data, offset, size, message] of [
  ["an empty file", "e", "", 0, 0, "Can't create zero length file"],
  ["a file that is not there, behind its start", "n", "x", 5, 0, "Unable to find or create file"],
  ["a file larger than Storage", "l", "x", 0, STORAGE_BYTES, "Unable to find or create file"],
] as const) {
  test(`writing ${what} is refused in the interpreter's words`, () => {
    const storage = createStorage(createFlash());
    assert.throws(() => storage.write(name, bytes(data), offset, size), refusal(message));
    assert.equal(storage.list(), []);
  });
}

test("when there is no hole left, the living files are compacted and the write goes on", () => {
  const printed: string[] = [];
  const storage = createStorage(createFlash(), (line) => printed.push(line));
  storage.write("keep", bytes("precious"));
  for (let i = 0; i < 12; i++) storage.write("big", fill(100_000, String.fromCharCode(97 + i)));
  assert.equal(printed, ["Compacting... "]);
  assert.is(readText(storage, "keep"), "precious");
  assert.is(readText(storage, "big", 99_998), "ll");
});

test("deleted files are gone at once, and all files with eraseAll", () => {
  const storage = createStorage(createFlash());
  for (const name of ["x", "y", "z"]) storage.write(name, bytes(name));
  storage.erase("y");
  storage.erase("unknown");
  assert.equal(storage.list(), ["x", "z"]);
  assert.equal(storage.list({ matches: (name) => name > "x" }), ["z"]);
  storage.eraseAll();
  assert.equal(storage.list(), []);
  assert.is(storage.getStats().freeBytes, STORAGE_BYTES);
});

test("a Storage that does not check out at power-on is wiped, with a word on the console", () => {
  const flash = createFlash();
  createStorage(flash).write("f", bytes("data"));
  flash.program(STORAGE_ADDRESS, Uint8Array.of(0, 0, 0, 0));
  const printed: string[] = [];
  const storage = createStorage(flash, (line) => printed.push(line));
  assert.is(storage.checkOrWipe(), false);
  assert.equal(storage.list(), []);
  assert.equal(printed, ["Storage is corrupt.", "Erasing Storage Area...", "Erase complete."]);
  assert.is(storage.checkOrWipe(), true);
});

/** What is in the file after a power cut at operation `at` of overwriting it. */
function cutOverwrite(at: number, verdict: "cut-before" | "cut-torn" | "cut-after"): string {
  const flash = createFlash();
  const storage = createStorage(flash);
  storage.write("f", fill(64, "o"));
  const first = flash.operationCount();
  flash.setHook((operation: FlashOperation) => (operation.number === first + at ? verdict : "run"));
  assert.throws(
    () => storage.write("f", fill(64, "n")),
    (error: unknown) => error instanceof PowerCutError,
  );
  const after = createStorage(createFlash({ image: flash.read(0, 0x400000) }));
  if (!after.checkOrWipe()) return "wiped";
  const text = readText(after, "f");
  if (text === undefined) return "lost";
  return text === "o".repeat(64) ? "old" : text === "n".repeat(64) ? "new" : "corrupt";
}

for (const [at, verdict, expected] of [
  [1, "cut-before", "old"],
  [1, "cut-after", "lost"],
  [2, "cut-before", "lost"],
  [2, "cut-after", "corrupt"],
  [3, "cut-before", "corrupt"],
  [3, "cut-torn", "corrupt"],
  [3, "cut-after", "new"],
] as const) {
  test(`overwriting with a power ${verdict} at operation ${at} leaves the file ${expected}`, () => {
    assert.is(cutOverwrite(at, verdict), expected);
  });
}

test("an image composed by a flashing host reads like files written on the board", () => {
  const image = composeStorageImage([
    { name: ".boot0", data: bytes("loader") },
    { name: "app-a", data: fill(5000) },
    { name: "boot", data: bytes("a") },
  ]);
  assert.is(image.length, STORAGE_BYTES);
  const flash = createFlash();
  flash.program(STORAGE_ADDRESS, image);
  const storage = createStorage(flash);
  assert.is(storage.checkOrWipe(), true);
  assert.equal(storage.list(), [".boot0", "app-a", "boot"]);
  assert.is(readText(storage, "boot"), "a");
  assert.is(storage.read("app-a")?.length, 5000);
});
