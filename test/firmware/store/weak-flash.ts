// Owns a flash whose torn operations leave bits that are neither: each read shows them one way or the other, until they are written to 0 or
// erased as a whole. Also pages that take nothing, and counts of erasures. The plain one is ports-double.ts's.
import type { Flash } from "../../../firmware/ports.ts";
import { PowerCut } from "../ports-double.ts";

export interface WeakFlash extends Flash {
  /** What is surely there; where a bit is weak it may read as the other. */
  bytes: Buffer;
  /** Writes and erasures so far, and the one at which the power goes, from 1; 0 never. */
  operations: number;
  cutAt: number;
  /** Pages on which neither writing nor erasing does anything. */
  dead: Set<number>;
  erasures: number[];
}

/** Numbers from 0 to 1, the same for the same seed. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param chance decides how far a torn operation came, and how weak bits read */
export function createWeakFlash(pageCount: number, pageBytes: number, chance: () => number): WeakFlash {
  const bytes = Buffer.alloc(pageCount * pageBytes, 0xff);
  const weak = new Uint8Array(bytes.length);
  const begin = (): boolean => {
    flash.operations += 1;
    return flash.operations === flash.cutAt;
  };
  /** Bits on their way from one value to another: there, not yet there, or in between. */
  const tear = (address: number, from: number, to: number): void => {
    const moving = from ^ to;
    const arrived = Math.floor(chance() * 256) & moving;
    bytes[address] = from ^ arrived;
    weak[address] = ((weak[address] ?? 0) | Math.floor(chance() * 256)) & moving;
  };
  const flash: WeakFlash = {
    ...{
      bytes,
      operations: 0,
      cutAt: 0,
      dead: new Set(),
      erasures: new Array(pageCount).fill(0),
      pageBytes,
      pageCount,
    },
    read(address, length) {
      if (address < 0 || address + length > bytes.length) throw new Error(`read outside: ${address} ${length}`);
      const seen = Buffer.from(bytes.subarray(address, address + length));
      for (let i = 0; i < length; i++) {
        const mask = weak[address + i] ?? 0;
        if (mask !== 0) seen[i] = (seen[i] ?? 0) ^ (Math.floor(chance() * 256) & mask);
      }
      return seen.toString("latin1");
    },
    write(address, data) {
      if (address % 4 || data.length % 4) throw new Error(`write not aligned: ${address} ${data.length}`);
      if (address < 0 || address + data.length > bytes.length) throw new Error("write outside");
      const isCut = begin();
      if (flash.dead.has(Math.floor(address / pageBytes))) return;
      const from = isCut ? Math.floor(chance() * data.length) : data.length;
      for (let i = 0; i < data.length; i++) {
        const old = bytes[address + i] ?? 0;
        const wanted = old & data.charCodeAt(i);
        if (i < from) {
          bytes[address + i] = wanted;
          weak[address + i] = (weak[address + i] ?? 0) & data.charCodeAt(i);
        } else if (chance() < 0.5) tear(address + i, old, wanted);
      }
      if (isCut) throw new PowerCut();
    },
    erasePage(page) {
      const isCut = begin();
      if (!flash.dead.has(page)) {
        flash.erasures[page] = (flash.erasures[page] ?? 0) + 1;
        for (let at = page * pageBytes; at < (page + 1) * pageBytes; at++) {
          if (isCut) tear(at, bytes[at] ?? 0, 0xff);
          else {
            bytes[at] = 0xff;
            weak[at] = 0;
          }
        }
      }
      if (isCut) throw new PowerCut();
    },
  };
  return flash;
}
