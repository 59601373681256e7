// Owns the layout of the interpreter's Storage in flash, byte for byte that of Espruino's src/jsflash.c for the ESP32: files one after
// the other, each a header of 32 bytes {size and flags, name} and its data, padded to words. It finds its way through them and counts;
// it changes nothing.
import { FLASH_PAGE_BYTES, type Flash } from "./flash.ts";

export const STORAGE_ADDRESS = 0x320000;
export const STORAGE_BYTES = 0xe0000;
export const STORAGE_END = STORAGE_ADDRESS + STORAGE_BYTES;
export const HEADER_BYTES = 32;
export const NAME_BYTES_MAX = 28;
/** Flags of a piece of a StorageFile, which appends; its name ends in its number. */
export const FLAG_STORAGE_FILE = 64;
const FLAG_COMPRESSED = 128;

export interface FileHeader {
  /** The first word as it stands: size in the low 24 bits, flags in the high 8. */
  word: number;
  /** 28 bytes, padded with zeros. */
  name: Uint8Array;
  size: number;
  flags: number;
  /** Its name begins with a zero word. */
  deleted: boolean;
  /** False where erased flash, zeros or a length beyond the end of Storage stand in place of a header. */
  valid: boolean;
}

export interface StorageStats {
  totalBytes: number;
  /** Behind the last file. */
  freeBytes: number;
  fileBytes: number;
  fileCount: number;
  trashBytes: number;
  trashCount: number;
  /** The last page begun by a header before the first deleted file; 0 if none is deleted. Compaction starts there. */
  firstPageWithTrash: number;
}

/** A place in the walk. `address` is 0 where Storage ends. */
export interface Step {
  address: number;
  header: FileHeader;
}

export function alignToWord(value: number): number {
  return Math.ceil(value / 4) * 4;
}

export function readHeader(flash: Flash, address: number): FileHeader {
  const bytes = flash.view(address, HEADER_BYTES);
  const word = (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
  const size = word & 0xffffff;
  const name = bytes.slice(4);
  return {
    word,
    name,
    size,
    flags: word >>> 24,
    deleted: name[0] === 0 && name[1] === 0 && name[2] === 0 && name[3] === 0,
    valid: word !== 0xffffffff && word !== 0 && address + HEADER_BYTES + size <= STORAGE_END,
  };
}

/** Neither deleted nor of a kind that only lives until the next compaction. */
export function isRealFile(header: FileHeader): boolean {
  return (
    !header.deleted && (header.flags === 0 || header.flags === FLAG_STORAGE_FILE || header.flags === FLAG_COMPRESSED)
  );
}

/** The page after the one that holds `address`, or 0 behind the last. Data of an earlier file may reach into it. */
export function nextPage(address: number): number {
  const next = address - (address % FLASH_PAGE_BYTES) + FLASH_PAGE_BYTES;
  return next >= STORAGE_END ? 0 : next;
}

/**
 * The header behind `step`. With `acrossPages`, where none stands there, the one at the beginning of the next page, as old
 * interpreters left it.
 */
export function nextStep(flash: Flash, step: Step, acrossPages: boolean): Step {
  const address = alignToWord(step.address + HEADER_BYTES + step.header.size);
  if (address + HEADER_BYTES > STORAGE_END) return { address: 0, header: { ...step.header, valid: false } };
  const header = readHeader(flash, address);
  if (header.valid || !acrossPages) return { address, header };
  const page = nextPage(address);
  return page === 0 ? { address: 0, header } : { address: page, header: readHeader(flash, page) };
}

/** All files from the start of Storage, deleted ones included. */
export function* walkFiles(flash: Flash, start = STORAGE_ADDRESS): Generator<Step> {
  let step: Step = { address: start, header: readHeader(flash, start) };
  while (step.header.valid) {
    yield step;
    step = nextStep(flash, step, true);
  }
}

export function getStorageStats(flash: Flash): StorageStats {
  const stats = { fileBytes: 0, fileCount: 0, trashBytes: 0, trashCount: 0, firstPageWithTrash: 0 };
  let unbrokenPage = STORAGE_ADDRESS;
  let end = STORAGE_ADDRESS;
  for (const { address, header } of walkFiles(flash)) {
    if (address % FLASH_PAGE_BYTES === 0) unbrokenPage = address;
    const bytes = alignToWord(header.size) + HEADER_BYTES;
    end = address + bytes;
    if (header.deleted) {
      stats.trashBytes += bytes;
      stats.trashCount += 1;
      if (stats.firstPageWithTrash === 0) stats.firstPageWithTrash = unbrokenPage;
    } else {
      stats.fileBytes += bytes;
      stats.fileCount += 1;
    }
  }
  return { totalBytes: STORAGE_BYTES, freeBytes: STORAGE_END - end, ...stats };
}

/**
 * What the interpreter asks at power-on before it trusts Storage: behind the last file erased flash, or too little room for a header;
 * and in an empty Storage nothing at all.
 */
export function isStorageValid(flash: Flash): boolean {
  let step: Step = { address: STORAGE_ADDRESS, header: readHeader(flash, STORAGE_ADDRESS) };
  let last = step;
  while (step.header.valid) {
    last = step;
    step = nextStep(flash, step, true);
  }
  if (step.address === 0 && last.header.valid) {
    const end = alignToWord(last.address + HEADER_BYTES + last.header.size);
    if (end <= STORAGE_END && end + HEADER_BYTES > STORAGE_END) return true;
  }
  const erased = step.header.word === 0xffffffff && step.header.name.every((byte) => byte === 0xff);
  if (erased && step.address === STORAGE_ADDRESS) return isErased(flash, STORAGE_ADDRESS, STORAGE_BYTES);
  return erased;
}

export function isErased(flash: Flash, address: number, length: number): boolean {
  return flash.view(address, length).every((byte) => byte === 0xff);
}
