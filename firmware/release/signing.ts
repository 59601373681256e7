// Owns making and judging a signed firmware: the manifest over the firmware's bytes, the signature by the library, and the same two
// verdicts on every file, the library's and that of the code the trap runs. Files and words are command.ts's and key-files.ts's.
import { createHash } from "node:crypto";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import {
  type Bytes,
  decodeManifest,
  encodeManifest,
  FIRMWARE_BYTES_MAX,
  hashFirmware,
  joinSignedFirmware,
  MANIFEST_CONTEXT,
  MANIFEST_COUNTER_MAX,
  MANIFEST_NOTES_CHARS_MAX,
  type Manifest,
  type SignedFirmware,
  splitSignedFirmware,
} from "#protocol";
import { pureMessage, verifySignature } from "../signature/slh-dsa.ts";
import type { KeyPair } from "./key-files.ts";
import { ReleaseError } from "./release-error.ts";

/** What a person says of a firmware; the rest of the manifest follows from its bytes. */
export type ManifestWish = Omit<Manifest, "size" | "root">;

const SEED_BYTES = 48;
const CHANCE_BYTES = 16;

function toBytes(data: Uint8Array): Bytes {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
}

function toArray(bytes: Bytes): Uint8Array {
  return Uint8Array.from(Buffer.from(bytes, "latin1"));
}

function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest().toString("latin1");
}

/** @param randomBytes of the machine's best source: the key is as good as it is */
export function createKeyPair(randomBytes: (length: number) => Uint8Array): KeyPair {
  const seed = randomBytes(SEED_BYTES);
  const { publicKey, secretKey } = slhDsa.keygen(Uint8Array.from(seed));
  seed.fill(0);
  return { publicKey, secretKey };
}

const TEXT_32 = "1 to 32 printable ASCII characters";
const BOUNDS: Record<string, string> = {
  product: TEXT_32,
  hardware: TEXT_32,
  version: TEXT_32,
  counter: `a whole number from 1 to ${MANIFEST_COUNTER_MAX}`,
  notes: `at most ${MANIFEST_NOTES_CHARS_MAX} printable ASCII characters`,
};

/** The manifest's text. @throws ReleaseError `bundle-refused`, `manifest-refused` */
export function createManifest(wish: ManifestWish, firmware: Uint8Array): string {
  const size = firmware.length;
  if (size < 1 || size > FIRMWARE_BYTES_MAX) {
    throw new ReleaseError("bundle-refused", `the firmware has ${size} bytes; a trap takes 1 to ${FIRMWARE_BYTES_MAX}`);
  }
  const root = Buffer.from(hashFirmware(sha256, toBytes(firmware)), "latin1").toString("hex");
  const text = encodeManifest({ ...wish, size, root });
  const read = decodeManifest(text);
  // What cannot be written is written otherwise, and would be signed otherwise than it was wished.
  const names = ["product", "hardware", "version", "counter", "notes"] as const;
  const changed = names.find((name) => !read.ok || read.value[name] !== wish[name]);
  if (changed !== undefined) {
    const field = read.ok ? changed : read.field;
    throw new ReleaseError("manifest-refused", `the ${field} cannot be signed; it must be ${BOUNDS[field]}`);
  }
  return text;
}

/**
 * The bytes of the signed file, verified before they are given.
 * @throws ReleaseError `bundle-refused`, `manifest-refused`; `signature-refused` if the key is damaged
 */
export function signFirmware(
  wish: ManifestWish,
  firmware: Uint8Array,
  { publicKey, secretKey }: KeyPair,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const text = createManifest(wish, firmware);
  const signature = slhDsa.sign(Buffer.from(text, "latin1"), secretKey, {
    context: Buffer.from(MANIFEST_CONTEXT, "latin1"),
    extraEntropy: Uint8Array.from(randomBytes(CHANCE_BYTES)),
  });
  const file = toArray(joinSignedFirmware(text, toBytes(signature), toBytes(firmware)));
  // A bit that fell over while signing would cost more than a bad file: a wrong signature can tell of the key.
  try {
    verifySignedFirmware(file, publicKey);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new ReleaseError(
      "signature-refused",
      `the signature just made does not verify (${found}); the private key is damaged, or this machine is`,
      error,
    );
  }
  return file;
}

/** What a file says of itself, its bytes compared with its hash tree. @throws ReleaseError `file-malformed`, `hash-differs` */
export function readSignedFirmware(file: Uint8Array): SignedFirmware {
  const read = splitSignedFirmware(toBytes(file));
  if (!read.ok) {
    const about = read.field === "" ? "" : ` (${read.field})`;
    throw new ReleaseError("file-malformed", `it is no signed firmware, or not all of one: code ${read.code}${about}`);
  }
  const root = Buffer.from(hashFirmware(sha256, read.value.firmware), "latin1").toString("hex");
  if (root !== read.value.manifest.root) {
    throw new ReleaseError("hash-differs", "the firmware's bytes are not those that its manifest names");
  }
  return read.value;
}

/** As readSignedFirmware, and the key has signed it. @throws ReleaseError `signature-refused`, `verifiers-disagree` too */
export function verifySignedFirmware(file: Uint8Array, publicKey: Uint8Array): SignedFirmware {
  const signed = readSignedFirmware(file);
  const message = pureMessage(MANIFEST_CONTEXT, signed.text);
  const byTrap = verifySignature(sha256, toBytes(publicKey), message, signed.signature);
  const context = Buffer.from(MANIFEST_CONTEXT, "latin1");
  const byLibrary = slhDsa.verify(toArray(signed.signature), toArray(signed.text), publicKey, { context });
  if (byTrap !== byLibrary) {
    const [yes, no] = byTrap ? ["the trap's verifier", "the library"] : ["the library", "the trap's verifier"];
    throw new ReleaseError("verifiers-disagree", `${yes} believes the signature, ${no} does not; publish nothing`);
  }
  if (byTrap !== true) throw new ReleaseError("signature-refused", "that key has not signed this manifest");
  return signed;
}
