// Owns whether bytes may be published as firmware: one signed file, whole, for our traps, signed by a key that this cloud trusts [SIGN-3].
// Pure, and done within some milliseconds: keys are few. The trap judges for itself, with the key in its boot loader.
import { createHash } from "node:crypto";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import {
  type Bytes,
  CODE_UPDATE_WRONG_SIZE,
  decodeManifest,
  hashFirmware,
  MANIFEST_CONTEXT,
  type Manifest,
  PRODUCT,
  SIGNATURE_BYTES,
  type SignedFirmware,
  splitSignedFirmware,
  TRAP_HARDWARE,
} from "#protocol";

/** What is kept of a firmware beside the bytes of its file. */
export interface SignedFacts extends Pick<Manifest, "version" | "counter" | "hardware" | "notes"> {
  /** Of the firmware inside the file, as a trap reports what it runs. */
  sha256: string;
  signature: Buffer;
  /** Fingerprint of the key that has signed it. */
  signedBy: string;
}

export type FirmwareVerdict =
  | { ok: true; firmware: SignedFacts }
  | { ok: false; reason: "bad-firmware" | "firmware-keys-missing"; detail: string };

export type JudgeFirmware = (content: Uint8Array) => FirmwareVerdict;

const HOW_TO_SIGN = "Sign a bundle with `npm run firmware -- sign` and publish the .trapline file it writes.";
const HOW_TO_TRUST =
  "Start the cloud with TRAPLINE_FIRMWARE_KEYS, the public keys whose firmware it may publish: each as the 64 hexadecimal digits that `npm run firmware -- inspect NAME.pub` tells, separated by commas.";

/** SHA-256 of a public key in hexadecimal: by this people compare keys. */
export function fingerprintOf(publicKey: string): string {
  return createHash("sha256").update(Buffer.from(publicKey, "hex")).digest("hex");
}

/** @param keys public keys, 64 hexadecimal digits each; without any nothing may be published */
export function createJudgeFirmware(keys: readonly string[]): JudgeFirmware {
  const trusted = keys.map((key) => ({
    key: Uint8Array.from(Buffer.from(key, "hex")),
    fingerprint: fingerprintOf(key),
  }));
  const fingerprints = trusted.map(({ fingerprint }) => fingerprint).join(", ");
  return (content) => {
    if (trusted.length === 0) return { ok: false, reason: "firmware-keys-missing", detail: HOW_TO_TRUST };
    const file = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
    const split = splitSignedFirmware(file);
    if (!split.ok) return refuse(describeUnreadable(file, split));
    const fault = findFault(split.value);
    if (fault !== null) return refuse(fault);
    const signer = trusted.find(({ key }) => isSigned(split.value, key));
    if (signer === undefined) {
      return refuse(
        `No key that this cloud trusts has signed this, or it was changed since; trusted are those with the fingerprint ${fingerprints}.`,
      );
    }
    return { ok: true, firmware: tell(split.value, signer.fingerprint) };
  };
}

function refuse(detail: string): FirmwareVerdict {
  return { ok: false, reason: "bad-firmware", detail };
}

function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest().toString("latin1");
}

function toHex(bytes: Bytes): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

function toArray(bytes: Bytes): Uint8Array {
  return Uint8Array.from(Buffer.from(bytes, "latin1"));
}

function isSigned({ text, signature }: SignedFirmware, key: Uint8Array): boolean {
  return slhDsa.verify(toArray(signature), toArray(text), key, { context: Buffer.from(MANIFEST_CONTEXT, "latin1") });
}

function tell({ manifest, signature, firmware }: SignedFirmware, signedBy: string): SignedFacts {
  const { version, counter, hardware, notes } = manifest;
  const facts = { version, counter, hardware, notes, signedBy };
  return { ...facts, sha256: toHex(sha256(firmware)), signature: Buffer.from(signature, "latin1") };
}

/** Why a file could not be taken apart. */
function describeUnreadable(file: Bytes, found: { code: number; field: string }): string {
  if (file === "") return `The file is empty. ${HOW_TO_SIGN}`;
  const text = file.slice(0, Math.max(0, file.indexOf("\n")));
  const read = decodeManifest(text);
  if (found.code === CODE_UPDATE_WRONG_SIZE && read.ok) {
    const whole = text.length + 1 + SIGNATURE_BYTES + read.value.size;
    const more = file.length - whole;
    return more < 0
      ? `The file is cut off: its manifest tells of ${whole} bytes, and it has ${file.length}.`
      : `The file goes on for ${more} bytes behind the ${whole} that its manifest tells of.`;
  }
  if (!text.startsWith("{")) return `The file does not begin with a manifest, so it is not signed. ${HOW_TO_SIGN}`;
  const field = found.field === "" ? "" : `, at "${found.field}"`;
  return `The file's manifest cannot be read (code ${found.code}${field}). ${HOW_TO_SIGN}`;
}

/** What keeps a whole file from being one of ours, whoever has signed it; null for nothing. */
function findFault({ manifest, firmware }: SignedFirmware): string | null {
  const { product, hardware, root } = manifest;
  if (product !== PRODUCT) return `The firmware is of the product "${product}"; traps take "${PRODUCT}" alone.`;
  if (hardware !== TRAP_HARDWARE)
    return `The firmware is for the hardware "${hardware}"; traps are "${TRAP_HARDWARE}".`;
  if (toHex(hashFirmware(sha256, firmware)) !== root)
    return "The firmware's bytes are not those that its manifest names.";
  // What the interpreter can execute: printable ASCII, tabs and line breaks.
  const at = firmware.search(/[^\t\n\r -~]/);
  return at < 0 ? null : `Byte ${at} of the firmware is no printable ASCII, so no trap could run it.`;
}
