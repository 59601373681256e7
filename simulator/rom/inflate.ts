// Owns the decompression of a zlib stream that comes in blocks: what can be made of the bytes so far is put out at once, as the loaders write it
// to flash at once. (The runtime's own zlib inflates either all at once or asynchronously, and a chip answers each block before the next.)

export type InflateVerdict = "more" | "done" | "broken" | "adler";

export interface Inflater {
  /** Hands all that can be decompressed to `onOutput`. After anything but "more" it takes nothing any more. */
  push(bytes: Uint8Array): InflateVerdict;
}

const WINDOW_BYTES = 0x8000;
const BUFFER_BYTES = 4 * WINDOW_BYTES;
const CODE_BITS_MAX = 15;
const END_OF_BLOCK = 256;
const MATCH_BYTES_MAX = 258;
const ADLER_PRIME = 65521;
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = DISTANCE_BASES.map((_, i) => Math.max(0, (i >> 1) - 1));
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface Code {
  /** How many codes there are of each length, and the symbols in the order of their codes. */
  counts: Uint16Array;
  symbols: Uint16Array;
}

type Step = "go" | InflateVerdict;

interface Stream {
  input: ReturnType<typeof createBits>;
  output: ReturnType<typeof createWindow>;
  /** What comes next. */
  step: (stream: Stream) => Step;
  isLast: boolean;
  storedLeft: number;
  literals: Code;
  distances: Code;
}

export function createInflater(onOutput: (bytes: Uint8Array) => void): Inflater {
  const empty: Code = { counts: new Uint16Array(CODE_BITS_MAX + 1), symbols: new Uint16Array() };
  const stream: Stream = {
    input: createBits(),
    output: createWindow(onOutput),
    step: readHeader,
    isLast: false,
    storedLeft: 0,
    literals: empty,
    distances: empty,
  };
  const { input, output } = stream;
  let ended: InflateVerdict | undefined;
  return {
    push(bytes) {
      if (ended !== undefined) return ended;
      input.add(bytes);
      let verdict: Step = "go";
      while (verdict === "go") {
        input.keep();
        verdict = stream.step(stream);
      }
      if (verdict === "more") input.rewind();
      else ended = verdict;
      output.flush();
      return verdict;
    },
  };
}

function readHeader(stream: Stream): Step {
  const { input } = stream;
  const [method, flags] = [input.take(8), input.take(8)];
  if (input.isOver()) return "more";
  if ((method & 0x0f) !== 8 || ((method << 8) | flags) % 31 !== 0 || flags & 0x20) return "broken";
  stream.step = readBlock;
  return "go";
}

function readBlock(stream: Stream): Step {
  const { input } = stream;
  if (stream.isLast) {
    stream.step = readTrailer;
    return "go";
  }
  const last = input.take(1) === 1;
  const kind = input.take(2);
  if (input.isOver()) return "more";
  if (kind === 3) return "broken";
  const next = kind === 0 ? readStoredLength(stream) : kind === 1 ? setFixedCodes(stream) : readDynamicCodes(stream);
  if (next === "go") stream.isLast = last;
  return next;
}

function readStoredLength(stream: Stream): Step {
  const { input } = stream;
  input.align();
  const length = input.take(16);
  const inverse = input.take(16);
  if (input.isOver()) return "more";
  if ((length ^ inverse) !== 0xffff) return "broken";
  stream.storedLeft = length;
  stream.step = copyStored;
  return "go";
}

function copyStored(stream: Stream): Step {
  const { input, output } = stream;
  while (stream.storedLeft > 0) {
    const byte = input.take(8);
    if (input.isOver()) return "more";
    input.keep();
    output.put(byte);
    stream.storedLeft -= 1;
  }
  stream.step = readBlock;
  return "go";
}

function setFixedCodes(stream: Stream): Step {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return setCodes(stream, buildCode(lengths), buildCode(new Uint8Array(30).fill(5)));
}

function setCodes(stream: Stream, literals: Code | undefined, distances: Code | undefined): Step {
  if (literals === undefined || distances === undefined) return "broken";
  stream.literals = literals;
  stream.distances = distances;
  stream.step = readSymbols;
  return "go";
}

function readDynamicCodes(stream: Stream): Step {
  const { input } = stream;
  const literalCount = input.take(5) + 257;
  const distanceCount = input.take(5) + 1;
  const orderCount = input.take(4) + 4;
  const ofLengths = new Uint8Array(19);
  for (const place of LENGTH_ORDER.slice(0, orderCount)) ofLengths[place] = input.take(3);
  if (input.isOver()) return "more";
  const code = buildCode(ofLengths);
  if (code === undefined || literalCount > 286 || distanceCount > 30) return "broken";
  const lengths = readLengths(stream, code, literalCount + distanceCount);
  if (typeof lengths === "string") return lengths;
  if (lengths[END_OF_BLOCK] === 0) return "broken";
  return setCodes(stream, buildCode(lengths.subarray(0, literalCount)), buildCode(lengths.subarray(literalCount)));
}

function readLengths({ input }: Stream, code: Code, count: number): Uint8Array | Step {
  const lengths = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const symbol = input.decode(code);
    const repeats = readRepeats(input, symbol);
    if (input.isOver()) return "more";
    if (symbol < 0 || (symbol === 16 && at === 0) || at + repeats > count) return "broken";
    lengths.fill(symbol < 16 ? symbol : symbol === 16 ? lengths[at - 1]! : 0, at, at + repeats);
    at += repeats;
  }
  return lengths;
}

function readRepeats(input: Stream["input"], symbol: number): number {
  if (symbol < 16) return 1;
  if (symbol === 16) return 3 + input.take(2);
  return symbol === 17 ? 3 + input.take(3) : 11 + input.take(7);
}

function readSymbols(stream: Stream): Step {
  const { input, output } = stream;
  for (;;) {
    const symbol = input.decode(stream.literals);
    if (input.isOver()) return "more";
    if (symbol < 0) return "broken";
    if (symbol < END_OF_BLOCK) output.put(symbol);
    else if (symbol === END_OF_BLOCK) {
      stream.step = readBlock;
      return "go";
    } else {
      const verdict = copyMatch(stream, symbol - END_OF_BLOCK - 1);
      if (verdict !== "go") return verdict;
    }
    input.keep();
  }
}

function copyMatch({ input, output, distances }: Stream, lengthCode: number): Step {
  if (lengthCode >= LENGTH_BASES.length) return "broken";
  const length = LENGTH_BASES[lengthCode]! + input.take(LENGTH_BITS[lengthCode]!);
  const distanceCode = input.decode(distances);
  if (input.isOver()) return "more";
  if (distanceCode < 0 || distanceCode >= DISTANCE_BASES.length) return "broken";
  const distance = DISTANCE_BASES[distanceCode]! + input.take(DISTANCE_BITS[distanceCode]!);
  if (input.isOver()) return "more";
  return output.copy(distance, length) ? "go" : "broken";
}

function readTrailer({ input, output }: Stream): Step {
  input.align();
  const bytes = [input.take(8), input.take(8), input.take(8), input.take(8)];
  if (input.isOver()) return "more";
  const stored = bytes.reduce((word, byte) => word * 256 + byte, 0);
  output.flush();
  return output.adler() === stored ? "done" : "adler";
}

/** Bits of bytes that come later are read as zeros, and `isOver` says so: what was read since `keep` is then read again. */
function createBits() {
  let bytes = new Uint8Array();
  let at = 0;
  let kept = 0;

  function take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      value |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << i;
      at += 1;
    }
    return value;
  }

  return {
    add(more: Uint8Array): void {
      const used = at >> 3;
      const joined = new Uint8Array(bytes.length - used + more.length);
      joined.set(bytes.subarray(used));
      joined.set(more, bytes.length - used);
      bytes = joined;
      at &= 7;
    },
    take,
    align(): void {
      at = (at + 7) & ~7;
    },
    /** The symbol, or -1 where no code of this set begins so. */
    decode(code: Code): number {
      let value = 0;
      let first = 0;
      let index = 0;
      for (let length = 1; length <= CODE_BITS_MAX; length++) {
        value |= take(1);
        const count = code.counts[length]!;
        if (value - count < first) return code.symbols[index + value - first]!;
        index += count;
        first = (first + count) << 1;
        value <<= 1;
      }
      return -1;
    },
    isOver: () => at > bytes.length * 8,
    keep(): void {
      kept = at;
    },
    rewind(): void {
      at = kept;
    },
  };
}

/** Undefined where more codes are asked for than there are of a length. */
function buildCode(lengths: Uint8Array): Code | undefined {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (const length of lengths) counts[length]! += 1;
  counts[0] = 0;
  let left = 1;
  const offsets = new Uint16Array(CODE_BITS_MAX + 2);
  for (let length = 1; length <= CODE_BITS_MAX; length++) {
    left = left * 2 - counts[length]!;
    if (left < 0) return undefined;
    offsets[length + 1] = offsets[length]! + counts[length]!;
  }
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[offsets[length]!] = symbol;
    offsets[length]! += 1;
  });
  return { counts, symbols };
}

function createWindow(onOutput: (bytes: Uint8Array) => void) {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let end = 0;
  let flushed = 0;
  let [low, high] = [1, 0];

  function flush(): void {
    if (flushed === end) return;
    const bytes = buffer.slice(flushed, end);
    for (const byte of bytes) {
      low = (low + byte) % ADLER_PRIME;
      high = (high + low) % ADLER_PRIME;
    }
    flushed = end;
    onOutput(bytes);
  }

  function makeRoom(): void {
    if (end + MATCH_BYTES_MAX <= BUFFER_BYTES) return;
    flush();
    buffer.copyWithin(0, end - WINDOW_BYTES, end);
    end = WINDOW_BYTES;
    flushed = end;
  }

  return {
    put(byte: number): void {
      makeRoom();
      buffer[end] = byte;
      end += 1;
    },
    /** False where the distance reaches before the first byte. */
    copy(distance: number, length: number): boolean {
      if (distance > end) return false;
      makeRoom();
      for (let i = 0; i < length; i++) {
        buffer[end] = buffer[end - distance]!;
        end += 1;
      }
      return true;
    },
    flush,
    adler: () => ((high << 16) | low) >>> 0,
  };
}
