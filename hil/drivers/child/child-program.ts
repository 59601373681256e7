// Owns programs of this repository as children of the bench: started, listened to, ended. A child's standard input is the bench's hand on
// it: when the bench ends, however that happens, the input ends, and a program that was told to minds it.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";

export interface ChildOptions {
  /** For messages: "the cloud". */
  name: string;
  /** The repository. */
  root: string;
  /** Program and arguments, relative to the repository: "cloud/main.ts", "--migrate". */
  words: string[];
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  onLine?(line: string, source: "out" | "error"): void;
}

export interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildProgram {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it is gone and everything it said was read. */
  readonly ended: Promise<ChildEnd>;
  hasEnded(): boolean;
  /** What it said last, on either of its outputs. */
  lastLines(): string[];
  /** Its first line on standard output. @throws HilError "program-ended", "program-silent" */
  firstLine(withinMs: number): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after `patienceMs`; resolves when it is gone. */
  stop(patienceMs: number): Promise<void>;
}

const LINES_KEPT = 30;

class Child implements ChildProgram {
  readonly name: string;
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: string[] = [];
  readonly #onLine: ChildOptions["onLine"];
  readonly #first: Promise<string>;
  readonly #clock: Clock;
  #end: ChildEnd | undefined;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#onLine = options.onLine;
    this.#clock = options.clock;
    this.#process = spawn(process.execPath, ["--import", "tsx", ...options.words], {
      cwd: options.root,
      env: options.environment,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Writing to a child that is gone is no news: its end is.
    this.#process.stdin.on("error", () => undefined);
    const out = createInterface({ input: this.#process.stdout });
    this.#first = new Promise((resolve) => out.once("line", resolve));
    out.on("line", (line) => this.#keep(line, "out"));
    createInterface({ input: this.#process.stderr }).on("line", (line) => this.#keep(line, "error"));
    this.ended = new Promise((resolve) => {
      const end = (told: ChildEnd): void => {
        this.#end = told;
        resolve(told);
      };
      this.#process.once("error", (error) => {
        this.#keep(error.message, "error");
        end({ code: null, signal: null });
      });
      this.#process.once("close", (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  hasEnded(): boolean {
    return this.#end !== undefined;
  }

  lastLines(): string[] {
    return [...this.#lines];
  }

  async firstLine(withinMs: number): Promise<string> {
    const silent = new HilError("infrastructure", "program-silent", this.#tell(`said nothing within ${withinMs} ms`));
    const { promise: late, stop } = startTimeout(this.#clock, withinMs, silent);
    const gone = this.ended.then((): never => {
      throw new HilError("infrastructure", "program-ended", this.#tell("ended at its start"));
    });
    return Promise.race([this.#first, gone, late]).finally(stop);
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasEnded()) this.#process.kill(name);
  }

  async stop(patienceMs: number): Promise<void> {
    this.signal("SIGTERM");
    const forget = this.#clock.setTimer(patienceMs, () => this.signal("SIGKILL"));
    await this.ended;
    forget();
  }

  #keep(line: string, source: "out" | "error"): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    this.#onLine?.(line, source);
  }

  #tell(what: string): string {
    const last = this.#lines.slice(-5).join("\n  ") || "nothing";
    return `${this.name} ${what}; it said last:\n  ${last}`;
  }
}

function startTimeout(clock: Clock, ms: number, error: Error): { promise: Promise<never>; stop(): void } {
  let forget = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    forget = clock.setTimer(ms, () => reject(error));
  });
  return { promise, stop: () => forget() };
}

/** Never throws: a program that cannot be started has ended. */
export function startChild(options: ChildOptions): ChildProgram {
  return new Child(options);
}

/**
 * Run a program of ours to its end.
 * @returns its lines on standard output
 * @throws HilError "program-failed" with what it said last; "program-silent" beyond `withinMs`
 */
export async function runChild(options: ChildOptions, withinMs: number): Promise<string[]> {
  const lines: string[] = [];
  const child = startChild({
    ...options,
    onLine(line, source) {
      if (source === "out") lines.push(line);
      options.onLine?.(line, source);
    },
  });
  const words = `${options.name} (${options.words.join(" ")})`;
  const late = new HilError("infrastructure", "program-silent", `${words} did not end within ${withinMs} ms`);
  const { promise, stop } = startTimeout(options.clock, withinMs, late);
  const end = await Promise.race([child.ended, promise]).finally(async () => {
    stop();
    if (!child.hasEnded()) await child.stop(0);
  });
  if (end.code === 0) return lines;
  const said = child.lastLines().slice(-6).join("\n  ") || "nothing";
  throw new HilError(
    "infrastructure",
    "program-failed",
    `${words} ended with ${end.code ?? end.signal}; it said:\n  ${said}`,
  );
}
