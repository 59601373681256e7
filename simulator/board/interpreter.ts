// Owns one boot of the interpreter: a fresh realm with the board's globals, the boot files from Storage in Espruino's order, typed lines,
// and what becomes of an error nobody caught: it is told to process's "uncaughtException", else printed, and the program lives on.
import { bytesToText } from "./bytes.ts";
import { createEmitters } from "./emitters.ts";
import { createEventLoop } from "./event-loop.ts";
import { PowerCutError } from "./flash.ts";
import { exposeIo, exposePins } from "./globals-io.ts";
import { EVALUATE_LIMIT_MS, exposeSystem } from "./globals-system.ts";
import { type Chip, isFunction, type Program, type RestartRequest } from "./program.ts";
import { createPromiseClass } from "./promises.ts";
import { type Callable, createRealm, HaltError, TIMEOUT_CODE } from "./realm.ts";
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
}

export interface Interpreter {
  /** Runs the boot files. Apart from the making, so that the board knows its interpreter before a program runs. */
  start(): void;
  /** Evaluates a line as typed at the console, whose echo is off: only what the program prints is heard. */
  type(line: string): void;
  /** Ends the program at once, wherever it is. */
  stop(): void;
}

export function createInterpreter(options: InterpreterOptions): Interpreter {
  const { chip } = options;
  let alive = true;

  const loop = createEventLoop({ clock: chip.clock, onError: (thrown) => fail(thrown), onIdle: options.onIdle });
  const realm = createRealm({
    isAlive: () => alive,
    onPowerCut: options.onPowerCut,
    systemTimeMs: () => Math.floor(chip.systemTimeMs()),
    random: () => chip.random.next(),
  });

  function evaluate(code: string, fileName: string): unknown {
    return realm.evaluate(code, fileName, options.evaluateLimitMs ?? EVALUATE_LIMIT_MS);
  }

  function toCallable(value: unknown): Callable | undefined {
    if (isFunction(value)) return value;
    return typeof value === "string" ? () => evaluate(value, "callback") : undefined;
  }

  function stop(): void {
    alive = false;
    loop.stop();
    chip.pins.setEdgeListener(undefined);
    chip.radio.setListener(undefined);
  }

  function fail(thrown: unknown): void {
    if (thrown instanceof HaltError || !alive) return;
    if (thrown instanceof PowerCutError) {
      options.onPowerCut();
    } else if ((thrown as { code?: unknown } | undefined)?.code === TIMEOUT_CODE) {
      stop();
      options.onHang();
    } else {
      const uncaught = tellProgram(thrown);
      if (uncaught !== undefined) printUncaught(uncaught.thrown);
    }
  }

  /** What remains uncaught: the same where nobody listens, what the listener threw, or nothing. */
  function tellProgram(thrown: unknown): { thrown: unknown } | undefined {
    try {
      return emitters.call(realm.global.process as object, "uncaughtException", thrown) ? undefined : { thrown };
    } catch (again) {
      return again instanceof HaltError ? undefined : { thrown: again };
    }
  }

  function printUncaught(thrown: unknown): void {
    chip.console.print(`Uncaught ${describe(thrown)}`);
    const place = findPlace(thrown);
    if (place !== undefined) chip.console.print(`    ${place}`);
  }

  const emitters = createEmitters(realm, loop, toCallable);
  const program: Program = { chip, realm, loop, emitters, toCallable, ...exposePins(realm) };
  realm.global.Promise = createPromiseClass({ realm, loop, describe });
  exposeIo(program);
  exposeTimers(program);
  exposeWatches(program);
  exposeSystem(program);

  /** Each file by itself: an error in one does not keep the next from running. */
  function runFile(name: string): boolean {
    const file = chip.storage.read(name);
    if (file !== undefined) loop.post(() => evaluate(bytesToText(file), name));
    return file !== undefined;
  }

  function boot(): void {
    const { boot: request } = options;
    const isChipStart = request.kind === "power" || request.kind === "chip";
    if (isChipStart && chip.storage.checkOrWipe()) runFile(".bootPowerOn");
    for (const name of [".boot0", ".boot1", ".boot2", ".boot3"]) runFile(name);
    const loaded = request.kind === "load" ? request.file : undefined;
    if (!runFile(".bootrst") && request.kind !== "reset" && loaded === undefined) runFile(".bootcde");
    loop.post(() => {
      const onInit = realm.global.onInit;
      if (isFunction(onInit)) onInit.call(undefined);
      emitters.emit(realm.global.E as object, "init");
    });
    if (loaded !== undefined) runFile(loaded);
  }

  return {
    start: () => loop.post(boot),
    type: (line) => loop.post(() => evaluate(line, "REPL")),
    stop,
  };
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
