// Owns what a terminal sees of the interpreter, byte by byte: greeting, prompt, echo, the erasing of a line begun when the program prints,
// the value of a line, the password. It behaves as the real one was seen to; history, cursor keys and uploads of packets are not doubled.
import type { Board } from "../board/board.ts";
import { countOpenBrackets } from "./brackets.ts";

export interface Terminal {
  /** Keys, a character per byte. */
  receive(keys: string): void;
  /** As after a start of the chip: what was begun is forgotten. */
  reset(): void;
  stop(): void;
}

export interface TerminalOptions {
  board: Board;
  /** A character per byte. */
  send(text: string): void;
}

const GREETING = `\x1b[?7l
 ____                 _ 
|  __|___ ___ ___ _ _|_|___ ___ 
|  __|_ -| . |  _| | | |   | . |
|____|___|  _|_| |___|_|_|_|___|
         |_| espruino.com
 2v29 (c) 2026 G.Williams

Espruino is Open Source. Our work is supported
only by sales of official boards and donations:
http://espruino.com/Donate

`.replaceAll("\n", "\r\n");
/** Files of Storage that stand for a program of the board's own: then there is no greeting. */
const PROGRAM_FILES = [".varimg", ".bootcde", ".bootrst"];
const PASSWORD_CHARS_MAX = 20;
const LINE_CHARS_MAX = 4096;

const CONTROL_C = "\x03";
const ENQUIRY = "\x05";
const NO_ECHO = "\x10";
const ESCAPE = "\x1b";
const BACKSPACES = ["\b", "\x7f"];
/** To the start of what was typed, then to the margin, then everything behind is erased. */
const ERASE = "\r\x1b[J";

export function createTerminal(options: TerminalOptions): Terminal {
  return new EspruinoTerminal(options);
}

class EspruinoTerminal implements Terminal {
  readonly #board: Board;
  readonly #send: (text: string) => void;
  readonly #unsubscribe: (() => void)[];
  #line = "";
  /** Neither prompt nor line stand on the terminal now. */
  #isRemoved = true;
  /** The line that is being typed began with the character for it. */
  #isQuiet = false;
  /** The prompt comes back after the line, and not within it. */
  #isEvaluating = false;
  #wantsGreeting = false;
  #lastKey = "";
  /** Of a cursor key that is swallowed. */
  #escape: "none" | "begun" | "sequence" = "none";

  constructor({ board, send }: TerminalOptions) {
    this.#board = board;
    this.#send = send;
    this.#unsubscribe = [
      board.console.onLine((line) => this.#print(`${line}\r\n`)),
      board.console.onMoment((moment) => {
        if (moment === "greet") this.#wantsGreeting = true;
        else this.#rest();
      }),
    ];
  }

  receive(keys: string): void {
    for (const key of keys) this.#press(key);
    // The interpreter comes by its idle moment between two arrivals.
    this.#rest();
  }

  reset(): void {
    this.#line = "";
    this.#isRemoved = true;
    this.#isQuiet = false;
    this.#escape = "none";
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #press(key: string): void {
    const last = this.#lastKey;
    this.#lastKey = key;
    if (this.#board.state() !== "running" || !this.#board.console.mode().isOpen) return;
    if (this.#board.console.mode().isLocked) this.#pressLocked(key);
    else if (!this.#swallowsEscape(key) && !(key === "\n" && last === "\r")) this.#pressOpen(key);
  }

  #pressOpen(key: string): void {
    if (key === "\r" || key === "\n") this.#enter();
    else if (key === CONTROL_C) this.#forget();
    else if (key === NO_ECHO) this.#isQuiet ||= this.#line === "";
    else if (key === ENQUIRY) this.#tellVersion();
    else if (BACKSPACES.includes(key)) this.#deleteLast();
    else if (key === "\t") this.#append("    ");
    else if (key >= " ") this.#append(key);
  }

  #pressLocked(key: string): void {
    if (key !== "\r" && key !== "\n") {
      if (this.#line.length < PASSWORD_CHARS_MAX) this.#line += key;
      return;
    }
    const isOpen = this.#board.console.unlock(this.#line);
    this.#line = "";
    this.#isRemoved = isOpen;
    this.#send(isOpen ? "\r\n  Logged in.\r\n" : "\r\n  Invalid password\r\npassword>");
  }

  #swallowsEscape(key: string): boolean {
    const state = this.#escape;
    if (key === ESCAPE) this.#escape = "begun";
    else if (state === "begun") this.#escape = key === "[" || key === "O" ? "sequence" : "none";
    else if (state === "sequence" && !/[0-9;]/.test(key)) this.#escape = "none";
    return state !== "none" || key === ESCAPE;
  }

  #enter(): void {
    if (countOpenBrackets(this.#line) > 0) {
      if (this.#isShown()) this.#send("\r\n:");
      this.#line += "\n";
      return;
    }
    if (this.#isShown()) this.#send("\r\n");
    if (!this.#isQuiet) this.#isRemoved = true;
    const line = this.#line.trimEnd();
    this.#line = "";
    this.#isEvaluating = true;
    this.#board.console.evaluate(line, (value) => {
      if (this.#hasEcho()) this.#send(`=${value}\r\n`);
    });
    this.#isEvaluating = false;
    this.#isQuiet = false;
  }

  #forget(): void {
    if (this.#line === "") return;
    this.#remove();
    this.#line = "";
  }

  #tellVersion(): void {
    if (this.#line === "") this.#send("Espruino 2v29 ESP32\r\n");
  }

  #deleteLast(): void {
    if (this.#line === "" || this.#line.endsWith("\n")) return;
    this.#line = this.#line.slice(0, -1);
    if (this.#isShown()) this.#send("\b \b");
  }

  #append(text: string): void {
    if (this.#line.length + text.length > LINE_CHARS_MAX) return;
    this.#line += text;
    if (this.#isShown()) this.#send(text);
  }

  #print(text: string): void {
    this.#remove();
    this.#send(text);
  }

  #remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    if (!this.#hasEcho()) return;
    const rows = this.#line.split("\n");
    const columns = rows.at(-1)?.length ?? 0;
    this.#send("\x1b[D".repeat(columns) + "\x1b[A".repeat(rows.length - 1) + ERASE);
  }

  /** Prompt and line come back when there is nothing else to do. */
  #rest(): void {
    const { isOpen, isLocked } = this.#board.console.mode();
    if (!isOpen || this.#isEvaluating || this.#board.state() !== "running") return;
    if (this.#wantsGreeting) this.#greet();
    if (!this.#isRemoved) return;
    this.#isRemoved = false;
    if (!this.#hasEcho()) return;
    this.#send(`${isLocked ? "password" : ""}>${isLocked ? "" : this.#line.replaceAll("\n", "\r\n:")}`);
  }

  #greet(): void {
    this.#wantsGreeting = false;
    this.#isRemoved = true;
    if (!this.#hasEcho()) return;
    const hasProgram = PROGRAM_FILES.some((name) => this.#board.storage.read(name) !== undefined);
    this.#send(hasProgram ? "\r\n" : GREETING);
  }

  #hasEcho(): boolean {
    return !this.#isQuiet && this.#board.console.mode().hasEcho;
  }

  #isShown(): boolean {
    return this.#hasEcho() && !this.#isRemoved && !this.#board.console.mode().isLocked;
  }
}
