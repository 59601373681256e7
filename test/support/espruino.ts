// Runs programs on the real interpreter, the Linux build of Espruino that ESPRUINO_BIN names: a script to its end, or a board booted from
// Storage. Each run has a folder of its own, which is the device (its flash is a file there). The interpreter ends by SIGKILL alone, and
// spins when its standard input ends: it is kept open, and the process we spawned is killed, no other.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import {
  flashInterpreter,
  type InterpreterBoard,
  spawnInterpreter,
  splitConsole,
  startInterpreterBoard,
  waitForEnd,
} from "../../firmware/image/interpreter.ts";
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
  const child = spawnInterpreter(bin, folder, ["script.js"], createProgramEnvironment());
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const signal = await waitForEnd(child);
  clearTimeout(timer);
  const lines = splitConsole(text);
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

/** Flashes the device in `folder` with a composed Storage partition; the rest of its flash is erased. */
export const flashEspruino = flashInterpreter;

export type EspruinoBoard = InterpreterBoard;

/**
 * Boots the device in `folder` as hardware does.
 * @param environment what it is told beside our own surroundings, as limits of memory and stack.
 */
export function startEspruinoBoard(
  bin: string,
  folder: string,
  environment: Record<string, string> = {},
): EspruinoBoard {
  return startInterpreterBoard(bin, folder, { ...createProgramEnvironment(), ...environment });
}
