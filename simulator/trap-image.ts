// Owns what the flashing host puts on a board to make it a trap: the identity in raw flash, and in Storage the boot loader, the bundle in
// its first slot, and the word which slot runs. The interpreter itself is not in the image; the virtual board is it. The bytes are those that a real board is flashed with [BUNDLE-1].
import { encodeIdentity, IDENTITY_FLASH_ADDRESS, type Identity } from "#protocol";
import { FLASH_WORD_BYTES, fillImage } from "./board/flash.ts";
import { composeStorageImage } from "./board/storage.ts";
import { STORAGE_ADDRESS } from "./board/storage-directory.ts";

export interface TrapFiles {
  /** Text of the boot loader: Storage's `.boot0`. */
  boot: Uint8Array;
  /** Text of the firmware bundle: Storage's `app-a`. */
  bundle: Uint8Array;
}

/** The whole flash of a new trap. */
export function composeTrapImage(identity: Identity, files: TrapFiles): Uint8Array {
  const image = fillImage(new Uint8Array());
  image.set(encodeIdentityPage(identity), IDENTITY_FLASH_ADDRESS);
  const storage = composeStorageImage([
    { name: ".boot0", data: files.boot },
    { name: "app-a", data: files.bundle },
    { name: "boot", data: Buffer.from("a", "latin1") },
  ]);
  image.set(storage, STORAGE_ADDRESS);
  return image;
}

/** Whether the image is that of the trap with this identity, whatever the trap has written since. */
export function hasIdentity(image: Uint8Array, identity: Identity): boolean {
  const wanted = encodeIdentityPage(identity);
  const found = image.subarray(IDENTITY_FLASH_ADDRESS, IDENTITY_FLASH_ADDRESS + wanted.length);
  return Buffer.compare(found, wanted) === 0;
}

/** The record, filled up to whole words with erased bytes. */
function encodeIdentityPage(identity: Identity): Uint8Array {
  const record = Buffer.from(encodeIdentity(identity), "latin1");
  const page = new Uint8Array(Math.ceil(record.length / FLASH_WORD_BYTES) * FLASH_WORD_BYTES).fill(0xff);
  page.set(record);
  return page;
}
