// Owns the firmware of a run as files: the image that boards are flashed with and the signed files that updates are published from, of one
// firmware under test, sound or broken on purpose. They are made by the command line as a child, since a bench holds no compiler and no key;
// what was signed once is found again there. Several boards that ask for the same get the same.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { HilError } from "../error.ts";

export interface FirmwareFile {
  file: string;
  bytes: Uint8Array;
  version: string;
  counter: number;
  /** Of the key that signed it, in hexadecimal. */
  publicKey: string;
}

/** A file that an update is published from, or the partition that boards are flashed with. */
export interface SignedFile extends FirmwareFile {
  /** Of the program inside, as a trap reports what it runs. */
  firmwareSha256: string;
}

export interface ProgramWish {
  /** Of the file; kebab-case. */
  name: string;
  /** JavaScript. */
  program: string;
  version: string;
  counter: number;
}

export interface FirmwareFiles {
  /** What is broken on purpose in the firmware under test; undefined in a sound one. */
  readonly fault: string | undefined;
  /** The whole Storage partition, counter 1. @throws HilError "firmware-not-made" */
  image(): Promise<SignedFile>;
  /** The firmware under test with another version and this counter. @throws HilError "firmware-not-made" */
  update(counter: number): Promise<SignedFile>;
  /** Any program, signed with the same key. @throws HilError "firmware-not-made" */
  program(wish: ProgramWish): Promise<SignedFile>;
}

export interface FirmwareFilesOptions {
  /** For what is made; it is made where it is missing. */
  folder: string;
  fault?: string;
  /** Runs bin/trapline.ts with these words and returns its lines; throws where it fails. */
  runTrapline(words: string[], withinMs: number): Promise<string[]>;
}

/** Building and signing take some seconds, and longer beside other boards. */
const MAKE_MS_MAX = 180_000;
/** Counter 1 is what is flashed. */
export const FLASHED_COUNTER = 1;
/** Of the firmware under test as update: the last part is the counter. */
const VERSION_BEGIN = "0.1.";

/** @param version as a trap tells it. Its counter, where it runs a firmware of ours. */
export function counterOf(version: string): number {
  const told = /^\d+\.\d+\.(\d+)/.exec(version)?.[1];
  return Math.max(FLASHED_COUNTER, Number(told ?? 0));
}

export function createFirmwareFiles(options: FirmwareFilesOptions): FirmwareFiles {
  const { folder, fault } = options;
  const made = new Map<string, Promise<SignedFile>>();
  let drafts = 0;
  const faultWords = fault === undefined ? [] : ["--fault", fault];

  function make(name: string, words: string[]): Promise<SignedFile> {
    const file = path.join(folder, fault === undefined ? name : `${fault}-${name}`);
    const key = [...words, file].join("\n");
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = makeFile(options, file, words).catch((error: unknown) => {
      // Whoever asks again tries again.
      made.delete(key);
      throw error;
    });
    made.set(key, making);
    return making;
  }

  return {
    fault,
    image: () => make("storage.bin", ["image", ...faultWords]),
    update(counter) {
      const version = `${VERSION_BEGIN}${counter}`;
      const told = ["update", "--counter", String(counter), "--version", version];
      return make(`update-${counter}.trapline`, [...told, ...faultWords]);
    },
    async program({ name, program, version, counter }) {
      const bundle = path.join(folder, `${name}-${counter}.js`);
      await mkdir(folder, { recursive: true });
      // Another bench may be reading the same, and another board of this one writing it.
      drafts += 1;
      const draft = `${bundle}.${process.pid}.${drafts}`;
      await writeFile(draft, program);
      await rename(draft, bundle);
      const told = ["update", "--counter", String(counter), "--version", version, "--bundle", bundle];
      return make(`${name}-${counter}.trapline`, told);
    },
  };
}

async function makeFile(options: FirmwareFilesOptions, file: string, words: string[]): Promise<SignedFile> {
  await mkdir(path.dirname(file), { recursive: true });
  const lines = await options
    .runTrapline(["firmware", ...words, "--out", file, "--json"], MAKE_MS_MAX)
    .catch((error: unknown) => {
      throw refuse(words, error instanceof Error ? error.message : String(error), error);
    });
  const told = parse(lines.at(-1) ?? "");
  if (told === undefined) throw refuse(words, `it said ${lines.at(-1) ?? "nothing"}`);
  return { ...told, file, bytes: await readFile(file) };
}

function parse(line: string): Omit<SignedFile, "bytes" | "file"> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { version, counter, publicKey, firmwareSha256 = "" } = { ...(value as Record<string, unknown>) };
  const isWhole = typeof version === "string" && typeof counter === "number" && typeof publicKey === "string";
  return isWhole && typeof firmwareSha256 === "string" ? { version, counter, publicKey, firmwareSha256 } : undefined;
}

function refuse(words: string[], why: string, cause?: unknown): HilError {
  const [what] = words;
  const message = `The firmware's ${what} could not be made: ${why}. Try it by hand: npm run firmware -- ${words.join(" ")}`;
  return new HilError("infrastructure", "firmware-not-made", message, cause);
}
