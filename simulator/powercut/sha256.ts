// Owns the chip's SHA-256 for the proof: the same thing is hashed in thousands of cases, so that what is short is remembered.
import { createHash } from "node:crypto";
import type { Bytes } from "#protocol";

/** Longer texts are hashed as quickly as they are looked up. */
const REMEMBERED_CHARS_MAX = 160;
const REMEMBERED_MAX = 200_000;
const remembered = new Map<Bytes, Bytes>();

export function sha256(data: Bytes): Bytes {
  if (data.length > REMEMBERED_CHARS_MAX) return digest(data);
  const known = remembered.get(data);
  if (known !== undefined) return known;
  const made = digest(data);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(data, made);
  return made;
}

function digest(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest("binary");
}

export function sha256Hex(data: Bytes): string {
  return Buffer.from(sha256(data), "latin1").toString("hex");
}
