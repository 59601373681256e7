// Owns the reading of SQL that has COPY blocks in it, chunk by chunk, wherever the chunks are cut. Pure, and it keeps no more
// than an unfinished line of SQL: rows pass through as they come, so that one row may be larger than the memory.
// States: `statements` (lines of SQL) -> a line `COPY ... FROM stdin;` -> `rows` -> the line `\.` -> `statements`.
import { decodeMark } from "./archive-text.ts";

export type Piece =
  /** One line of SQL, without its line feed. */
  | { kind: "line"; line: string }
  /** Where rows begin; the statement without its line feed. */
  | { kind: "copy"; statement: string }
  /** Bytes of rows as PostgreSQL takes them, perhaps cut within a row, and how many rows end in them. */
  | { kind: "rows"; bytes: Buffer; rows: number }
  | { kind: "copy-end" };

export interface CopyScanner {
  push(chunk: Buffer): Piece[];
  /** What was left unfinished; null at a clean end. */
  end(): "line" | "rows" | null;
}

const LINE_FEED = 10;
const COPY_LINE = /^COPY .* FROM stdin;$/;
const ROWS_END = Buffer.from("\\.\n");
const ROWS_END_INSIDE = Buffer.from("\n\\.\n");

interface State {
  rest: Buffer;
  inRows: boolean;
  /** In rows: whether the next byte begins a line. */
  atLineStart: boolean;
  copyExpected: boolean;
}

export interface CopyScannerOptions {
  /** True for a backup's text: a line that looks like COPY is one in the section `data` alone, elsewhere it may be a function's. */
  sections: boolean;
}

export function createCopyScanner(options: CopyScannerOptions): CopyScanner {
  const state: State = { rest: Buffer.alloc(0), inRows: false, atLineStart: true, copyExpected: !options.sections };
  return {
    push(chunk) {
      state.rest = state.rest.length === 0 ? chunk : Buffer.concat([state.rest, chunk]);
      const pieces: Piece[] = [];
      for (;;) {
        const taken = state.inRows ? takeRows(state) : takeLine(state, options);
        pieces.push(...taken.pieces);
        if (!taken.more) return pieces;
      }
    },
    end: () => (state.inRows ? "rows" : state.rest.length > 0 ? "line" : null),
  };
}

interface Taken {
  pieces: Piece[];
  /** False: nothing more to be had before the next chunk. */
  more: boolean;
}

function takeLine(state: State, options: CopyScannerOptions): Taken {
  const end = state.rest.indexOf(LINE_FEED);
  if (end < 0) return { pieces: [], more: false };
  const line = state.rest.toString("utf8", 0, end);
  state.rest = state.rest.subarray(end + 1);
  if (state.copyExpected && COPY_LINE.test(line)) {
    state.inRows = true;
    state.atLineStart = true;
    return { pieces: [{ kind: "copy", statement: line }], more: true };
  }
  const section = options.sections ? decodeMark(line) : null;
  if (section !== null) state.copyExpected = section === "data";
  return { pieces: [{ kind: "line", line }], more: true };
}

function takeRows(state: State): Taken {
  const { rest } = state;
  if (rest.length === 0) return { pieces: [], more: false };
  if (state.atLineStart) {
    if (rest.length < ROWS_END.length && rest.equals(ROWS_END.subarray(0, rest.length)))
      return { pieces: [], more: false };
    if (rest.subarray(0, ROWS_END.length).equals(ROWS_END)) {
      state.rest = rest.subarray(ROWS_END.length);
      state.inRows = false;
      return { pieces: [{ kind: "copy-end" }], more: true };
    }
  }
  const end = rest.indexOf(ROWS_END_INSIDE);
  const length = end >= 0 ? end + 1 : rest.length - countHeld(rest);
  const bytes = rest.subarray(0, length);
  state.rest = rest.subarray(length);
  state.atLineStart = bytes[length - 1] === LINE_FEED;
  if (length === 0) return { pieces: [], more: false };
  return { pieces: [{ kind: "rows", bytes, rows: countRows(bytes) }], more: end >= 0 };
}

/** Bytes after the last line feed that may become the end of the rows. */
function countHeld(rest: Buffer): number {
  for (let held = ROWS_END.length - 1; held > 0; held -= 1) {
    const begin = rest.length - held;
    if (rest[begin - 1] === LINE_FEED && rest.subarray(begin).equals(ROWS_END.subarray(0, held))) return held;
  }
  return 0;
}

/** Every row ends with a line feed, and has none inside. */
export function countRows(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
