// Owns Storage's compaction, operation for operation that of Espruino: the living files are read through a ring buffer of little more
// than a page and written again from the first page with a deleted file on. Not safe against power cuts, and meant not to be: the
// firmware must never let it begin, and this is where that is proven.
import { FLASH_PAGE_BYTES, type Flash } from "./flash.ts";
import {
  alignToWord,
  getStorageStats,
  HEADER_BYTES,
  isRealFile,
  nextPage,
  nextStep,
  readHeader,
  STORAGE_END,
  type Step,
} from "./storage-directory.ts";

/** Returns whether it had anything to do. @throws PowerCutError of the flash, with Storage in between. */
export function compactStorage(flash: Flash): boolean {
  const stats = getStorageStats(flash);
  if (stats.trashBytes === 0) return false;
  const start = stats.firstPageWithTrash;
  const ring = createRing(Math.min(stats.fileBytes, FLASH_PAGE_BYTES + HEADER_BYTES));
  const writer = createWriter(flash, ring, start);
  let step: Step = { address: start, header: readHeader(flash, start) };
  while (step.header.valid) {
    if (isRealFile(step.header)) copyFile(flash, ring, writer, step);
    step = nextStep(flash, step, true);
  }
  writer.writeBehind(STORAGE_END);
  eraseRest(flash, start, writer.address(), step.address === 0 ? STORAGE_END : step.address);
  return true;
}

function copyFile(flash: Flash, ring: Ring, writer: Writer, step: Step): void {
  let from = step.address + HEADER_BYTES;
  let left = alignToWord(step.header.size);
  ring.push(flash.read(step.address, HEADER_BYTES));
  writer.writeBehind(from);
  while (left > 0) {
    const length = Math.min(ring.roomInOnePiece(), left);
    // The interpreter gives up here too, with the rest of the files lost.
    if (length === 0) return;
    ring.push(flash.read(from, length));
    left -= length;
    from += length;
    writer.writeBehind(from);
  }
}

/** The pages between the last one written and the place the files reached before. */
function eraseRest(flash: Flash, start: number, written: number, end: number): void {
  const from = written === start ? start : nextPage(written - 1);
  if (from === 0) return;
  for (let page = from; page < end; page += FLASH_PAGE_BYTES) flash.erasePage(page);
}

interface Writer {
  /** Writes what the ring holds, but no page that is still to be read from `readAddress` on. */
  writeBehind(readAddress: number): void;
  address(): number;
}

function createWriter(flash: Flash, ring: Ring, start: number): Writer {
  let address = start;
  return {
    address: () => address,
    writeBehind(readAddress) {
      while (ring.used() > 0) {
        const pageEnd = nextPage(address) || STORAGE_END;
        if (readAddress < pageEnd) return;
        const piece = ring.peek(pageEnd - address);
        if (address % FLASH_PAGE_BYTES === 0) flash.erasePage(address);
        flash.program(address, piece);
        ring.drop(piece.length);
        address += piece.length;
      }
    },
  };
}

interface Ring {
  used(): number;
  /** How much can be pushed without wrapping around. */
  roomInOnePiece(): number;
  push(data: Uint8Array): void;
  /** The oldest bytes that lie in one piece, at most `lengthMax`. */
  peek(lengthMax: number): Uint8Array;
  drop(length: number): void;
}

function createRing(size: number): Ring {
  const bytes = new Uint8Array(size);
  let head = 0;
  let tail = 0;
  let used = 0;
  return {
    used: () => used,
    roomInOnePiece() {
      const room = Math.min(size - used, size - head);
      return tail > head ? Math.min(room, tail - head) : room;
    },
    push(data) {
      for (const byte of data) {
        bytes[head] = byte;
        head = (head + 1) % size;
      }
      used += data.length;
    },
    peek: (lengthMax) => bytes.slice(tail, tail + Math.min(used, size - tail, lengthMax)),
    drop(length) {
      tail = (tail + length) % size;
      used -= length;
    },
  };
}
