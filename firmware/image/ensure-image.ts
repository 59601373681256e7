// Owns the short way from the sources to a flashed trap, for developers, the story and the tests: built, signed with the development key,
// composed. Signing takes seconds, so nothing is signed twice: what was signed is kept under the hash of all that was signed, and several
// processes may do so at once.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { PRODUCT, TRAP_HARDWARE } from "#protocol";
import { formatRefusal } from "../bundle/dialect.ts";
import { ensureFirmware } from "../bundle/ensure-firmware.ts";
import { type FaultName, folderOfFault } from "../bundle/faults.ts";
import type { KeyPair } from "../release/key-files.ts";
import { ReleaseError } from "../release/release-error.ts";
import { type ManifestWish, signFirmware, verifySignedFirmware } from "../release/signing.ts";
import { composeStorage } from "./compose-storage.ts";
import { ensureDevelopmentKey } from "./development-key.ts";
import { ImageError } from "./image-error.ts";

export interface ImageOptions {
  /** The repository. */
  root: string;
  /** Of what is built and signed; it may be the same for all. Each version is built in a folder of its own in it. */
  outDir: string;
  /** Where the development key is, or will be; `outDir` unless told. */
  keyDir?: string;
  /** Stands in for firmware/version.ts. */
  version?: string;
  /** Of the manifest; 1 unless told. */
  counter?: number;
  /** A firmware that is broken on purpose; kept in a folder of its own. */
  fault?: FaultName;
}

export interface TrapImage {
  /** The whole Storage partition: loader with key, slot-a with the signed firmware, slot-b erased. */
  storage: Uint8Array;
  /** The firmware as it runs. */
  bundle: Uint8Array;
  /** SHA-256 of the firmware in hexadecimal, and its bytes. */
  sha256: string;
  size: number;
  version: string;
  counter: number;
  /** Manifest, signature and firmware: what is published. */
  signedFile: Uint8Array;
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** The loader as built, without a key. */
  boot: Uint8Array;
  /** It was built now, and not found. */
  fresh: boolean;
}

/** @throws ImageError `sources-refused`, ReleaseError when the development key cannot be used, FaultError */
export async function ensureImage(options: ImageOptions): Promise<TrapImage> {
  const { root, version, counter = 1, fault } = options;
  const folder = path.join(options.outDir, folderOfFault(fault));
  const outDir = path.join(folder, version ?? "");
  const built = await ensureFirmware({ root, outDir, version, ...(fault && { fault }) });
  if (!built.ok) {
    const first = built.refusals.slice(0, 5).map(formatRefusal);
    throw new ImageError("sources-refused", `the firmware is refused:\n  ${first.join("\n  ")}`);
  }
  const boot = await readFile(built.boot.path);
  const bundle = await readFile(built.bundle.path);
  const key = await ensureDevelopmentKey(options.keyDir ?? options.outDir);
  const told = { version: built.manifest.version, counter };
  const signedFile = await ensureSigned({ bundle, key, folder, ...told });
  const { publicKey } = key;
  const storage = composeStorage({ boot, publicKey, signedFile });
  const { sha256, size } = built.bundle;
  return { ...told, storage, bundle, sha256, size, signedFile, publicKey, boot, fresh: built.fresh };
}

export interface SignWish extends Partial<Omit<ManifestWish, "version" | "counter">> {
  bundle: Uint8Array;
  version: string;
  counter: number;
  key: KeyPair;
  /** Where what was signed is kept. */
  folder: string;
}

/** The signed file of any bytes, found or made. @throws ReleaseError `bundle-refused`, `manifest-refused` */
export async function ensureSigned({ bundle, key, folder, version, counter, ...rest }: SignWish): Promise<Uint8Array> {
  const wish: ManifestWish = { product: PRODUCT, hardware: TRAP_HARDWARE, notes: "", ...rest, version, counter };
  const name = createHash("sha256").update(JSON.stringify(Object.entries(wish).sort()));
  name.update(key.publicKey).update(bundle);
  const file = path.join(folder, `signed-${name.digest("hex").slice(0, 32)}.trapline`);
  const found = await findSigned(file, key.publicKey);
  if (found !== undefined) return found;
  const signed = signFirmware(wish, bundle, key, randomBytes);
  await mkdir(folder, { recursive: true });
  // Never half a file under its name, whoever signs meanwhile.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, signed);
  await rename(draft, file);
  return signed;
}

/** What is kept there, if it is still believed. */
async function findSigned(file: string, publicKey: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(file);
    verifySignedFirmware(bytes, publicKey);
    return bytes;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing || error instanceof ReleaseError) return undefined;
    throw error;
  }
}
