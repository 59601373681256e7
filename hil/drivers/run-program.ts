// Owns programs of others that are run to their end: no shell, a limit in time, and the end of what they said. Long-lived children are
// drivers/virtual's and drivers/cloud's.
import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../clock.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramOptions {
  clock: Clock;
  timeoutMs: number;
  /** What it finds its own programs by; that of this process unless told. */
  environment?: Environment;
}

/** `missing`: there is no such program, or it may not be run. `timeout`: it was ended, with all it had started. */
export type ProgramEnd =
  | { kind: "exited"; status: number; output: string }
  | { kind: "killed"; signal: string; output: string }
  | { kind: "timeout"; output: string }
  | { kind: "missing"; reason: string };

const TAIL_CHARS = 2_000;

/** Never throws. `output` is the end of standard output and standard error together. */
export function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      ...(options.environment && { env: options.environment }),
    });
    let output = "";
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-TAIL_CHARS);
      });
    const forget = options.clock.setTimer(options.timeoutMs, () => {
      timedOut = true;
      killGroup(child);
    });
    child.once("error", (thrown: NodeJS.ErrnoException) => {
      forget();
      resolve({ kind: "missing", reason: thrown.code === "ENOENT" ? "there is no such program" : thrown.message });
    });
    child.once("close", (status, signal) => {
      forget();
      if (timedOut) resolve({ kind: "timeout", output: output.trim() });
      else if (signal !== null) resolve({ kind: "killed", signal, output: output.trim() });
      else resolve({ kind: "exited", status: status ?? 0, output: output.trim() });
    });
  });
}

/** A script's own children hold its output open, so they go with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/** How it ended, in words for a message. */
export function printEnd(end: ProgramEnd): string {
  if (end.kind === "missing") return end.reason;
  const said = end.output === "" ? "it said nothing" : `it said: ${end.output.split("\n").slice(-5).join(" / ")}`;
  if (end.kind === "timeout") return `it did not end in time and was stopped; ${said}`;
  if (end.kind === "killed") return `it was ended by ${end.signal}; ${said}`;
  return `it ended with status ${end.status}; ${said}`;
}
