// Owns how PostgreSQL keeps a password: as a SCRAM-SHA-256 verifier (RFC 5803). Sent in this form, the password itself stands in no
// statement and so in no log of the server.
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const ITERATIONS = 4096;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/**
 * The same for the same password, so that programs that set it at once agree.
 * @param password ASCII and impossible to guess: its salt is derived from it, which would betray equal passwords of people
 */
export function encodeScramVerifier(password: string): string {
  const salt = createHash("sha256").update(`trapline salt ${password}`).digest().subarray(0, SALT_BYTES);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha256");
  const storedKey = createHash("sha256").update(sign(salted, "Client Key")).digest("base64");
  const serverKey = sign(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

function sign(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
