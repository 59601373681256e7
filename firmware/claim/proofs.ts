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

/**
 * The key filled up to a block, each byte XORed with the two pads; in one function, since what several call stays in memory.
 * @param keyHex at most 64 bytes, in hexadecimal
 */
export function createProver(sha256: (data: Bytes) => Bytes, keyHex: string): Prover {
  let inner = "";
  let outer = "";
  for (let i = 0; i < 2 * BLOCK_BYTES; i += 2) {
    const byte = i < keyHex.length ? parseInt(keyHex.substring(i, i + 2), 16) : 0;
    inner += String.fromCharCode(byte ^ 0x36);
    outer += String.fromCharCode(byte ^ 0x5c);
  }
  return { sha256: sha256, inner: inner, outer: outer };
}

/** HMAC of a text, in hexadecimal. */
export function prove(p: Prover, text: string): string {
  const digest = p.sha256(p.inner + text);
  const signature = p.sha256(p.outer + digest);
  let hex = "";
  for (let i = 0; i < signature.length; i++) {
    const byte = signature.charCodeAt(i);
    hex += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15);
  }
  return hex;
}

/** Take the mask made of a text off what is sealed; both in hexadecimal, 64 characters. */
export function unseal(p: Prover, sealed: string, text: string): string {
  const mask = prove(p, text);
  let open = "";
  for (let i = 0; i < sealed.length; i++) {
    open += DIGITS.charAt(parseInt(sealed.charAt(i), 16) ^ parseInt(mask.charAt(i), 16));
  }
  return open;
}

/** Equal, found out in a time that depends on nothing but the length. */
export function isSameProof(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length && i < b.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
