// Owns the file in which a firmware leaves the hand that signed it: its manifest and a line feed, the signature over that manifest, the
// firmware. One file, so that the three cannot be mixed up, and of exactly one length. It is taken apart here, and judged by nobody yet.
import { CODE_MALFORMED, CODE_NOT_TEXT, CODE_UPDATE_WRONG_SIZE } from "./codes.ts";
import { FIRMWARE_BYTES_MAX, RECORD_BYTES_MAX } from "./limits.ts";
import {
  addLeaf,
  closeHashTree,
  createHashTree,
  decodeManifest,
  HASH_LEAF_BYTES,
  type Manifest,
  type Sha256,
  SIGNATURE_BYTES,
} from "./manifest.ts";
import type { Bytes, Decoded } from "./record.ts";

/** Longest file, in bytes. */
export const SIGNED_FIRMWARE_BYTES_MAX = RECORD_BYTES_MAX + 1 + SIGNATURE_BYTES + FIRMWARE_BYTES_MAX;

export interface SignedFirmware {
  manifest: Manifest;
  /** The manifest as it was signed, to the byte. */
  text: string;
  signature: Bytes;
  firmware: Bytes;
}

/** The bytes of the file. @param text a manifest as encodeManifest writes it */
export function joinSignedFirmware(text: string, signature: Bytes, firmware: Bytes): Bytes {
  return text + "\n" + signature + firmware;
}

/**
 * Take a file apart. The manifest is read, and the lengths are what it says; neither signature nor hash tree is verified.
 * @returns CODE_UPDATE_WRONG_SIZE for a file that is cut off or goes on behind its end.
 */
export function splitSignedFirmware(file: unknown): Decoded<SignedFirmware> {
  if (typeof file !== "string") return { ok: false, code: CODE_NOT_TEXT, field: "" };
  const end = file.substring(0, RECORD_BYTES_MAX + 1).indexOf("\n");
  if (end < 0) return { ok: false, code: CODE_MALFORMED, field: "" };
  const text = file.substring(0, end);
  const read = decodeManifest(text);
  if (!read.ok) return read;
  const behind = end + 1 + SIGNATURE_BYTES;
  if (file.length !== behind + read.value.size) return { ok: false, code: CODE_UPDATE_WRONG_SIZE, field: "size" };
  return {
    ok: true,
    value: {
      manifest: read.value,
      text: text,
      signature: file.substring(end + 1, behind),
      firmware: file.substring(behind),
    },
  };
}

/** The root of the hash tree over bytes that are all there. */
export function hashFirmware(sha256: Sha256, firmware: Bytes): Bytes {
  const tree = createHashTree();
  for (let at = 0; at < firmware.length; at += HASH_LEAF_BYTES) {
    addLeaf(tree, sha256, firmware.substring(at, at + HASH_LEAF_BYTES));
  }
  return closeHashTree(tree, sha256);
}
