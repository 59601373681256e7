// Owns `hil console`: a person at a board's serial console. Where a terminal is there, keys go to the board as they are; where none is, the
// console is read alone.
import { join } from "node:path";
import { createWallClock } from "../clock.ts";
import { consolePassword } from "../drivers/console/order-text.ts";
import { openPort } from "../drivers/port/open-port.ts";
import type { Port } from "../drivers/port/port.ts";
import { EXIT, HilError } from "../error.ts";
import type { BoardResource } from "../resources/bench.ts";
import { readJsonFile, toFileName } from "../resources/state-folder.ts";
import { createMasker } from "../steps/masking.ts";
import { type AskIo, chooseTarget, openBenchFile } from "./choose-target.ts";
import type { CommandIo } from "./command-io.ts";
import { createConsoleScreen } from "./console-screen.ts";

export interface ConsoleFlags {
  bench?: string;
  /** A time before each line; yes unless told. */
  times?: boolean;
  /** Bits per second; 115200 unless told. */
  baud?: number;
  /** Ends after so many seconds, for scripts. */
  seconds?: number;
}

export interface ConsoleIo extends AskIo, Pick<CommandIo, "environment" | "stateFolder"> {
  stdin: NodeJS.ReadableStream & { setRawMode?(isRaw: boolean): unknown };
  stdout: NodeJS.WritableStream;
}

/** Ctrl-], as telnet and others have it. */
const LEAVE = 0x1d;

/** @returns the exit status @throws HilError */
export async function consoleCommand(typed: string | undefined, flags: ConsoleFlags, io: ConsoleIo): Promise<number> {
  const bench = openBenchFile(flags.bench, io);
  const { port: resource, board } = await chooseTarget({ typed, bench, io });
  const clock = createWallClock();
  const masker = createMasker();
  for (const secret of listSecrets(board, io)) masker.add(secret);
  const port = await openPort(resource, { clock });
  const screen = createConsoleScreen({
    clock,
    write: (text) => void io.stdout.write(text),
    mask: masker.apply,
    hasTimes: flags.times ?? true,
    isTerminal: io.isTerminal,
  });
  try {
    if (flags.baud !== undefined) await port.setBaudRate(flags.baud);
    port.onBytes((bytes) => screen.show(bytes));
    io.writeError(io.isTerminal ? `${port.name}: Ctrl-] ends` : `${port.name}: reading`);
    await talk(port, flags, io, (ms, fn) => clock.setTimer(ms, fn));
    return EXIT.passed;
  } finally {
    screen.end();
    await port.close();
  }
}

/** Until the person leaves. @throws HilError "port-gone" */
function talk(
  port: Port,
  flags: ConsoleFlags,
  io: ConsoleIo,
  setTimer: (ms: number, fn: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const finish = (error?: Error): void => {
      for (const stop of stops.splice(0)) stop();
      if (error === undefined) resolve();
      else reject(error);
    };
    const leave = (): void => finish();
    stops.push(port.onEnd((reason) => finish(lost(port, reason))));
    if (flags.seconds !== undefined) stops.push(setTimer(flags.seconds * 1_000, leave));
    if (io.signal.aborted) leave();
    io.signal.addEventListener("abort", leave, { once: true });
    stops.push(() => io.signal.removeEventListener("abort", leave));
    if (io.isTerminal) stops.push(passKeys(port, io, leave, finish));
  });
}

/** @returns how to give the terminal back */
function passKeys(port: Port, { stdin }: ConsoleIo, leave: () => void, fail: (error: Error) => void): () => void {
  const onKeys = (keys: Buffer | string): void => {
    const bytes = Buffer.from(keys);
    const end = bytes.indexOf(LEAVE);
    const passed = end < 0 ? bytes : bytes.subarray(0, end);
    if (passed.length > 0) port.write(passed).catch(fail);
    if (end >= 0) leave();
  };
  stdin.setRawMode?.(true);
  stdin.on("data", onKeys);
  stdin.on("end", leave);
  stdin.resume();
  return () => {
    stdin.removeListener("data", onKeys);
    stdin.removeListener("end", leave);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
}

function lost(port: Port, reason: string): HilError {
  const message = `The port ${port.name} is gone: ${reason}. Look at the cable and its power.`;
  return new HilError("infrastructure", "port-gone", message);
}

/** What this bench knows of the board that nobody shall read on a screen. */
function listSecrets(board: BoardResource | undefined, io: Pick<CommandIo, "stateFolder">): string[] {
  if (board === undefined) return [];
  const secrets = board.wifi === undefined ? [] : [board.wifi.password];
  const read = readJsonFile(join(io.stateFolder, "identities", `${toFileName(board.mac)}.json`));
  const key = typeof read === "object" && read !== null && "key" in read ? read.key : undefined;
  return typeof key === "string" ? [...secrets, key, consolePassword(key)] : secrets;
}
