// Owns the two streams a command writes to and the person it may ask: whole lines, one live line that is replaced as work goes on, and
// a question. A reader that has gone away (`| head -1`) is no error.
import { createInterface } from "node:readline";

export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  /** Replaces the live line; an empty text removes it. Nothing happens where nobody watches. */
  live(text: string): void;
  /** Which of the two streams shows colours. */
  colour: { out: boolean; err: boolean };
  /** Whether a person is there to answer. */
  canAsk: boolean;
  /** The line that was typed; null when the input ended, or the person broke it off. */
  ask(question: string, signal: AbortSignal): Promise<string | null>;
}

export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

const COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[K";

/** @param colour false where the person wants none */
export function createTerminal({ stdin, stdout, stderr }: Streams, colour: boolean): Terminal {
  const gone = new Set<NodeJS.WriteStream>();
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      gone.add(stream);
    });
  }
  let live = "";
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (!gone.has(stream)) stream.write(text);
  };
  const hide = (): void => {
    if (live !== "") write(stderr, CLEAR_LINE);
  };
  const line = (stream: NodeJS.WriteStream, text: string): void => {
    hide();
    write(stream, `${text}\n`);
    if (live !== "") write(stderr, live);
  };
  return {
    colour: { out: colour && stdout.isTTY === true, err: colour && stderr.isTTY === true },
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    out: (text) => line(stdout, text),
    err: (text) => line(stderr, text),
    live(text) {
      if (!stderr.isTTY) return;
      hide();
      live = text.slice(0, (stderr.columns || COLUMNS) - 1);
      write(stderr, live);
    },
    async ask(question, signal) {
      hide();
      live = "";
      write(stderr, question);
      const answer = await readLine(stdin, signal);
      if (answer === null) write(stderr, "\n");
      return answer;
    },
  };
}

/** The terminal stays as it is, line by line, so that Ctrl-C is a signal and not a letter. */
function readLine(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, terminal: false });
    const end = (answer: string | null): void => {
      signal.removeEventListener("abort", onAbort);
      resolve(answer);
      lines.close();
    };
    const onAbort = (): void => end(null);
    signal.addEventListener("abort", onAbort);
    lines.once("line", end);
    lines.once("close", () => end(null));
    if (signal.aborted) end(null);
  });
}
