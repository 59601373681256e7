// Runs programs on the real interpreter, the Linux build of Espruino that ESPRUINO_BIN names: a script to its end, or a board booted from
// Storage. Each run has a folder of its own, which is the device (its flash is a file there). The interpreter ends by SIGKILL alone, and
// spins when its standard input ends: it is kept open, and the process we spawned is killed, no other.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createProgramEnvironment, parseTestConfig } from "./config.ts";
import { skip } from "./suite.ts";

/** The interpreter to use; without one the running test ends as skipped, and says why. */
export function getEspruino(): string {
  const { espruinoBin } = parseTestConfig();
  return espruinoBin ?? skip("ESPRUINO_BIN names no interpreter");
}

export interface EspruinoRun {
  /** What the script printed, without the interpreter's greeting. */
  lines: string[];
  /** It ended by itself: nothing was left to do, or quit() was called. */
  ended: boolean;
}

const BEGIN = "---begin---";

/** Runs one script from memory until no timer is left, at most `limitMs`. */
export async function runOnEspruino(bin: string, script: string, limitMs = 5_000): Promise<EspruinoRun> {
  const folder = await mkdtemp(path.join(tmpdir(), "trapline-espruino-"));
  try {
    return await runInFolder(bin, folder, script, limitMs);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runInFolder(bin: string, folder: string, script: string, limitMs: number): Promise<EspruinoRun> {
  await writeFile(path.join(folder, "script.js"), `echo(0);print("${BEGIN}");\n${script}`, "latin1");
  const child = startProcess(bin, folder, ["script.js"]);
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const signal = await waitForEnd(child);
  clearTimeout(timer);
  const lines = splitLines(text);
  return { lines: lines.slice(lines.indexOf(BEGIN) + 1), ended: signal === null };
}

/** Puts files into the Storage of the device in `folder`, bytes as they are. */
export async function installOnEspruino(bin: string, folder: string, files: Record<string, string>): Promise<void> {
  // In pieces, since a whole bundle does not fit into the device's memory.
  let script = `var s=require("Storage");
function put(name,upload,size){var f=E.openFile(upload,"r"),at=0,d;while(at<size&&(d=f.read(1024))){s.write(name,d,at,size);at+=d.length}f.close()}
`;
  for (const [index, [name, content]] of Object.entries(files).entries()) {
    await writeFile(path.join(folder, `upload-${index}`), content, "latin1");
    script += `put(${JSON.stringify(name)},"upload-${index}",${content.length});`;
  }
  const run = await runInFolder(bin, folder, `${script}print("installed")`, 10_000);
  if (!run.lines.includes("installed")) throw new Error(`the files were not installed: ${run.lines.join("\n")}`);
}

/** The whole flash of the ESP32, and where the interpreter's Storage lies in it. */
const FLASH_BYTES = 0x400000;
const STORAGE_ADDRESS = 0x320000;

/** Flashes the device in `folder` with a composed Storage partition; the rest of its flash is erased. */
export async function flashEspruino(folder: string, storage: Uint8Array): Promise<void> {
  const flash = Buffer.alloc(FLASH_BYTES, 0xff);
  flash.set(storage, STORAGE_ADDRESS);
  await writeFile(path.join(folder, "espruino.flash"), flash);
}

export interface EspruinoBoard {
  /** Everything printed so far, prompts taken off. */
  readonly lines: readonly string[];
  /** Types a line into its console. */
  send(line: string): void;
  /** Cuts its power. */
  stop(): Promise<void>;
}

/**
 * Boots the device in `folder` as hardware does: .boot0 and what it loads, its console on standard input and output.
 * @param environment what it is told beside our own surroundings, as limits of memory and stack.
 */
export function startEspruinoBoard(
  bin: string,
  folder: string,
  environment: Record<string, string> = {},
): EspruinoBoard {
  const child = startProcess(bin, folder, [], environment);
  const ended = waitForEnd(child);
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  return {
    get lines() {
      return splitLines(text);
    },
    send: (line) => void child.stdin?.write(`${line}\n`),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function startProcess(bin: string, folder: string, args: string[], environment = {}): ChildProcess {
  const env = { ...createProgramEnvironment(), ...environment };
  return spawn(path.resolve(bin), args, { cwd: folder, env, stdio: ["pipe", "pipe", "ignore"] });
}

function waitForEnd(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => resolve(signal));
  });
}

const ESCAPE = String.fromCharCode(27);

/** Without the prompts and the cursor movements of its console. */
function splitLines(text: string): string[] {
  const lines = text.split("\n").map((line) => {
    let bare = line.replaceAll("\r", "").replaceAll(`${ESCAPE}[J`, "");
    while (bare.startsWith(">")) bare = bare.slice(1);
    return bare;
  });
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
