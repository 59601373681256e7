// Runs one test file in a child process of its own and judges the process: results, exit code, time, what it leaves open.
// It leaves the choice of files and the summing up to runner.ts.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import type { CaseResult, ChildMessage, FileResult, PostgresMessage } from "./report.ts";

export interface RunFileOptions {
  /** Absolute; the child's working directory, and what file paths are relative to. */
  root: string;
  /** Unless the file asks for more. */
  limitMs: number;
  /** Asked at most once per file, when a test of it wants a database. */
  getPostgres(): Promise<PostgresMessage>;
  signal: AbortSignal;
}

/** After its exit: what keeps the child's output open, or lives on in its process group, was left behind by it. */
const LEFTOVER_GRACE_MS = 1_000;
const GROUP_POLL_MS = 50;

export async function runFile(file: string, options: RunFileOptions): Promise<FileResult> {
  const begin = performance.now();
  const result: FileResult = { file, cases: [], problems: [], output: "", ms: 0 };
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: options.root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own, so that whatever it started can be ended with it.
    detached: true,
  });
  const state = { answered: false };
  collectOutput(child, result);
  child.on("message", (message: ChildMessage) => {
    if (message.trapline === "result") {
      state.answered = true;
      result.cases = message.cases;
    } else if (message.trapline === "need-postgres") {
      void options.getPostgres().then((answer) => sendIfConnected(child, answer));
    } else if (message.trapline === "file-limit" && message.ms > options.limitMs) {
      clearTimeout(limit);
      limit = limitTime(message.ms);
    }
  });
  const onAbort = () => endGroup(child);
  options.signal.addEventListener("abort", onAbort);
  const limitTime = (ms: number) =>
    setTimeout(() => {
      result.problems.push(`did not end within ${ms} ms and was killed`);
      endGroup(child);
    }, ms);
  let limit = limitTime(options.limitMs);
  const exit = await waitForExit(child);
  clearTimeout(limit);
  await judgeLeftovers(child, exit.closed, result);
  options.signal.removeEventListener("abort", onAbort);
  judgeExit(exit, state.answered, result, options.signal.aborted);
  result.ms = Math.round(performance.now() - begin);
  return result;
}

function sendIfConnected(child: ChildProcess, message: PostgresMessage): void {
  if (child.connected) child.send(message);
}

function collectOutput(child: ChildProcess, result: FileResult): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      result.output += text;
    });
  }
}

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
  /** Settles when nobody holds the child's output any more. */
  closed: Promise<boolean>;
}

function waitForExit(child: ChildProcess): Promise<Exit> {
  const closed = new Promise<boolean>((resolve) => child.once("close", () => resolve(true)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, error, closed: Promise.resolve(true) }));
    child.once("exit", (code, signal) => resolve({ code, signal, closed }));
  });
}

async function judgeLeftovers(child: ChildProcess, closed: Promise<boolean>, result: FileResult): Promise<void> {
  const deadline = performance.now() + LEFTOVER_GRACE_MS;
  while (isGroupAlive(child) && performance.now() < deadline) await pause(GROUP_POLL_MS);
  if (isGroupAlive(child)) {
    result.problems.push("ended, but left a process running that it had started");
    endGroup(child);
  }
  const released = await Promise.race([closed, pause(LEFTOVER_GRACE_MS).then(() => false)]);
  if (released) return;
  result.problems.push("ended, but a process it had started still holds its output");
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function judgeExit(exit: Exit, answered: boolean, result: FileResult, aborted: boolean): void {
  const failed = result.cases.some((one: CaseResult) => one.outcome === "failed");
  if (aborted) result.problems.push("was interrupted");
  else if (exit.error) result.problems.push(`could not be run: ${exit.error.message}`);
  else if (!answered && result.problems.length === 0)
    result.problems.push(
      `gave no result (exit ${exit.code ?? exit.signal}): no suite, or it ended before its tests did`,
    );
  else if (exit.code !== 0 && !failed && result.problems.length === 0) {
    const leak = result.output.includes("LEAK:") ? ", since something was left open" : "";
    result.problems.push(`its tests passed, but it exited with ${exit.code ?? exit.signal}${leak}`);
  }
}

/** Linux tells zombies apart, which nobody reaps in a bare container; elsewhere a group that takes a signal is alive. */
function isGroupAlive(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
  } catch {
    return false;
  }
  return process.platform !== "linux" || listGroup(child.pid).length > 0;
}

function listGroup(group: number): number[] {
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(processGroup) === group && state !== "Z";
    } catch {
      return false; // it ended between the two reads
    }
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // no such group: it is already over, or the platform has none
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
