// Owns `npm run hil` as a child process with a state folder of its own, for the tests that end it in every way.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createProgramEnvironment } from "../../support/config.ts";
import { eventually } from "../../support/eventually.ts";

const ROOT = path.join(import.meta.dirname, "../../..");

export interface RunProgram {
  child: ChildProcess;
  out(): string;
  err(): string;
  /** Waits until standard output holds it. */
  seen(text: string): Promise<void>;
  /** The exit status, or the signal's name. */
  ended(): Promise<number | string>;
}

export interface RunBench {
  stateFolder: string;
  start(words: string[]): RunProgram;
  /** What programs of this folder's runs live: boards, clouds, database servers. */
  listLeft(): string[];
  /** The folder of the one run there was. */
  findRun(): string;
  stop(): Promise<void>;
}

const PATIENCE_MS = 120_000;

export function createRunBench(): RunBench {
  const stateFolder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-run-"));
  const started: RunProgram[] = [];
  return {
    stateFolder,
    start(words) {
      const program = startProgram(words, stateFolder);
      started.push(program);
      return program;
    },
    listLeft: () => listProcesses(stateFolder),
    findRun() {
      const runs = path.join(stateFolder, "runs");
      return path.join(runs, fs.readdirSync(runs)[0] ?? "");
    },
    async stop() {
      for (const { child } of started) child.kill("SIGKILL");
      await eventually(() => listProcesses(stateFolder).filter((line) => !line.includes("postgres")).length === 0, {
        withinMs: 20_000,
        because: "boards and cloud end with their bench",
      });
      for (const line of listProcesses(stateFolder)) process.kill(Number(line.split(" ")[0]), "SIGQUIT");
      await eventually(() => listProcesses(stateFolder).length === 0, { withinMs: 20_000, because: "all have ended" });
      fs.rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** Told by the surroundings they were started in, which name the folder. */
function listProcesses(stateFolder: string): string[] {
  const lines = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && isOf(line.split(" ")[0] ?? "", stateFolder));
}

function isOf(pid: string, stateFolder: string): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, "utf8").includes(`TRAPLINE_HIL_STATE=${stateFolder}`);
  } catch {
    // It has ended meanwhile, or is somebody else's.
    return false;
  }
}

function startProgram(words: string[], stateFolder: string): RunProgram {
  const child = spawn(process.execPath, ["--import", "tsx", "hil/main.ts", ...words], {
    cwd: ROOT,
    env: { ...createProgramEnvironment(), TRAPLINE_HIL_STATE: stateFolder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => {
    out += String(data);
  });
  child.stderr.on("data", (data: Buffer) => {
    err += String(data);
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    out: () => out,
    err: () => err,
    async seen(text) {
      const probe = (): boolean => {
        if (out.includes(text)) return true;
        if (hasEnded()) throw new Error(`it has ended: ${out}${err}`);
        return false;
      };
      await eventually(probe, { withinMs: PATIENCE_MS, because: `the bench says "${text}"` });
    },
    async ended() {
      if (!hasEnded()) await once(child, "exit");
      return child.exitCode ?? child.signalCode ?? "unknown";
    },
  };
}
