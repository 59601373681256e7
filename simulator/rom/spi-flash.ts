// Owns what the loaders ask of the flash beyond its own operations: ranges of pages, hashes, and an answer where the range is not on the chip.
// Cut power passes through: whoever runs on the chip then is dead.
import { createHash } from "node:crypto";
import { FLASH_PAGE_BYTES, type Flash, PowerCutError, programUnaligned } from "../board/flash.ts";

/** Erases every page that holds a byte of the range. @returns false where the chip has no such range; nothing is erased then */
export function eraseRange(flash: Flash, address: number, length: number): boolean {
  return isDone(() => {
    flash.view(address, length);
    const first = address - (address % FLASH_PAGE_BYTES);
    for (let page = first; page < address + length; page += FLASH_PAGE_BYTES) flash.erasePage(page);
  });
}

export function isPageBlank(flash: Flash, page: number): boolean {
  return flash.view(page, FLASH_PAGE_BYTES).every((byte) => byte === 0xff);
}

/** @returns false where the chip has no such range; nothing is programmed then */
export function writeRange(flash: Flash, address: number, bytes: Uint8Array): boolean {
  return isDone(() => {
    flash.view(address, bytes.length);
    if (bytes.length > 0) programUnaligned(flash, address, bytes);
  });
}

/** Undefined where the chip has no such range. */
export function readRange(flash: Flash, address: number, length: number): Uint8Array | undefined {
  let bytes: Uint8Array | undefined;
  isDone(() => {
    bytes = flash.read(address, length);
  });
  return bytes;
}

export function hashMd5(bytes: Uint8Array): Uint8Array {
  return createHash("md5").update(bytes).digest();
}

function isDone(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof PowerCutError || !(error instanceof RangeError)) throw error;
    return false;
  }
}
