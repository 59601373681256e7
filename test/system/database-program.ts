// Owns the database's commands as child processes, for the tests that read what they say, break them off, and answer them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createProgramEnvironment } from "../support/config.ts";
import { eventually } from "../support/eventually.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const END_WITHIN_MS = 30_000;

export interface Ended {
  status: number | null;
  out: string;
  err: string;
}

export interface RunningCommand {
  child: ChildProcess;
  /** Everything said so far, on both streams. */
  said(): string;
  /** Wait until it has said so. */
  seen(text: string): Promise<void>;
  ended(): Promise<Ended>;
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Typed into its standard input, which is none unless told. */
  input?: string;
}

/** Start any program without what our own surroundings would tell it about databases and production. */
export function startProgram(program: string, args: string[], options: CommandOptions = {}): RunningCommand {
  const { NODE_ENV: _mode, TRAPLINE_ENVIRONMENT: _environment, ...env } = createProgramEnvironment();
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout?.on("data", (data: Buffer) => {
    out += String(data);
  });
  child.stderr?.on("data", (data: Buffer) => {
    err += String(data);
  });
  child.stdin?.end(options.input);
  const closed = once(child, "close");
  return {
    child,
    said: () => out + err,
    async seen(text) {
      await eventually(() => (out + err).includes(text), { withinMs: END_WITHIN_MS, because: `it says "${text}"` });
    },
    async ended() {
      await closed;
      return { status: child.exitCode, out, err };
    },
  };
}

export function startCommand(args: string[], options: CommandOptions = {}): RunningCommand {
  return startProgram(process.execPath, ["--import", "tsx", path.join(ROOT, "bin/trapline.ts"), ...args], options);
}

/** Run it to its end, which has to be this one. */
export async function runCommand(status: number, args: string[], options: CommandOptions = {}): Promise<Ended> {
  const ended = await startCommand(args, options).ended();
  assert.is(ended.status, status, `${args.join(" ")}\n${ended.out}${ended.err}`);
  return ended;
}

/** The summary that a command with --json ends with, and the events before it. */
export function parseLines({ out }: Ended): { summary: Record<string, unknown>; events: Record<string, unknown>[] } {
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { summary: lines.at(-1) ?? {}, events: lines.slice(0, -1) };
}
