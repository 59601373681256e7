// Owns how a person sees a flash job go on: one line that is redrawn where a terminal is there, a line for each region where none is.

export interface FlashProgress {
  tell(region: string, done: number, total: number): void;
  remark(text: string): void;
  /** The redrawn line goes. */
  end(): void;
}

export interface FlashProgressOptions {
  /** Pieces of text. */
  draw(text: string): void;
  writeLine(line: string): void;
  isTerminal: boolean;
  columns(): number | undefined;
}

const CLEAR_LINE = "\r\u001b[K";
const BAR_CHARS = 24;
const COLUMNS = 80;
const NAME_CHARS = 16;

export function createFlashProgress({ draw, writeLine, isTerminal, columns }: FlashProgressOptions): FlashProgress {
  let line = "";
  const clear = (): void => {
    if (line !== "") draw(CLEAR_LINE);
    line = "";
  };
  const say = (text: string): void => {
    const kept = line;
    clear();
    writeLine(text);
    if (kept !== "") draw(kept);
    line = kept;
  };
  return {
    tell(region, done, total) {
      if (done >= total) {
        clear();
        writeLine(`${region.padEnd(NAME_CHARS)}  ${printBytes(total).padStart(9)}  read back, right`);
      } else if (isTerminal) {
        line = drawBar(region, done, total).slice(0, (columns() ?? COLUMNS) - 1);
        draw(CLEAR_LINE + line);
      }
    },
    remark: say,
    end: clear,
  };
}

export function drawBar(region: string, done: number, total: number): string {
  const share = total === 0 ? 1 : done / total;
  const full = Math.floor(share * BAR_CHARS);
  const bar = "#".repeat(full) + ".".repeat(BAR_CHARS - full);
  return `${region.padEnd(NAME_CHARS)}  [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${printBytes(total)}`;
}

function printBytes(bytes: number): string {
  return bytes < 10_240 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KB`;
}
