// Owns the serial console of the board: lines out, typed lines in, the password that can stand between. Echo and prompt are off, as
// after a host's echo(0).
import type { ProgramConsole } from "./program.ts";

export interface BoardConsole {
  /** Called with every line, without its end; returns how to stop it. */
  onLine(fn: (line: string) => void): () => void;
  /** Keys; a line runs at its end. Ctrl-C forgets the line begun. */
  type(text: string): void;
}

export interface ConsoleParts {
  console: BoardConsole;
  program: ProgramConsole;
  /** As after a start of the chip. */
  reset(): void;
}

const CONTROL_C = "\x03";
/** A host sets it before a line that is not to be echoed. */
const NO_ECHO = "\x10";

export function createConsole(run: (line: string) => void): ConsoleParts {
  const listeners = new Set<(line: string) => void>();
  let typed = "";
  let device: string | null = "Serial1";
  let password: string | undefined;
  let locked = false;

  function print(text: string): void {
    if (device === null) return;
    for (const line of text.split(/\r?\n/)) for (const listener of [...listeners]) listener(line);
  }

  function enter(line: string): void {
    if (device === null || line === "") return;
    if (locked) {
      locked = line !== password;
      print(locked ? "Password incorrect!" : "Password OK!");
    } else {
      run(line);
    }
  }

  return {
    console: {
      onLine(fn) {
        listeners.add(fn);
        return () => void listeners.delete(fn);
      },
      type(text) {
        const lines = (typed + text.replaceAll(NO_ECHO, "")).split(/\r\n|\r|\n/);
        const kept = lines.map((line) => line.slice(line.lastIndexOf(CONTROL_C) + 1));
        typed = kept.pop() ?? "";
        for (const line of kept) enter(line);
      },
    },
    program: {
      print,
      setDevice(next) {
        device = next;
      },
      device: () => device,
      setPassword(next) {
        password = next;
      },
      lock() {
        locked = password !== undefined;
      },
    },
    reset() {
      typed = "";
      device = "Serial1";
      password = undefined;
      locked = false;
    },
  };
}
