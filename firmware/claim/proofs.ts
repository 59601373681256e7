// Owns the arithmetic of trust: HMAC-SHA-256 over the chip's SHA-256, comparison that tells nothing by its duration, and the mask over
// the password. What the texts say is #protocol's.
import type { Bytes } from "#protocol";

/** A key, ready for use: as HMAC wants it before and behind what is signed. */
export interface Prover {
  sha256: (data: Bytes) => Bytes;
  inner: Bytes;
  outer: Bytes;
}

/** The key of one connection, with the counts of what was said and heard under it. */
export interface Seal extends Prover {
  said: number;
  heard: number;
}

const BLOCK_BYTES = 64;
const DIGITS = "0123456789abcdef";

/** Lower-case hexadecimal, an even number of characters. */
export function hexToBytes(hex: string): Bytes {
  let bytes = "";
  for (let i = 0; i < hex.length; i += 2) bytes += String.fromCharCode(parseInt(hex.substring(i, i + 2), 16));
  return bytes;
}

export function bytesToHex(bytes: Bytes): string {
  let hex = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    hex += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15);
  }
  return hex;
}

/** The key, filled up to a block, each byte XORed with the pad. */
function padKey(key: Bytes, pad: number): Bytes {
  let block = "";
  for (let i = 0; i < BLOCK_BYTES; i++) {
    block += String.fromCharCode(i < key.length ? key.charCodeAt(i) ^ pad : pad);
  }
  return block;
}

/** @param keyHex at most 64 bytes, in hexadecimal */
export function createProver(sha256: (data: Bytes) => Bytes, keyHex: string): Prover {
  const key = hexToBytes(keyHex);
  return { sha256: sha256, inner: padKey(key, 0x36), outer: padKey(key, 0x5c) };
}

function sign(p: Prover, text: string): Bytes {
  const digest = p.sha256(p.inner + text);
  return p.sha256(p.outer + digest);
}

/** HMAC of a text, in hexadecimal. */
export function prove(p: Prover, text: string): string {
  const signature = sign(p, text);
  return bytesToHex(signature);
}

/** Take the mask made of a text off what is sealed; both in hexadecimal, 64 characters. */
export function unseal(p: Prover, sealed: string, text: string): string {
  const mask = sign(p, text);
  const masked = hexToBytes(sealed);
  let open = "";
  for (let i = 0; i < masked.length; i++) open += String.fromCharCode(masked.charCodeAt(i) ^ mask.charCodeAt(i));
  return bytesToHex(open);
}

/** Equal, found out in a time that depends on nothing but the length. */
export function isSameProof(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length && i < b.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
