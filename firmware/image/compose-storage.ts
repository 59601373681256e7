// Owns the bytes of the whole Storage partition as the host flashes it: the loader with the public key in it, and the two slots with their
// data on page boundaries, the first holding a signed firmware [SLOT-3]. The layout is slot-layout.ts's; files are those of Espruino's
// Storage: a header of 32 bytes {size, name}, then the data up to a multiple of 4.
import { SIGNED_FIRMWARE_BYTES_MAX } from "#protocol";
import {
  SLOT_A_ADDRESS,
  SLOT_B_ADDRESS,
  SLOT_BYTES,
  STORAGE_ADDRESS,
  STORAGE_BYTES,
  slotFile,
} from "../slots/slot-layout.ts";
import { ImageError } from "./image-error.ts";

/** In its place in the built loader the public key is written, in as many characters. */
export const KEY_PLACEHOLDER = "public-key-in-hexadecimal-of-64-characters-written-by-the-host--";
const HEADER_BYTES = 32;
const NAME_BYTES = 28;
const PUBLIC_KEY_BYTES = 32;

export interface StorageParts {
  /** The loader as it was built, the placeholder in it. */
  boot: Uint8Array;
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** A signed firmware; whether it is to be believed is the caller's to know, and the loader's. */
  signedFile: Uint8Array;
}

/** The loader with its key. @throws ImageError `key-malformed`, `loader-malformed` */
export function insertKey(boot: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new ImageError("key-malformed", `a public key has ${PUBLIC_KEY_BYTES} bytes, this one ${publicKey.length}`);
  }
  const parts = Buffer.from(boot).toString("latin1").split(KEY_PLACEHOLDER);
  if (parts.length !== 2) {
    throw new ImageError("loader-malformed", "the loader has no place for a key; build it anew");
  }
  return Buffer.from(parts.join(Buffer.from(publicKey).toString("hex")), "latin1");
}

/** The partition, 896 KB from 0x320000 on. @throws ImageError as insertKey, `loader-too-large`, `firmware-too-large` */
export function composeStorage({ boot, publicKey, signedFile }: StorageParts): Uint8Array {
  if (signedFile.length > SIGNED_FIRMWARE_BYTES_MAX) {
    throw new ImageError("firmware-too-large", `the firmware has ${signedFile.length} bytes, more than a slot takes`);
  }
  const storage = new Uint8Array(STORAGE_BYTES).fill(0xff);
  const loader = insertKey(boot, publicKey);
  const slotA = SLOT_A_ADDRESS - STORAGE_ADDRESS;
  const slotB = SLOT_B_ADDRESS - STORAGE_ADDRESS;
  const behindLoader = putFile(storage, 0, ".boot0", loader.length, loader);
  putPadding(storage, behindLoader, slotA - HEADER_BYTES, "padding-a");
  const behindA = putFile(storage, slotA - HEADER_BYTES, slotFile("a"), SLOT_BYTES, signedFile);
  putPadding(storage, behindA, slotB - HEADER_BYTES, "padding-b");
  putFile(storage, slotB - HEADER_BYTES, slotFile("b"), SLOT_BYTES, new Uint8Array());
  return storage;
}

function putPadding(storage: Uint8Array, from: number, to: number, name: string): void {
  if (to - from < HEADER_BYTES) {
    throw new ImageError("loader-too-large", `the loader leaves ${to - from} bytes before the first slot`);
  }
  putFile(storage, from, name, to - from - HEADER_BYTES, new Uint8Array());
}

/** @returns where the next file begins */
function putFile(storage: Uint8Array, at: number, name: string, size: number, data: Uint8Array): number {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(size, 0);
  header.write(name.slice(0, NAME_BYTES), 4, "latin1");
  storage.set(header, at);
  storage.set(data, at + HEADER_BYTES);
  return at + HEADER_BYTES + Math.ceil(size / 4) * 4;
}
