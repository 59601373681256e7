// Owns the arithmetic of proofs: HMAC-SHA-256 under a trap's key, compared in constant time, and the mask that hides a password from
// everyone but the trap [CLAIM-2] [CLAIM-5]. Which texts are signed is the contract's.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { sealText } from "#protocol";

export function createProof(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text, "latin1").digest("hex");
}

export function isProven(key: Uint8Array, text: string, proof: string): boolean {
  return isEqual(createProof(key, text), proof);
}

/** Compare secrets without telling by the time how far they agree; their length is no secret. */
export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** As a trap's MQTT password is stored. It has 256 random bits, so nothing slower is needed [SECRET-1]. */
export function hashPassword(password: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(password).digest("hex")}`;
}

/**
 * A password (32 bytes) as it travels to the trap: XORed with a mask that only the trap can make, hexadecimal.
 * @param asked the challenge of the request, good once, so that no mask is used twice
 */
export function sealPassword(key: Uint8Array, serial: string, asked: string, password: Uint8Array): string {
  const mask = Buffer.from(createProof(key, sealText(serial, asked)), "hex");
  return Buffer.from(password.map((byte, index) => byte ^ (mask[index] ?? 0))).toString("hex");
}
