// Owns the two sources of chance on the board: the interpreter's own generator, which begins the same at every power-on, and the
// noise register of the chip, which is seeded per board so that a run can be repeated.

/** 32 bits, unsigned. */
export type DrawWord = () => number;

/** A generator for what only has to look like chance and to come out the same for the same seed. */
export function createSeededWords(seed: number): DrawWord {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  };
}

/** A share of 1 from a generator of words: 0 inclusive to 1 exclusive. */
export function drawShare(draw: DrawWord): number {
  return draw() / 0x1_0000_0000;
}

export interface InterpreterRandom {
  /** 31 bits. */
  next(): number;
  seed(value: number): void;
}

/** The interpreter's multiply-with-carry generator (Espruino, src/jsutils.c) with its constant seed: not secret, not even different. */
export function createInterpreterRandom(): InterpreterRandom {
  let w = 0xdeadbeef;
  let z = 0xcafebabe;
  return {
    next() {
      z = (36969 * (z & 0xffff) + (z >>> 16)) >>> 0;
      w = (18000 * (w & 0xffff) + (w >>> 16)) >>> 0;
      return ((z << 16) + w) & 0x7fffffff;
    },
    seed(value) {
      w = ((value & 0xffff) | (value << 16)) >>> 0;
      z = ((value & 0xffff0000) | (value >>> 16)) >>> 0;
    },
  };
}
