// Owns how bytes of a serial line become lines of text, whatever they are: a board sends noise when it is reset, the interpreter wipes and
// rewrites its prompt, names of networks are UTF-8. It never throws.

export interface ReadLine {
  /** As it came, for the contract's reader. */
  raw: string;
  /** As a terminal would show it: behind what was wiped, without prompt and control characters. */
  text: string;
}

/** What goes on without an end is noise, and is handed on in pieces. */
const LINE_BYTES_MAX = 4096;
const LINE_FEED = 10;
/** The interpreter wipes its prompt, and what is being typed behind it, with this before it prints. */
const ERASE = "\x1b[J";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** A reader that is handed pieces cut anywhere. */
export function createLineReader(): (piece: Uint8Array) => ReadLine[] {
  let rest: number[] = [];
  return (piece) => {
    const lines: ReadLine[] = [];
    for (const byte of piece) {
      if (byte !== LINE_FEED) rest.push(byte);
      if (byte !== LINE_FEED && rest.length < LINE_BYTES_MAX) continue;
      lines.push(readLine(Uint8Array.from(rest)));
      rest = [];
    }
    return lines;
  };
}

function readLine(bytes: Uint8Array): ReadLine {
  const raw = decode(bytes);
  return { raw, text: showLine(raw) };
}

/** What a terminal would show of it. */
export function showLine(raw: string): string {
  const shown = raw.split(ERASE).at(-1) ?? "";
  return shown.replaceAll(ESCAPES, "").replaceAll(CONTROLS, "").replace(/^>/, "").trimEnd();
}

/** Noise is no UTF-8; then every byte is a character, so that none is lost. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
