// Owns what a flash operation leaves behind when the power goes in the middle of it. A chip promises no order: words come from either
// end or as chance has it, and single bits may have flipped while their neighbours have not. An erasure may have been at its first
// step, in which many chips clear every bit before they set them all.

/** Programming goes by words. */
const WORD_BYTES = 4;

export type TearOrder = "from-start" | "from-end" | "scattered-words" | "scattered-bits" | "cleared-bits";

export interface Tear {
  order: TearOrder;
  /** How much was done, 0 to 1: of the words, or of each bit's chances. */
  part: number;
  /** Of what is scattered. */
  seed: number;
}

/** Half of the words from the beginning: a cut in the middle, where nothing more is said. */
export const TORN_IN_THE_MIDDLE: Tear = { order: "from-start", part: 0.5, seed: 0 };

/** Brings `now` part of the way to `target`, in place; both are whole words. `cleared-bits` goes the other way, towards zeros. */
export function applyTear(now: Uint8Array, target: Uint8Array, tear: Tear): void {
  const words = now.length / WORD_BYTES;
  const done = Math.floor(words * tear.part);
  const draw = createDraw(tear.seed);
  const copyWords = (from: number, to: number) => {
    now.set(target.subarray(from * WORD_BYTES, to * WORD_BYTES), from * WORD_BYTES);
  };
  switch (tear.order) {
    case "from-start":
      copyWords(0, done);
      break;
    case "from-end":
      copyWords(words - done, words);
      break;
    case "scattered-words":
      for (let word = 0; word < words; word++) if (draw() < tear.part) copyWords(word, word + 1);
      break;
    default:
      for (let i = 0; i < now.length; i++) {
        let mask = 0;
        for (let bit = 1; bit < 256; bit <<= 1) if (draw() < tear.part) mask |= bit;
        now[i] = tear.order === "cleared-bits" ? now[i]! & ~mask : (now[i]! & ~mask) | (target[i]! & mask);
      }
  }
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function createDraw(seed: number): () => number {
  let state = (seed * 2654435761 + 1013904223) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
