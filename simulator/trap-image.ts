// Owns what the flashing host puts on a board to make it a trap: the identity in raw flash, and the Storage partition as it was composed
// (firmware/image), with loader and slots. The interpreter itself is not in the image; the virtual board is it. The bytes are those that a
// real board is flashed with [BUNDLE-1].
import { encodeIdentity, IDENTITY_FLASH_ADDRESS, type Identity } from "#protocol";
import { FLASH_WORD_BYTES, fillImage } from "./board/flash.ts";
import { STORAGE_ADDRESS, STORAGE_BYTES } from "./board/storage-directory.ts";

export interface TrapFiles {
  /** The whole Storage partition. */
  storage: Uint8Array;
}

/** The whole flash of a new trap. @throws RangeError for a partition of another size */
export function composeTrapImage(identity: Identity, files: TrapFiles): Uint8Array {
  const image = fillImage(new Uint8Array());
  image.set(encodeIdentityPage(identity), IDENTITY_FLASH_ADDRESS);
  if (files.storage.length !== STORAGE_BYTES) {
    throw new RangeError(`a Storage partition has ${STORAGE_BYTES} bytes, this one ${files.storage.length}`);
  }
  image.set(files.storage, STORAGE_ADDRESS);
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
