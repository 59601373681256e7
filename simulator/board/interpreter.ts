// Owns one boot of the interpreter: a fresh realm with the board's globals, the boot files from Storage in Espruino's order, typed lines,
// and what becomes of an error nobody caught: it is told to process's "uncaughtException", else printed, and the program lives on.
import { bytesToText } from "./bytes.ts";
import { createEmitters, type Emitters } from "./emitters.ts";
import { createEventLoop, type EventLoop } from "./event-loop.ts";
import { PowerCutError } from "./flash.ts";
import { exposeIo, exposePins } from "./globals-io.ts";
import { EVALUATE_LIMIT_MS, exposeSystem } from "./globals-system.ts";
import { type Chip, isFunction, type Program, type RestartRequest } from "./program.ts";
import { createPromiseClass } from "./promises.ts";
import { type Callable, createRealm, HaltError, type Realm, TIMEOUT_CODE } from "./realm.ts";
import { formatReply } from "./reply.ts";
import { exposeTimers } from "./timers.ts";
import { exposeWatches } from "./watches.ts";

export type BootRequest = { kind: "power" | "chip" } | RestartRequest;

export interface InterpreterOptions {
  chip: Chip;
  boot: BootRequest;
  onPowerCut(): void;
  /** A piece of code did not come back within the host's limit: the interpreter hangs from here on. */
  onHang(): void;
  /** Nothing is left to do for now. */
  onIdle(): void;
  /** Host time until code evaluated at a stroke counts as hanging. */
  evaluateLimitMs?: number;
  /** Put callbacks under that limit too, so that one that hangs hangs the board and not the host. */
  limitCallbacks?: boolean;
}

export interface Interpreter {
  /** Runs the boot files. Apart from the making, so that the board knows its interpreter before a program runs. */
  start(): void;
  /** Evaluates a line as typed at the console; `told` hears its value, as the prompt shows it, unless the line throws. */
  type(line: string, told?: (value: string) => void): void;
  /** Ends the program at once, wherever it is. */
  stop(): void;
}

export function createInterpreter(options: InterpreterOptions): Interpreter {
  return new RunningInterpreter(options);
}

class RunningInterpreter implements Interpreter {
  readonly #options: InterpreterOptions;
  readonly #chip: Chip;
  readonly #loop: EventLoop;
  readonly #realm: Realm;
  readonly #emitters: Emitters;
  #alive = true;

  constructor(options: InterpreterOptions) {
    const { chip } = options;
    this.#options = options;
    this.#chip = chip;
    this.#loop = createEventLoop({
      clock: chip.clock,
      onError: (thrown) => this.#fail(thrown),
      onIdle: options.onIdle,
      ...(options.limitCallbacks ? { call: (task) => this.#realm.callLimited(task, this.#limitMs()) } : {}),
    });
    this.#realm = createRealm({
      isAlive: () => this.#alive,
      onPowerCut: options.onPowerCut,
      systemTimeMs: () => Math.floor(chip.systemTimeMs()),
      random: () => chip.random.next(),
    });
    const toCallable = (value: unknown) => this.#toCallable(value);
    this.#emitters = createEmitters(this.#realm, this.#loop, toCallable);
    this.#furnish(toCallable);
  }

  start(): void {
    this.#loop.post(() => this.#boot());
  }

  type(line: string, told?: (value: string) => void): void {
    this.#loop.post(() => {
      const value = this.#evaluate(line, "REPL");
      // A line that resets the board has no value any more.
      if (this.#alive) told?.(formatReply(value));
    });
  }

  stop(): void {
    this.#alive = false;
    this.#loop.stop();
    this.#chip.pins.setEdgeListener(undefined);
    this.#chip.radio.setListener(undefined);
  }

  /** Everything a program finds. */
  #furnish(toCallable: Program["toCallable"]): void {
    const realm = this.#realm;
    const loop = this.#loop;
    const parts = { chip: this.#chip, realm, loop, emitters: this.#emitters, toCallable };
    const program: Program = { ...parts, ...exposePins(realm) };
    realm.global.Promise = createPromiseClass({ realm, loop, describe });
    exposeIo(program);
    exposeTimers(program);
    exposeWatches(program);
    exposeSystem(program);
  }

  #evaluate(code: string, fileName: string): unknown {
    return this.#realm.evaluate(code, fileName, this.#limitMs());
  }

  #limitMs(): number {
    return this.#options.evaluateLimitMs ?? EVALUATE_LIMIT_MS;
  }

  #toCallable(value: unknown): Callable | undefined {
    if (isFunction(value)) return value;
    return typeof value === "string" ? () => this.#evaluate(value, "callback") : undefined;
  }

  #boot(): void {
    const { boot: request } = this.#options;
    const isChipStart = request.kind === "power" || request.kind === "chip";
    if (isChipStart && this.#chip.storage.checkOrWipe()) this.#runFile(".bootPowerOn");
    for (const name of [".boot0", ".boot1", ".boot2", ".boot3"]) this.#runFile(name);
    const loaded = request.kind === "load" ? request.file : undefined;
    if (!this.#runFile(".bootrst") && request.kind !== "reset" && loaded === undefined) this.#runFile(".bootcde");
    this.#loop.post(() => {
      const { onInit, E } = this.#realm.global;
      if (isFunction(onInit)) onInit.call(undefined);
      this.#emitters.emit(E as object, "init");
    });
    if (loaded !== undefined) this.#runFile(loaded);
  }

  /** Each file by itself: an error in one does not keep the next from running. */
  #runFile(name: string): boolean {
    const file = this.#chip.storage.read(name);
    if (file !== undefined) this.#loop.post(() => this.#evaluate(bytesToText(file), name));
    return file !== undefined;
  }

  #fail(thrown: unknown): void {
    if (thrown instanceof HaltError || !this.#alive) return;
    if (thrown instanceof PowerCutError) {
      this.#options.onPowerCut();
    } else if ((thrown as { code?: unknown } | undefined)?.code === TIMEOUT_CODE) {
      this.stop();
      this.#options.onHang();
    } else {
      const uncaught = this.#tellProgram(thrown);
      if (uncaught !== undefined) this.#printUncaught(uncaught.thrown);
    }
  }

  /** What remains uncaught: the same where nobody listens, what the listener threw, or nothing. */
  #tellProgram(thrown: unknown): { thrown: unknown } | undefined {
    const process = this.#realm.global.process as object;
    try {
      return this.#emitters.call(process, "uncaughtException", thrown) ? undefined : { thrown };
    } catch (again) {
      return again instanceof HaltError ? undefined : { thrown: again };
    }
  }

  #printUncaught(thrown: unknown): void {
    this.#chip.console.print(`Uncaught ${describe(thrown)}`);
    const place = findPlace(thrown);
    if (place !== undefined) this.#chip.console.print(`    ${place}`);
  }
}

/** As the interpreter turns any value into a text; never throws. */
function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "[object Object]";
  }
}

/** Where in the program it happened, if the engine knows. */
function findPlace(thrown: unknown): string | undefined {
  const stack = typeof thrown === "object" && thrown !== null ? (thrown as { stack?: unknown }).stack : undefined;
  if (typeof stack !== "string") return undefined;
  const lines = stack.split("\n").map((line) => line.trim());
  return lines.find((line) => line.startsWith("at ") && !/node:|file:|\/simulator\/board\//.test(line));
}
