// Owns how a board's bytes look to a person: the time before each line, secrets masked, and what is not yet a whole line shown as soon as the
// board pauses, since a prompt has no end.
import type { Clock } from "../clock.ts";

export interface ConsoleScreen {
  show(bytes: Uint8Array): void;
  /** Shows what is left. */
  end(): void;
}

export interface ConsoleScreenOptions {
  clock: Clock;
  /** Pieces of text, lines with their ends. */
  write(text: string): void;
  mask(text: string): string;
  /** Before each line. */
  hasTimes: boolean;
  /** Escape sequences go through, and prompts are shown. */
  isTerminal: boolean;
}

const PAUSE_MS = 40;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_PLAIN = /\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]/g;

export function createConsoleScreen(options: ConsoleScreenOptions): ConsoleScreen {
  const { clock, write, isTerminal } = options;
  // A letter of several bytes may be cut in two.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  let isAtStart = true;
  let forget = (): void => undefined;

  function put(text: string, isWhole: boolean): void {
    const time = options.hasTimes && isAtStart ? `${printTime(clock.date())}  ` : "";
    const shown = options.mask(isTerminal ? text : text.replaceAll(NOT_PLAIN, ""));
    write(time + shown + (isWhole ? "\n" : ""));
    isAtStart = isWhole;
  }

  function flush(): void {
    if (rest !== "") put(rest, false);
    rest = "";
  }

  return {
    show(bytes) {
      forget();
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) put(line, true);
      if (isTerminal && rest !== "") forget = clock.setTimer(PAUSE_MS, flush);
    },
    end() {
      forget();
      flush();
      if (!isAtStart) write("\n");
    },
  };
}

/** As the clock on the wall: 14:03:07.250. */
function printTime(date: Date): string {
  const two = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`;
}
