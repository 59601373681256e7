// Owns require("Storage") and require("Flash"): the program's values in, the double's bytes and strings out.
import { bytesToText, iterableToBytes, textToBytes } from "../bytes.ts";
import { FLASH_PAGE_BYTES, programUnaligned } from "../flash.ts";
import { isObject, type Program } from "../program.ts";
import { ProgramError, type RealmObject } from "../realm.ts";
import type { ListFilter } from "../storage.ts";

/** What Espruino believes to be free; the third lies within Storage. */
const FLASH_FREE = [
  { addr: 0xe000, length: 0x2000 },
  { addr: 0x310000, length: 0x10000 },
  { addr: 0x360000, length: 0xa0000 },
];

export function createStorageModule(program: Program): RealmObject {
  const { realm } = program;
  const { storage } = program.chip;
  const readText = (name: unknown, offset?: unknown, length?: unknown) => {
    const bytes = storage.read(String(name), Number(offset ?? 0), Number(length ?? 0));
    return bytes && bytesToText(bytes);
  };

  return realm.expose(realm.createObject(), {
    read: readText,
    readArrayBuffer(name) {
      const bytes = storage.read(String(name));
      return bytes && realm.createBuffer(bytes);
    },
    readJSON(name, noExceptions) {
      const text = readText(name);
      if (text === undefined) return undefined;
      try {
        return (realm.global.JSON as JSON).parse(text) as unknown;
      } catch (thrown) {
        if (noExceptions) return undefined;
        throw thrown;
      }
    },
    write(name, data, offset, size) {
      const bytes = iterableToBytes(data);
      if (bytes !== undefined) return storage.write(String(name), bytes, toInteger(offset), toInteger(size));
      return storage.write(String(name), textToBytes(isObject(data) ? JSON.stringify(data) : ""));
    },
    writeJSON: (name, data) => storage.write(String(name), textToBytes(JSON.stringify(data))),
    erase: (name) => storage.erase(String(name)),
    eraseAll: () => storage.eraseAll(),
    list: (pattern, filter) => realm.createArray(storage.list(parseFilter(pattern, filter))),
    hash: (pattern) => storage.hash(parseFilter(pattern, undefined)),
    compact: () => void storage.compact(),
    getFree: () => storage.getStats().freeBytes,
    getStats() {
      const { firstPageWithTrash: _, ...stats } = storage.getStats();
      return realm.createObject(stats);
    },
    open() {
      throw new ProgramError("The simulated board has no StorageFile");
    },
  });
}

function toInteger(value: unknown): number {
  return Math.trunc(Number(value ?? 0)) || 0;
}

function parseFilter(pattern: unknown, filter: unknown): ListFilter {
  const storageFiles = isObject(filter) && "sf" in filter ? Boolean(filter.sf) : undefined;
  if (pattern === undefined) return { storageFiles };
  return { storageFiles, matches: (name) => name.match(pattern as RegExp) !== null };
}

export function createFlashModule(program: Program): RealmObject {
  const { realm } = program;
  const { flash } = program.chip;
  return realm.expose(realm.createObject(), {
    read: (length, address) =>
      Number(length) > 0 ? realm.createBytes(flash.read(Number(address), Number(length))) : undefined,
    write(data, address) {
      if (data === undefined) throw new ProgramError("Data is not defined");
      programUnaligned(flash, Number(address), iterableToBytes(data) ?? textToBytes(""));
    },
    erasePage(address) {
      if (!Number.isInteger(address)) throw new ProgramError(`Address should be an integer, got ${typeof address}`);
      flash.erasePage(Number(address));
    },
    getPage(address) {
      const addr = Number(address) - (Number(address) % FLASH_PAGE_BYTES);
      return realm.createObject({ addr, length: FLASH_PAGE_BYTES });
    },
    getFree: () => realm.createArray(FLASH_FREE.map((area) => realm.createObject(area))),
  });
}
