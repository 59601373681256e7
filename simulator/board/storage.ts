// Owns the interpreter's Storage as Espruino behaves on the ESP32: files of fixed length that are written once, deleted by zeroing
// their name, and compacted when there is no hole left. It leaves the layout to storage-directory.ts and the JavaScript module that
// programs see to modules/storage-module.ts.
import { createFlash, FLASH_PAGE_BYTES, FLASH_WORD_BYTES, type Flash, programUnaligned } from "./flash.ts";
import { compactStorage } from "./storage-compaction.ts";
import {
  alignToWord,
  type FileHeader,
  FLAG_STORAGE_FILE,
  getStorageStats,
  HEADER_BYTES,
  isErased,
  isRealFile,
  isStorageValid,
  NAME_BYTES_MAX,
  nextPage,
  nextStep,
  readHeader,
  STORAGE_ADDRESS,
  STORAGE_BYTES,
  STORAGE_END,
  type Step,
  type StorageStats,
  walkFiles,
} from "./storage-directory.ts";

/** Of a StorageFile, which goes on in another file when this is full. */
const PIECE_BYTES = FLASH_PAGE_BYTES - HEADER_BYTES;

/** What Storage refuses; the message is the interpreter's own. */
export class StorageError extends Error {
  override name = "StorageError";
}

export interface ListFilter {
  matches?(name: string): boolean;
  /** True: only pieces of StorageFiles; false: none of them. */
  storageFiles?: boolean;
}

export interface Storage {
  /** Undefined if there is no such file. A `length` of 0 or less reads to the end; both are clipped to the file. */
  read(name: string, offset?: number, length?: number): Uint8Array | undefined;
  /**
   * Creates the file with `size` bytes (those of `data` when 0) or writes into an erased part of it. False for a negative number.
   * @throws StorageError
   */
  write(name: string, data: Uint8Array, offset?: number, size?: number): boolean;
  /**
   * Adds to the end of a StorageFile, which is made when there is none. Of its pieces the double has the first alone.
   * @throws StorageError when that is full
   */
  append(name: string, data: Uint8Array): void;
  /** What was appended; undefined if there is no such StorageFile. */
  readAppended(name: string): Uint8Array | undefined;
  erase(name: string): void;
  eraseAll(): void;
  list(filter?: ListFilter): string[];
  /** Of the names and places of the files, not of what is in them. */
  hash(filter?: ListFilter): number;
  getStats(): StorageStats;
  /** Returns whether there was anything to do. */
  compact(): boolean;
  /** The check at power-on: wipes everything when it fails. Returns whether Storage was good. */
  checkOrWipe(): boolean;
}

/** `print` is the interpreter's console, on which compaction and wiping are told. */
export function createStorage(flash: Flash, print: (line: string) => void = () => undefined): Storage {
  return new FlashStorage(flash, print);
}

class FlashStorage implements Storage {
  readonly #flash: Flash;
  readonly #print: (line: string) => void;

  constructor(flash: Flash, print: (line: string) => void) {
    this.#flash = flash;
    this.#print = print;
  }

  read(name: string, offset = 0, length = 0): Uint8Array | undefined {
    const found = this.#findFile(encodeName(name));
    if (found === undefined) return undefined;
    const { size } = found.header;
    const from = Math.min(Math.max(offset, 0), size);
    const wanted = length <= 0 ? size : length;
    return this.#flash.read(found.address + HEADER_BYTES + from, Math.min(wanted, size - from));
  }

  write(name: string, data: Uint8Array, offset = 0, size = 0): boolean {
    if (offset < 0 || size < 0) return false;
    const bytes = size === 0 ? data.length : size;
    if (bytes === 0) throw new StorageError("Can't create zero length file");
    const header = this.#openForWriting(encodeName(name), data, offset, bytes);
    if (header === "equal") return true;
    if (offset + data.length > readHeader(this.#flash, header).size)
      throw new StorageError("Too much data for file size");
    const address = header + HEADER_BYTES + offset;
    if (!isErased(this.#flash, address, data.length)) {
      throw new StorageError("File already written with different data");
    }
    programUnaligned(this.#flash, address, data);
    return true;
  }

  append(name: string, data: Uint8Array): void {
    const piece = encodeName(`${name}\x01`);
    const appended = this.readAppended(name)?.length ?? 0;
    if (appended + data.length > PIECE_BYTES)
      throw new StorageError("The simulated board has one piece of a StorageFile");
    const header = this.#findFile(piece)?.address ?? this.#createFile(piece, PIECE_BYTES, FLAG_STORAGE_FILE);
    programUnaligned(this.#flash, header + HEADER_BYTES + appended, data);
  }

  readAppended(name: string): Uint8Array | undefined {
    const file = this.read(`${name}\x01`);
    const end = file?.indexOf(0xff) ?? -1;
    return end < 0 ? file : file?.subarray(0, end);
  }

  erase(name: string): void {
    const found = this.#findFile(encodeName(name));
    if (found !== undefined) this.#eraseFile(found);
  }

  eraseAll(): void {
    for (let page = STORAGE_ADDRESS; page < STORAGE_END; page += FLASH_PAGE_BYTES) this.#flash.erasePage(page);
  }

  list(filter: ListFilter = {}): string[] {
    return Array.from(this.#matching(filter), (file) => file.name);
  }

  hash(filter: ListFilter = {}): number {
    let hash = 0xabcddcba;
    for (const file of this.#matching({ ...filter, storageFiles: false })) {
      hash = ((hash << 1) | (hash >>> 31)) ^ file.address ^ crc32(Buffer.from(file.name, "latin1"));
    }
    return hash | 0;
  }

  getStats(): StorageStats {
    return getStorageStats(this.#flash);
  }

  compact(): boolean {
    if (this.getStats().trashBytes > 0) this.#print("Compacting... ");
    return compactStorage(this.#flash);
  }

  checkOrWipe(): boolean {
    if (isStorageValid(this.#flash)) return true;
    this.#print("Storage is corrupt.");
    this.#print("Erasing Storage Area...");
    this.eraseAll();
    this.#print("Erase complete.");
    return false;
  }

  #findFile(name: Uint8Array): Step | undefined {
    for (const step of walkFiles(this.#flash)) {
      if (!step.header.deleted && equalBytes(step.header.name, name)) return step;
    }
    return undefined;
  }

  #eraseFile(step: Step): void {
    this.#flash.program(step.address + 4, new Uint8Array(FLASH_WORD_BYTES));
  }

  /** The address of the new file's header. It does not look for a file of the same name. */
  #createFile(name: Uint8Array, size: number, flags: number): number {
    const required = alignToWord(size) + HEADER_BYTES;
    let hole = findHole(this.#flash, required);
    // It fails fast where even a compaction would not make enough room.
    if (hole.address === 0 && required < hole.freeBytes + hole.trashBytes && this.compact()) {
      hole = findHole(this.#flash, required);
    }
    if (hole.address === 0) throw new StorageError("Unable to find or create file");
    this.#flash.program(hole.address, encodeHeader(name, size, flags));
    return hole.address;
  }

  /** The header's address of the file that `write` goes to: the one there is, or a new one in its stead. */
  #openForWriting(name: Uint8Array, data: Uint8Array, offset: number, size: number): number | "equal" {
    const found = this.#findFile(name);
    if (offset > 0) {
      if (found === undefined) throw new StorageError("Unable to find or create file");
      return found.address;
    }
    if (found !== undefined) {
      if (fits(this.#flash, found, size)) return found.address;
      if (equals(this.#flash, found, data, size)) return "equal";
      this.#eraseFile(found);
    }
    return this.#createFile(name, size, 0);
  }

  *#matching(filter: ListFilter): Generator<{ address: number; name: string }> {
    for (const { address, header } of walkFiles(this.#flash)) {
      const name = isRealFile(header) ? listedName(header, filter) : undefined;
      if (name !== undefined && (filter.matches?.(name) ?? true)) yield { address, name };
    }
  }
}

/** The partition as a host flashes it: what writing these files one after the other into an empty Storage leaves. */
export function composeStorageImage(files: { name: string; data: Uint8Array }[]): Uint8Array {
  const flash = createFlash();
  const storage = createStorage(flash);
  for (const { name, data } of files) storage.write(name, data);
  return flash.read(STORAGE_ADDRESS, STORAGE_BYTES);
}

/** CRC-32 (IEEE) as an unsigned number. */
export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** First fit: behind the files of each page, where an empty next page means that all behind it is empty. */
function findHole(flash: Flash, required: number): { address: number; freeBytes: number; trashBytes: number } {
  let freeBytes = 0;
  let trashBytes = 0;
  let address = STORAGE_ADDRESS;
  while (address !== 0) {
    let step: Step = { address, header: readHeader(flash, address) };
    while (step.header.valid) {
      if (step.header.deleted) trashBytes += step.header.size;
      step = nextStep(flash, step, false);
    }
    // Full to the last header: the interpreter then measures page 0 of the chip, and so dares a compaction.
    const room = step.address === 0 ? FLASH_PAGE_BYTES : spaceBehind(flash, step.address);
    freeBytes += room;
    if (step.address !== 0 && room >= required) return { address: step.address, freeBytes, trashBytes };
    address = step.address === 0 ? 0 : nextPage(step.address);
  }
  return { address: 0, freeBytes, trashBytes };
}

function spaceBehind(flash: Flash, address: number): number {
  const next = nextPage(address);
  const end = next !== 0 && readHeader(flash, next).valid ? next : STORAGE_END;
  return end - address;
}

/** The file can take `size` bytes from its beginning as it stands. */
function fits(flash: Flash, file: Step, size: number): boolean {
  const { header } = file;
  return header.flags === 0 && header.size === size && isErased(flash, file.address + HEADER_BYTES, size);
}

/** The file holds exactly `data`, which is all of it. */
function equals(flash: Flash, file: Step, data: Uint8Array, size: number): boolean {
  const { header } = file;
  if (header.flags !== 0 || header.size !== size || data.length !== size) return false;
  return equalBytes(flash.view(file.address + HEADER_BYTES, size), data);
}

function encodeHeader(name: Uint8Array, size: number, flags: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, ((flags << 24) | size) >>> 0, true);
  header.set(name, 4);
  return header;
}

/** Cut at 28 bytes without a word, as the interpreter does; a drive ("C:") is taken off. */
function encodeName(name: string): Uint8Array {
  const bytes = new Uint8Array(NAME_BYTES_MAX);
  const cut = name.slice(0, NAME_BYTES_MAX);
  bytes.set(Buffer.from(cut.charAt(1) === ":" ? cut.slice(2) : cut, "latin1"));
  return bytes;
}

/** Of a StorageFile only the first piece is listed, and without its number when such files were asked for. */
function listedName(header: FileHeader, filter: ListFilter): string | undefined {
  const isPiece = (header.flags & FLAG_STORAGE_FILE) !== 0;
  if (filter.storageFiles !== undefined && filter.storageFiles !== isPiece) return undefined;
  const end = header.name.indexOf(0);
  const name = Buffer.from(header.name.subarray(0, end < 0 ? NAME_BYTES_MAX : end)).toString("latin1");
  if (!isPiece) return name;
  if (!name.endsWith("\x01")) return undefined;
  return filter.storageFiles === true ? name.slice(0, -1) : name;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
