// Owns the command line `npm run firmware -- image`: words in, the composed Storage partition as a file, lines and an exit code out.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { ensureFirmware } from "../bundle/build.ts";
import { formatRefusal } from "../bundle/dialect.ts";
import { fingerprint, readPublicKey } from "../release/key-files.ts";
import { ReleaseError } from "../release/release-error.ts";
import { verifySignedFirmware } from "../release/signing.ts";
import { STORAGE_ADDRESS } from "../slots/slot-layout.ts";
import { composeStorage } from "./compose-storage.ts";
import { ensureImage } from "./ensure-image.ts";
import { ImageError } from "./image-error.ts";

export interface ImageIo {
  /** The repository; names of files are relative to it. */
  root: string;
  /** One line. */
  write(line: string): void;
  writeError(line: string): void;
}

export const IMAGE_USAGE = `npm run firmware -- image [--key NAME.pub --firmware FILE.trapline] [--out FILE] [--json]
  Composes the whole Storage partition, to be flashed at 0x320000: loader with the public key, the signed firmware, an empty slot.
  Without a key and a firmware it builds, and signs with the development key. It is written to .trapline/firmware/storage.bin.`;

interface Flags {
  key?: string;
  firmware?: string;
  out?: string;
  json?: boolean;
  help?: boolean;
}

interface Composed {
  storage: Uint8Array;
  version: string;
  counter: number;
  publicKey: Uint8Array;
}

/** @returns the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function imageCommand(argv: readonly string[], io: ImageIo): Promise<number> {
  const flags = parseFlags(argv.slice(1));
  if (flags?.help) {
    io.write(IMAGE_USAGE);
    return 0;
  }
  if (flags === undefined || (flags.key === undefined) !== (flags.firmware === undefined)) {
    io.writeError(`usage: ${IMAGE_USAGE}`);
    return 2;
  }
  const out = path.resolve(io.root, flags.out ?? path.join(".trapline", "firmware", "storage.bin"));
  try {
    const made = await compose(flags, io.root);
    await write(out, made.storage);
    const facts = {
      ...{ file: out, address: STORAGE_ADDRESS, bytes: made.storage.length, version: made.version },
      ...{ counter: made.counter, fingerprint: fingerprint(made.publicKey), sha256: hash(made.storage) },
    };
    if (flags.json) io.write(JSON.stringify({ ok: true, command: "image", ...facts }));
    else {
      io.write(`image  ${out}  (${facts.bytes} bytes, for 0x${STORAGE_ADDRESS.toString(16)})`);
      io.write(`  version ${facts.version}, counter ${facts.counter}, key ${facts.fingerprint}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ImageError || error instanceof ReleaseError)) throw error;
    if (flags.json) io.write(JSON.stringify({ ok: false, command: "image", code: error.code, error: error.message }));
    else io.writeError(`image: ${error.message}`);
    return 1;
  }
}

function parseFlags(args: string[]): Flags | undefined {
  const text = { type: "string" } as const;
  const yes = { type: "boolean" } as const;
  try {
    return parseArgs({ args, options: { key: text, firmware: text, out: text, json: yes, help: yes } }).values;
  } catch {
    // An unknown word: the usage says what there is.
    return undefined;
  }
}

/** A firmware that the key has not signed is never composed: the loader would not run it. */
async function compose({ key, firmware }: Flags, root: string): Promise<Composed> {
  const outDir = path.join(root, ".trapline", "firmware");
  if (key === undefined || firmware === undefined) return ensureImage({ root, outDir });
  const publicKey = await readPublicKey(path.resolve(root, key));
  const signedFile = await read(path.resolve(root, firmware));
  const { version, counter } = verifySignedFirmware(signedFile, publicKey).manifest;
  const built = await ensureFirmware({ root, outDir });
  if (!built.ok) throw new ImageError("sources-refused", built.refusals.map(formatRefusal).join("\n"));
  const storage = composeStorage({ boot: await read(built.boot.path), publicKey, signedFile });
  return { storage, version, counter, publicKey };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ImageError("file-unusable", `${file} cannot be read; look at its name and rights`, error);
  }
}

async function write(file: string, data: Uint8Array): Promise<void> {
  try {
    await writeFile(file, data);
  } catch (error) {
    throw new ImageError("file-unusable", `${file} cannot be written; look at its folder and rights`, error);
  }
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
