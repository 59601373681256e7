// Owns the record beside the built files: what they are and of which sources they were made.
import { readFile } from "node:fs/promises";
import * as path from "node:path";

export interface BuiltFile {
  /** SHA-256 in hexadecimal. */
  sha256: string;
  /** In bytes. */
  size: number;
}

export interface Manifest extends BuiltFile {
  version: string;
  sourceHash: string;
  boot: BuiltFile;
}

export const BUNDLE_FILE = "bundle.js";
export const BOOT_FILE = "boot.js";
export const MANIFEST_FILE = "manifest.json";

/** In the version of a firmware that is broken on purpose (faults.ts), and so in its bytes; in no other. */
export const FAULT_MARK = "-fault-";

/** For those who sign [FAULT-1]. @param firmware its bytes */
export function isFaultyFirmware(firmware: Uint8Array): boolean {
  return Buffer.from(firmware.buffer, firmware.byteOffset, firmware.byteLength).includes(FAULT_MARK);
}

/** The manifest in a folder of built firmware; undefined if there is none that we wrote. */
export async function findManifest(outDir: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(outDir, MANIFEST_FILE), "utf8");
  } catch {
    return undefined;
  }
  return parseManifest(text);
}

function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isBuiltFile(value) || !("boot" in value) || !isBuiltFile(value.boot)) return undefined;
  if (!("version" in value) || typeof value.version !== "string") return undefined;
  if (!("sourceHash" in value) || typeof value.sourceHash !== "string") return undefined;
  const { sha256, size, version, sourceHash, boot } = value;
  return { version, sha256, size, sourceHash, boot: { sha256: boot.sha256, size: boot.size } };
}

function isBuiltFile(value: unknown): value is BuiltFile {
  if (typeof value !== "object" || value === null || !("sha256" in value) || !("size" in value)) return false;
  return typeof value.sha256 === "string" && typeof value.size === "number";
}
