// Owns chance for the test of bad input: numbers that follow from a seed, and the ways to spoil a text. Quick rather than thorough in each
// case, since there are a million.

export interface Chance {
  /** 0 to `below` - 1. */
  draw(below: number): number;
  pick<T>(of: readonly T[]): T;
  /** Bytes of any kind. */
  garbage(lengthMax: number): string;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const draw = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  return {
    draw,
    pick(of) {
      const one = of[draw(of.length)];
      if (one === undefined) throw new Error("nothing to pick from");
      return one;
    },
    garbage(lengthMax) {
      let text = "";
      for (let left = draw(lengthMax + 1); left > 0; left--) text += String.fromCharCode(draw(256));
      return text;
    },
  };
}

const TELLING = [
  '"',
  "{",
  "}",
  "\\",
  "\n",
  "\0",
  " ",
  "=",
  ":",
  ",",
  "-",
  "0",
  "9",
  "\xff",
  "\x7f",
  "1e9",
  "null",
  "true",
];

/** The text with one to three things wrong with it; `others` are texts to take pieces from. It may be the same by accident. */
export function spoil(chance: Chance, text: string, others: readonly string[]): string {
  let spoilt = text;
  for (let left = 1 + chance.draw(3); left > 0; left--) spoilt = spoilOnce(chance, spoilt, others);
  return spoilt;
}

function spoilOnce(chance: Chance, text: string, others: readonly string[]): string {
  const at = chance.draw(text.length + 1);
  const end = Math.min(text.length, at + 1 + chance.draw(16));
  switch (chance.draw(9)) {
    case 0: {
      const flipped = String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << chance.draw(8)));
      return text.slice(0, at) + flipped + text.slice(at + 1);
    }
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + chance.garbage(12) + text.slice(at);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at);
    case 5:
      return text.slice(0, at) + chance.pick(TELLING) + text.slice(at + chance.draw(2));
    case 6: {
      const other = chance.pick(others);
      return text.slice(0, at) + other.slice(chance.draw(other.length + 1));
    }
    case 7:
      return text.slice(0, at) + chance.draw(10) + text.slice(at + 1);
    default:
      return text.slice(0, at) + text.slice(at, end).toUpperCase() + text.slice(end);
  }
}
