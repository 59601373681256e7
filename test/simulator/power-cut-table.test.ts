// Holds the flash double and the simulator's Storage to what was measured on the interpreter when its power was cut: each pattern of
// writing is cut at each of its flash operations, and what is left must be of the classes seen there, no more and no fewer.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { createFlash, type FlashVerdict, PowerCutError } from "../../simulator/board/flash.ts";
import { createStorage, type Storage } from "../../simulator/board/storage.ts";
import { suite } from "../support/suite.ts";

const test = suite("power cuts on Storage");
const VERDICTS = ["cut-before", "cut-torn", "cut-after"] as const;
const OLD = Buffer.alloc(60, "o");
const NEW = Buffer.alloc(60, "n");

interface Pattern {
  name: string;
  prepare(storage: Storage): void;
  change(storage: Storage): void;
  /** What a boot finds, in a word. */
  judge(storage: Storage): string;
  operations: number;
  /** What may be found after a cut before an operation, half-way through it, after it. */
  classes: Record<(typeof VERDICTS)[number], string[]>;
}

/** The words for one file that was `OLD` and becomes `NEW`. */
function judgeFile(found: Uint8Array | undefined): string {
  if (found === undefined) return "lost";
  if (Buffer.compare(found, OLD) === 0) return "old";
  if (Buffer.compare(found, NEW) === 0) return "new";
  return found.length === NEW.length && found.at(-1) === 0xff ? "corrupt" : "unheard of";
}

const digest = (data: Uint8Array) => createHash("sha256").update(data).digest().subarray(0, 4);

/** Records of a sequence, nine bytes and a check, which neither begin nor end on a word. */
function encodeSequenced(sequence: number): Buffer {
  const body = Buffer.from(`record ${sequence.toString().padStart(2, "0")}`);
  const check = Buffer.from(digest(body).toString("hex"));
  return Buffer.concat([body, check]);
}

/** The last record that checks out, whatever stands behind it. */
function findLast(file: Uint8Array | undefined): string {
  const bytes = Buffer.from(file ?? []);
  const length = encodeSequenced(0).length;
  let last = "lost";
  for (let at = 0; at + length <= bytes.length; at += length) {
    const body = bytes.subarray(at, at + length - 8);
    if (digest(body).toString("hex") === bytes.toString("latin1", at + length - 8, at + length)) last = body.toString();
  }
  return last === "record 01" ? "old" : last === "record 02" ? "new" : last;
}

const APP = Buffer.alloc(3000, "a");
const SETTINGS = Buffer.alloc(79, "s");
const CHUNK = 64;
const CHUNKS = 5;

function overwrite(name: string, file: string): Pattern {
  return {
    name,
    prepare: (storage) => void storage.write(file, OLD),
    change: (storage) => void storage.write(file, NEW),
    judge: (storage) => judgeFile(storage.read(file)),
    operations: 3,
    classes: {
      "cut-before": ["corrupt", "lost", "old"],
      "cut-torn": ["corrupt", "lost", "old"],
      "cut-after": ["corrupt", "lost", "new"],
    },
  };
}

const PATTERNS: Pattern[] = [
  overwrite("overwriting a file", "settings"),
  overwrite("overwriting a pointer file", "boot"),
  {
    name: "appending to a StorageFile of which the last valid record counts",
    prepare(storage) {
      storage.append("log", encodeSequenced(1));
    },
    change: (storage) => storage.append("log", encodeSequenced(2)),
    judge: (storage) => findLast(storage.readAppended("log")),
    operations: 3,
    classes: { "cut-before": ["old"], "cut-torn": ["old"], "cut-after": ["new", "old"] },
  },
  {
    name: "a new name with the next number, then erasing the old",
    prepare: (storage) => void storage.write("conf1", OLD),
    change(storage) {
      storage.write("conf2", Buffer.concat([digest(NEW), NEW, Buffer.from("!")]));
      storage.erase("conf1");
    },
    judge(storage) {
      const file = Buffer.from(storage.read("conf2") ?? []);
      const isWhole = file.length > 4 && file.subarray(0, 4).equals(digest(file.subarray(4, -1)));
      return isWhole ? "new" : judgeFile(storage.read("conf1"));
    },
    operations: 4,
    classes: { "cut-before": ["new", "old"], "cut-torn": ["new", "old"], "cut-after": ["new", "old"] },
  },
  {
    name: "compacting with rubbish before the files",
    prepare(storage) {
      storage.write("rubbish", Buffer.alloc(4064, "x"));
      storage.write("app", APP);
      storage.write("more", Buffer.alloc(500, "x"));
      storage.write("settings", SETTINGS);
      storage.write("behind", Buffer.alloc(2000, "x"));
      for (const name of ["rubbish", "more"]) storage.erase(name);
    },
    change: (storage) => void storage.compact(),
    judge(storage) {
      const found = [storage.read("app"), storage.read("settings")];
      const isOld = (file: Uint8Array | undefined, old: Buffer) =>
        file !== undefined && Buffer.compare(file, old) === 0;
      if (isOld(found[0], APP) && isOld(found[1], SETTINGS)) return "old";
      return found.every((file) => file === undefined) ? "lost" : "corrupt";
    },
    operations: 11,
    classes: {
      "cut-before": ["corrupt", "lost", "old"],
      "cut-torn": ["corrupt", "lost", "old"],
      "cut-after": ["corrupt", "lost", "old"],
    },
  },
  {
    name: "a new file in chunks",
    prepare: () => undefined,
    change(storage) {
      for (let i = 0; i < CHUNKS; i++) storage.write("app", Buffer.alloc(CHUNK, "c"), i * CHUNK, CHUNK * CHUNKS);
    },
    judge(storage) {
      const file = storage.read("app");
      if (file === undefined) return "lost";
      if (file.length !== CHUNK * CHUNKS) return "unheard of";
      return file.at(-1) === 0xff ? "full length, 0xFF at its end" : "new";
    },
    operations: 1 + CHUNKS,
    classes: {
      "cut-before": ["full length, 0xFF at its end", "lost"],
      "cut-torn": ["full length, 0xFF at its end", "lost"],
      "cut-after": ["full length, 0xFF at its end", "new"],
    },
  },
];

interface Measured {
  operations: number;
  /** In the order of the operations. */
  found: string[];
}

function cutEverywhere(pattern: Pattern, verdict: FlashVerdict): Measured {
  const flash = createFlash();
  pattern.prepare(createStorage(flash));
  const before = flash.save();
  const counted = flash.operationCount();
  pattern.change(createStorage(flash));
  const operations = flash.operationCount() - counted;
  const found = Array.from({ length: operations }, (_, i) => {
    flash.restore(before);
    const last = flash.operationCount() + i + 1;
    flash.setHook((operation) => (operation.number === last ? verdict : "run"));
    assert.throws(
      () => pattern.change(createStorage(flash)),
      (error: unknown) => error instanceof PowerCutError,
    );
    flash.setHook(undefined);
    const storage = createStorage(flash);
    storage.checkOrWipe();
    return pattern.judge(storage);
  });
  return { operations, found };
}

for (const pattern of PATTERNS) {
  test(`${pattern.name}: ${pattern.operations} operations, and after a cut what was measured`, () => {
    for (const verdict of VERDICTS) {
      const { operations, found } = cutEverywhere(pattern, verdict);
      assert.is(operations, pattern.operations);
      assert.equal([...new Set(found)].sort(), pattern.classes[verdict], `${verdict}: ${found.join(", ")}`);
    }
  });
}

test("compaction cut before its operations leaves 3 intact, 6 without application and settings, 2 corrupt; half-way 6 without", () => {
  const compaction = PATTERNS[4]!;
  const count = (verdict: FlashVerdict, word: string) =>
    cutEverywhere(compaction, verdict).found.filter((found) => found === word).length;
  assert.equal(
    ["old", "lost", "corrupt"].map((word) => count("cut-before", word)),
    [3, 6, 2],
  );
  assert.is(count("cut-torn", "lost"), 6);
});

test("what was kept safe is safe however an operation that programs data is torn", () => {
  for (const order of ["from-start", "from-end", "scattered-words", "scattered-bits"] as const) {
    for (const part of [0.1, 0.5, 0.9]) {
      const { found } = cutEverywhere(PATTERNS[2]!, { order, part, seed: 7 });
      for (const word of found) assert.ok(["old", "new"].includes(word), `${order} ${part}: ${found.join(", ")}`);
    }
  }
});
