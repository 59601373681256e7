// Owns the knowledge of a running PostgreSQL server by its data folder: what postmaster.pid says, whether the process
// behind the number really is that server, and how to end it. Starting one is embedded.ts.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

export interface Postmaster {
  pid: number;
  port: number;
  /** In seconds since 1970; with the number of the process it tells one server from all others. */
  startedAt: number;
}

const STOP_POLL_MS = 10;
/** A fast shutdown writes a checkpoint; after this the server is told to stop at once and recovers at its next start. */
const FAST_WITHIN_MS = 20_000;
const IMMEDIATE_WITHIN_MS = 5_000;

/**
 * The server that runs on this data folder, or null. A number left by a killed server that now belongs to another
 * process is no server; the file is removed then, since PostgreSQL would not start beside it.
 */
export async function findPostmaster(clusterDir: string): Promise<Postmaster | null> {
  const file = path.join(clusterDir, "postmaster.pid");
  const text = await fs.readFile(file, "utf8").catch(() => null);
  const recorded = text === null ? null : parsePostmasterFile(text);
  if (recorded === null || !isAlive(recorded.pid)) return null;
  if (await isPostmasterOf(recorded.pid, clusterDir)) return recorded;
  await fs.rm(file, { force: true });
  return null;
}

/** Lines: process, data folder, start time, port, socket folder, address, shared memory, status. Null while half-written. */
export function parsePostmasterFile(text: string): Postmaster | null {
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const startedAt = Number(lines[2]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 1 && Number.isInteger(port) && port > 0 ? { pid, port, startedAt } : null;
}

async function isPostmasterOf(pid: number, clusterDir: string): Promise<boolean> {
  if (process.platform === "linux") {
    // A server works inside its data folder. A zombie has no folder, and is no server.
    const cwd = await fs.readlink(`/proc/${pid}/cwd`).catch(() => null);
    const command = await fs.readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    return cwd === (await fs.realpath(clusterDir)) && command.trim() === "postgres";
  }
  const answer = await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]).catch(() => null);
  return answer?.stdout.includes(clusterDir) ?? false;
}

/** Ends the server and waits until it is gone. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, withinMs] of [
    ["SIGINT", FAST_WITHIN_MS],
    ["SIGQUIT", IMMEDIATE_WITHIN_MS],
    ["SIGKILL", IMMEDIATE_WITHIN_MS],
  ] as const) {
    if (!sendSignal(pid, signal)) return;
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline) {
      if (!isAlive(pid)) return;
      await delay(STOP_POLL_MS);
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return !isZombie(pid);
}

/** A process that has ended and that nobody reaps: an orphan in a container whose first process is no init. */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true; // it ended since we asked
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it is gone
  }
}
