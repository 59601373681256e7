// Starts the server process of the embedded PostgreSQL on a data folder that is there, waits until it answers, and explains
// why it does not. Which folder, which account and whether to start at all is embedded.ts.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { DbStartError } from "./db-start-error.ts";
import type { Account } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { clusterPath, dataArgument, SERVER_ENV, SUPERUSER } from "./embedded-cluster.ts";
import { findPostmaster, isAlive, type Postmaster, stopPostmaster } from "./postmaster.ts";

export interface ServerOptions {
  dataDir: string;
  /** A free one unless told. */
  port: number | undefined;
  durable: boolean;
  binaries: Binaries;
  account: Account | null;
  password: string;
}

export interface ReadyServer extends Postmaster {
  /** The first connection, as superuser. */
  client: pg.Client;
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 15;
const LOG_BYTES_MAX = 5_000_000;
const START_TRIES = 5;
const RETRY_MS = 300;
/** The server is starting up, recovering or shutting down. */
const CANNOT_CONNECT_NOW = "57P03";

/** @throws DbStartError `port-taken`, `data-in-use`, `start-failed`; no process is left then. */
export async function startServer(options: ServerOptions): Promise<ReadyServer> {
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await findFreePort());
    if (options.port !== undefined) await refuseTakenPort(options.port);
    const log = await openLog(options.dataDir);
    const begin = (await log.stat()).size;
    const child = spawnServer(options, port, log.fd);
    try {
      const pid = await waitForPid(child);
      const client = await connectWhenReady(pid, port, options.password);
      const { startedAt } = (await findPostmaster(clusterPath(options.dataDir))) ?? { startedAt: 0 };
      child.unref(); // whoever stops it asks for its number; a server that is kept outlives us
      return { pid, port, startedAt, client };
    } catch (error) {
      if (child.pid !== undefined) await stopPostmaster(child.pid);
      const text = await readLog(options.dataDir, begin);
      if (tries >= START_TRIES || !isPassing(text, options)) throw explainStart(error, text, options, port);
      await delay(RETRY_MS);
    } finally {
      await log.close();
    }
  }
}

/** What goes away by itself: a port that somebody took in between, the memory of a server that is just ending. */
function isPassing(log: string, options: ServerOptions): boolean {
  if (/pre-existing shared memory block/.test(log)) return true;
  return options.port === undefined && /could not bind/.test(log);
}

function spawnServer(options: ServerOptions, port: number, logFd: number): ChildProcess {
  const { account, binaries } = options;
  const clusterDir = clusterPath(options.dataDir);
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    logging_collector: "off",
    ...(options.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawn(binaries.postgres, ["-D", dataArgument(clusterDir, account), ...args], {
    cwd: clusterDir,
    env: SERVER_ENV,
    stdio: ["ignore", logFd, logFd],
    // Out of the terminal's reach: Ctrl-C is for the program, which then stops the server in its turn.
    detached: true,
    ...account,
  });
}

function waitForPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
}

/** Resolves with an open connection as superuser. Rejects when the server ends, or never answers. */
export async function connectWhenReady(pid: number, port: number, password: string): Promise<pg.Client> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: createServerUrl(port, password),
      application_name: "trapline-hold",
      connectionTimeoutMillis: 5_000,
    });
    client.on("error", () => undefined); // its end is the server's, which whoever uses the server will notice
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const wrong = error instanceof pg.DatabaseError && error.code !== CANNOT_CONNECT_NOW;
      if (wrong || performance.now() > deadline) throw error;
      if (!isAlive(pid)) throw new Error("the server ended", { cause: error });
    }
    await delay(READY_POLL_MS);
  }
}

function explainStart(error: unknown, log: string, options: ServerOptions, port: number): unknown {
  if (options.port !== undefined && /could not bind/.test(log)) return portTaken(port, error);
  if (/lock file "postmaster.pid" already exists/.test(log)) {
    return new DbStartError(
      "data-starting",
      `another program is starting a server on ${options.dataDir}; try again when it is up`,
      {
        data: { dataDir: options.dataDir },
        cause: error,
      },
    );
  }
  const reason = log
    .trim()
    .split("\n")
    .findLast((line) => /FATAL|PANIC|ERROR|error/.test(line));
  return new DbStartError(
    "start-failed",
    `the database server did not start: ${reason ?? (error instanceof Error ? error.message : String(error))}; ` +
      `its log is ${logPath(options.dataDir)}`,
    { data: { dataDir: options.dataDir, port, log: log.slice(-4_000) }, cause: error },
  );
}

function portTaken(port: number, cause?: unknown): DbStartError {
  return new DbStartError(
    "port-taken",
    `port ${port} on 127.0.0.1 is taken by another program: stop that one, or choose another port for the database`,
    { data: { port }, cause },
  );
}

async function refuseTakenPort(port: number): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(portTaken(port, error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

async function findFreePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function logPath(dataDir: string): string {
  return path.join(dataDir, "postgres.log");
}

async function openLog(dataDir: string): Promise<fs.FileHandle> {
  const { size } = await fs.stat(logPath(dataDir)).catch(() => ({ size: 0 }));
  if (size > LOG_BYTES_MAX) await fs.rename(logPath(dataDir), `${logPath(dataDir)}.1`);
  const file = await fs.open(logPath(dataDir), "a", 0o600);
  // As root in somebody's folder: it stays theirs.
  if (process.getuid?.() === 0) {
    const owner = await fs.stat(dataDir);
    await file.chown(owner.uid, owner.gid);
  }
  return file;
}

/** What the server has written since the file had `begin` bytes. */
async function readLog(dataDir: string, begin: number): Promise<string> {
  const bytes = await fs.readFile(logPath(dataDir)).catch(() => Buffer.alloc(0));
  return bytes.subarray(begin).toString();
}

export function createServerUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}
