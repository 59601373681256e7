// Owns the signed files that the tests of loader and update keep, since signing takes seconds: three small firmwares of one key, with growing
// counters. Made by create-signed-files-program.ts.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { UpdateOffer } from "#protocol";
import {
  type Bytes,
  encodeManifest,
  hashFirmware,
  joinSignedFirmware,
  type Manifest,
  PRODUCT,
  splitSignedFirmware,
  TRAP_HARDWARE,
} from "#protocol";

export interface SignedFile {
  counter: number;
  /** The file, and the firmware in it. */
  file: Bytes;
  firmware: Bytes;
  /** Of the firmware, in hexadecimal. */
  sha256: string;
}

export function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest().toString("latin1");
}

/** Bytes that follow from the counter alone: not of a size that chunks, leaves or pages have. */
export function createFirmware(counter: number): Bytes {
  return Array.from({ length: 4500 + counter * 13 }, (_, i) =>
    String.fromCharCode((i * counter + (i >> 8)) & 255),
  ).join("");
}

export function createManifest(firmware: Bytes, counter: number, change: Partial<Manifest> = {}): string {
  const root = Buffer.from(hashFirmware(sha256, firmware), "latin1").toString("hex");
  const rest = { version: `1.0.${counter}`, counter, size: firmware.length, root, notes: "" };
  return encodeManifest({ product: PRODUCT, hardware: TRAP_HARDWARE, ...rest, ...change });
}

interface Kept {
  publicKey: string;
  files: { counter: number; signature: string }[];
}

const kept: Kept = JSON.parse(readFileSync(path.join(import.meta.dirname, "signed-files.json"), "utf8"));
/** 32 bytes. */
export const SIGNED_KEY: Bytes = Buffer.from(kept.publicKey, "hex").toString("latin1");

/** @param counter 7, 8 or 9 */
export function readSignedFile(counter: number): SignedFile {
  const row = kept.files.find((one) => one.counter === counter);
  if (row === undefined) throw new Error(`no file is kept with the counter ${counter}`);
  const firmware = createFirmware(counter);
  const signature = Buffer.from(row.signature, "base64").toString("latin1");
  return describe(counter, joinSignedFirmware(createManifest(firmware, counter), signature, firmware), firmware);
}

/** A file with another manifest, and the signature of the true one: what an attacker without a key can make. */
export function forgeFile(counter: number, change: Partial<Manifest>): SignedFile {
  const read = splitSignedFirmware(readSignedFile(counter).file);
  if (!read.ok) throw new Error(`the file that is kept cannot be read: ${read.code}`);
  const { firmware, signature } = read.value;
  return describe(
    counter,
    joinSignedFirmware(createManifest(firmware, counter, change), signature, firmware),
    firmware,
  );
}

function describe(counter: number, file: Bytes, firmware: Bytes): SignedFile {
  return { counter, file, firmware, sha256: Buffer.from(sha256(firmware), "latin1").toString("hex") };
}

/** One bit of one byte turned. */
export function flipBit(bytes: Bytes, at: number): Bytes {
  return bytes.slice(0, at) + String.fromCharCode(bytes.charCodeAt(at) ^ 1) + bytes.slice(at + 1);
}

/** An offer of the file, in chunks of 1,024 bytes. */
export function createOffer(signed: SignedFile, change: Partial<UpdateOffer> = {}): UpdateOffer {
  return {
    id: "44444444-4444-4444-8444-444444444444",
    firmware: "55555555-5555-4555-8555-555555555555",
    ...{ version: "1.1.0", size: signed.file.length, sha256: signed.sha256, chunk: 1024, ...change },
  };
}
