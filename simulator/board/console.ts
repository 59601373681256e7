// Owns the serial console of the board by whole lines: printed lines out, typed lines in, the password that can stand between. What a
// terminal sees of it byte by byte, echo and prompt, is simulator/serial/terminal.ts's.
import type { ProgramConsole } from "./program.ts";

export interface BoardConsole {
  /** Called with every line, without its end; returns how to stop it. */
  onLine(fn: (line: string) => void): () => void;
  /** Keys, as after a host's echo(0); a line runs at its end. Ctrl-C forgets the line begun. */
  type(text: string): void;
  /** One whole line for the program, past any password; `told` hears its value unless it throws. */
  evaluate(line: string, told: (value: string) => void): void;
  /** Whether this line is the console at all, shows what is typed, and wants the password first. */
  mode(): ConsoleMode;
  /** Whether it opened. */
  unlock(password: string): boolean;
  /** Called with `greet` when the interpreter begins, with `rest` each time it has nothing left to do. Returns how to stop it. */
  onMoment(fn: (moment: ConsoleMoment) => void): () => void;
}

export interface ConsoleMode {
  isOpen: boolean;
  hasEcho: boolean;
  isLocked: boolean;
}

export type ConsoleMoment = "greet" | "rest";

export interface ConsoleParts {
  console: BoardConsole;
  program: ProgramConsole;
  /** The interpreter begins. */
  greet(): void;
  /** Its idle moment. */
  rest(): void;
  /** As after a start of the chip. */
  reset(): void;
}

const CONTROL_C = "\x03";
/** A host sets it before a line that is not to be echoed. */
const NO_ECHO = "\x10";

type Run = (line: string, told?: (value: string) => void) => void;

export function createConsole(run: Run): ConsoleParts {
  return new LineConsole(run);
}

class LineConsole implements ConsoleParts, BoardConsole {
  readonly console: BoardConsole = this;
  readonly program: ProgramConsole;
  readonly #run: Run;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #moments = new Set<(moment: ConsoleMoment) => void>();
  #typed = "";
  #device: string | null = "Serial1";
  #hasEcho = true;
  #password: string | undefined;
  #isLocked = false;

  constructor(run: Run) {
    this.#run = run;
    this.program = {
      print: (text) => this.#print(text),
      setDevice: (next) => {
        this.#device = next;
      },
      device: () => this.#device,
      setEcho: (on) => {
        this.#hasEcho = on;
      },
      setPassword: (next) => {
        this.#password = next;
      },
      lock: () => {
        this.#isLocked = this.#password !== undefined;
      },
    };
  }

  onLine(fn: (line: string) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  onMoment(fn: (moment: ConsoleMoment) => void): () => void {
    this.#moments.add(fn);
    return () => void this.#moments.delete(fn);
  }

  type(text: string): void {
    const lines = (this.#typed + text.replaceAll(NO_ECHO, "")).split(/\r\n|\r|\n/);
    const kept = lines.map((line) => line.slice(line.lastIndexOf(CONTROL_C) + 1));
    this.#typed = kept.pop() ?? "";
    for (const line of kept) this.#enter(line);
  }

  evaluate(line: string, told: (value: string) => void): void {
    if (this.#device !== null && line !== "") this.#run(line, told);
  }

  mode(): ConsoleMode {
    return { isOpen: this.#device !== null, hasEcho: this.#hasEcho, isLocked: this.#isLocked };
  }

  unlock(password: string): boolean {
    this.#isLocked &&= password !== this.#password;
    return !this.#isLocked;
  }

  greet(): void {
    for (const moment of [...this.#moments]) moment("greet");
  }

  rest(): void {
    for (const moment of [...this.#moments]) moment("rest");
  }

  reset(): void {
    this.#typed = "";
    this.#device = "Serial1";
    this.#hasEcho = true;
    this.#password = undefined;
    this.#isLocked = false;
  }

  #print(text: string): void {
    if (this.#device === null) return;
    for (const line of text.split(/\r?\n/)) for (const listener of [...this.#listeners]) listener(line);
  }

  #enter(line: string): void {
    if (this.#device === null || line === "") return;
    if (this.#isLocked) this.#print(this.unlock(line) ? "Password OK!" : "Password incorrect!");
    else this.#run(line);
  }
}
