// A person at a terminal, or nobody, as a command of the bench is given them.
import { PassThrough } from "node:stream";

export interface PersonIo {
  io: {
    root: string;
    stateFolder: string;
    environment: NodeJS.ProcessEnv;
    owner: string;
    isTerminal: boolean;
    stdin: PassThrough & { setRawMode(isRaw: boolean): void };
    stdout: PassThrough & { columns: number };
    signal: AbortSignal;
    write(line: string): void;
    writeError(line: string): void;
  };
  out: string[];
  err: string[];
  /** What was drawn or passed on, beside lines. */
  screen(): string;
  type(text: string): void;
  isRaw(): boolean;
  interrupt(): void;
}

export function createPersonIo(given: { isTerminal?: boolean; root?: string; stateFolder?: string } = {}): PersonIo {
  const out: string[] = [];
  const err: string[] = [];
  const wish = new AbortController();
  let isRaw = false;
  let drawn = "";
  const setRawMode = (raw: boolean) => {
    isRaw = raw;
  };
  const stdin = Object.assign(new PassThrough(), { setRawMode });
  const stdout = Object.assign(new PassThrough(), { columns: 60 });
  stdout.on("data", (piece: Buffer) => {
    drawn += piece.toString();
  });
  return {
    io: {
      root: given.root ?? ".",
      stateFolder: given.stateFolder ?? "no-state",
      environment: {},
      owner: "kim@bench",
      isTerminal: given.isTerminal ?? false,
      ...{ stdin, stdout },
      signal: wish.signal,
      write: (line) => void out.push(line),
      writeError: (line) => void err.push(line),
    },
    ...{ out, err },
    screen: () => drawn,
    type: (text) => void stdin.write(text),
    isRaw: () => isRaw,
    interrupt: () => wish.abort(),
  };
}
