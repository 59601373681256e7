// Owns the hashes that brokers of the mousetrap days made of traps' passwords: bcrypt, and the two of mosquitto, salted SHA-512 ($6$) and
// PBKDF2-HMAC-SHA-512 ($7$). They are understood, never made: the next log-in puts ours in their place. Migration 009 keeps these forms alone.
import { createHash, pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { compare } from "bcryptjs";

const BCRYPT = /^\$2[aby]?\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const SHA512 = /^\$6\$([+/A-Za-z0-9]+=*)\$([+/A-Za-z0-9]{86}==)$/;
const PBKDF2 = /^\$7\$(\d{1,8})\$([+/A-Za-z0-9]+=*)\$([+/A-Za-z0-9]{86}==)$/;
const SHA512_BYTES = 64;

const derive = promisify(pbkdf2);

/** False for a hash of another form, too. */
export async function isOldPassword(hash: string, password: Uint8Array): Promise<boolean> {
  if (BCRYPT.test(hash)) return compare(Buffer.from(password).toString("utf8"), hash);
  const [, salt, digest] = SHA512.exec(hash) ?? [];
  if (salt !== undefined && digest !== undefined) {
    return isSame(createHash("sha512").update(password).update(Buffer.from(salt, "base64")).digest(), digest);
  }
  const [, rounds, pbkdf2Salt, pbkdf2Digest] = PBKDF2.exec(hash) ?? [];
  if (rounds === undefined || pbkdf2Salt === undefined || pbkdf2Digest === undefined || Number(rounds) === 0)
    return false;
  const derived = await derive(password, Buffer.from(pbkdf2Salt, "base64"), Number(rounds), SHA512_BYTES, "sha512");
  return isSame(derived, pbkdf2Digest);
}

function isSame(digest: Uint8Array, base64: string): boolean {
  return timingSafeEqual(digest, Buffer.from(base64, "base64"));
}
