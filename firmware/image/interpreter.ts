// Owns running the real interpreter for Linux as a board: its flash is a file in a folder of its own, its console standard input and output.
// It ends by SIGKILL alone, and spins when its standard input ends: that is kept open, and the process spawned here is killed, no other.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import * as path from "node:path";
import { STORAGE_ADDRESS } from "../slots/slot-layout.ts";

/** The whole flash of the ESP32. */
const FLASH_BYTES = 0x400000;
const ESCAPE = String.fromCharCode(27);

/** Flashes the device in `folder` with a composed Storage partition; the rest of its flash is erased. */
export async function flashInterpreter(folder: string, storage: Uint8Array): Promise<void> {
  const flash = Buffer.alloc(FLASH_BYTES, 0xff);
  flash.set(storage, STORAGE_ADDRESS);
  await writeFile(path.join(folder, "espruino.flash"), flash);
}

export interface InterpreterBoard {
  /** Everything printed so far, prompts taken off. */
  readonly lines: readonly string[];
  /** Types a line into its console. */
  send(line: string): void;
  /** Cuts its power. */
  stop(): Promise<void>;
}

/** Boots the device in `folder` as hardware does: .boot0 and what it loads. @param environment the whole of it, limits included */
export function startInterpreterBoard(bin: string, folder: string, environment: NodeJS.ProcessEnv): InterpreterBoard {
  const child = spawnInterpreter(bin, folder, [], environment);
  const ended = waitForEnd(child);
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  return {
    get lines() {
      return splitConsole(text);
    },
    send: (line) => void child.stdin?.write(`${line}\n`),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The interpreter as a process; whoever starts it kills it. */
export function spawnInterpreter(
  bin: string,
  folder: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  return spawn(path.resolve(bin), args, { cwd: folder, env: environment, stdio: ["pipe", "pipe", "ignore"] });
}

/** The signal it ended by, or null. */
export function waitForEnd(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => resolve(signal));
  });
}

/** Without the prompts and the cursor movements of its console. */
export function splitConsole(text: string): string[] {
  const lines = text.split("\n").map((line) => {
    let bare = line.replaceAll("\r", "").replaceAll(`${ESCAPE}[J`, "");
    while (bare.startsWith(">")) bare = bare.slice(1);
    return bare;
  });
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
