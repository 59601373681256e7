// Owns how a trap's key lies in the database: AES-256-GCM under the seal key of the configuration, bound to the serial number, so that a
// stolen dump holds no keys and a row moved to another trap does not open [SECRET-1].
import { createCipheriv, createDecipheriv } from "node:crypto";

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const SEAL_IV_BYTES = IV_BYTES;

export class KeySealError extends Error {
  override name = "KeySealError";
  readonly code = "key-seal";
  readonly data: { serialNumber: string };
  constructor(serialNumber: string, cause: unknown) {
    super("the key of this trap does not open: another seal key, or a damaged row", { cause });
    this.data = { serialNumber };
  }
}

/** Version, initialisation vector, tag, ciphertext. `iv`: 12 random bytes, never the same twice. */
export function sealKey(sealingKey: Uint8Array, serialNumber: string, key: Uint8Array, iv: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", sealingKey, iv);
  cipher.setAAD(Buffer.from(serialNumber));
  const hidden = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), hidden]);
}

/** @throws KeySealError if it was sealed under another key or for another trap, or is damaged */
export function openKey(sealingKey: Uint8Array, serialNumber: string, sealed: Uint8Array): Buffer {
  try {
    if (sealed[0] !== VERSION) throw new RangeError(`unknown version ${sealed[0]}`);
    const [ivEnd, tagEnd] = [1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES];
    const decipher = createDecipheriv("aes-256-gcm", sealingKey, sealed.subarray(1, ivEnd));
    decipher.setAAD(Buffer.from(serialNumber));
    decipher.setAuthTag(sealed.subarray(ivEnd, tagEnd));
    return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]);
  } catch (cause) {
    throw new KeySealError(serialNumber, cause);
  }
}
