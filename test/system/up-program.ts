// Owns `trapline up` as a child process, for the tests that kill it, stop it and read what it tells.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { ensureStoryFirmwares } from "../../bin/up/firmware.ts";
import { createProgramEnvironment } from "../support/config.ts";
import { eventually } from "../support/eventually.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface UpProgram {
  child: ChildProcess;
  /** Everything on standard output and on standard error so far. */
  out(): string;
  err(): string;
  /** The JSON lines told so far. */
  steps(): Record<string, unknown>[];
  /** Wait until standard output or error holds `text`. */
  seen(text: string, withinMs: number): Promise<void>;
  /** Wait for the end; the exit status, or the signal's name. */
  ended(withinMs: number): Promise<number | string>;
}

/** Start `trapline up` on free ports with the embedded PostgreSQL, whatever the surroundings say. */
function startUp(args: string[], account: { uid?: number; gid?: number } = {}): UpProgram {
  const ports = ["--page-port", "0", "--api-port", "0", "--mqtt-port", "0", "--simulator-port", "0"];
  const child = spawn(process.execPath, ["--import", "tsx", "bin/trapline.ts", "up", ...ports, ...args], {
    cwd: ROOT,
    env: createProgramEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    ...account,
  });
  let out = "";
  let err = "";
  child.stdout?.on("data", (data: Buffer) => {
    out += String(data);
  });
  child.stderr?.on("data", (data: Buffer) => {
    err += String(data);
  });
  return {
    child,
    out: () => out,
    err: () => err,
    steps: () =>
      out
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async seen(text, withinMs) {
      const probe = (): boolean => {
        if (child.exitCode !== null && !(out + err).includes(text)) throw new Error(`it ended: ${out}${err}`);
        return (out + err).includes(text);
      };
      await eventually(probe, { withinMs, because: `up says "${text}"` });
    },
    async ended(withinMs) {
      if (child.exitCode === null && child.signalCode === null) {
        await Promise.race([
          once(child, "exit"),
          eventually(() => child.exitCode !== null || child.signalCode !== null, {
            withinMs,
            because: `up ends; it said:\n${out}${err}`,
          }),
        ]);
      }
      return child.exitCode ?? child.signalCode ?? "unknown";
    },
  };
}

export const STEPS = [
  ...["bundle", "database", "broker", "api", "trap-booted", "claiming-window", "claimed", "credentials", "online"],
  ...["sprung", "alert", "acknowledged", "rearmed", "resolved", "unsigned-refused", "update-offered"],
  ...["update-verified", "update-booted", "update-confirmed", "done"],
];
export const STORY_MS = 150_000;

export interface UpBench {
  /** For data folders; gone at the end. */
  folder: string;
  start(args: string[], account?: { uid: number; gid: number }): UpProgram;
  /** End what still runs, remove what it wrote. */
  stop(): Promise<void>;
}

export function createUpBench(): UpBench {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-up-"));
  const started: UpProgram[] = [];
  return {
    folder,
    start(args, account) {
      const program = startUp(args, account);
      started.push(program);
      return program;
    },
    async stop() {
      for (const program of started) {
        if (program.child.exitCode !== null || program.child.signalCode !== null) continue;
        program.child.kill("SIGTERM");
        await program.ended(15_000);
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the tests keep what takes long to build and to sign. */
const KEPT_FIRMWARE = path.join(ROOT, ".trapline", "firmware");

/**
 * Give a data folder the story's firmwares as an earlier start would have left them, since building and signing both takes longer than the
 * whole story; up-story.test.ts begins with nothing.
 */
export async function seedFirmware(dataFolder: string, owner?: { uid: number; gid: number }): Promise<void> {
  await ensureStoryFirmwares(ROOT, KEPT_FIRMWARE);
  const folder = path.join(dataFolder, "firmware");
  fs.cpSync(KEPT_FIRMWARE, folder, { recursive: true });
  if (owner === undefined) return;
  const inside = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of ["..", ".", ...inside]) fs.chownSync(path.join(folder, name), owner.uid, owner.gid);
}

/** The number of the server's process, as the server itself wrote it down. */
export function readPostmaster(dir: string): number {
  const files = fs.readdirSync(dir, { recursive: true, encoding: "utf8" });
  const file = files.find((name) => path.basename(name) === "postmaster.pid");
  assert.ok(file, "there is a postmaster.pid");
  return Number.parseInt(fs.readFileSync(path.join(dir, file), "utf8"), 10);
}

/** The steps of a program that must end well, with every step told in order. */
export async function getWholeStory(program: UpProgram): Promise<Record<string, unknown>[]> {
  const status = await program.ended(STORY_MS);
  assert.is(status, 0, `${program.out()}${program.err()}`);
  const steps = program.steps();
  assert.equal(
    steps.map((step) => step.step),
    STEPS,
  );
  for (const step of steps) assert.type(step.ms, "number", JSON.stringify(step));
  return steps;
}
