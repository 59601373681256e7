// Runs the embedded PostgreSQL: finds or makes its data, adopts the server of a killed run or starts one, proves that
// it answers, and holds it against other programs. It leaves databases and migrations to migrate.ts and its callers.
// States: no data -> initdb; data without server -> start; a server without a living program -> adopt; with one -> refuse.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { DatabaseLog } from "./connection.ts";
import { DbStartError } from "./db-start-error.ts";
import { type Account, findAccount } from "./embedded-account.ts";
import { type Binaries, prepareBinaries } from "./embedded-binaries.ts";
import {
  clusterPath,
  createCluster,
  dataArgument,
  hasCluster,
  readPassword,
  SERVER_ENV,
  SUPERUSER,
} from "./embedded-cluster.ts";
import { findPostmaster, isAlive, type Postmaster, stopPostmaster } from "./postmaster.ts";

export interface EmbeddedOptions {
  /** Made if it is not there; kept between starts. */
  dataDir: string;
  /** On 127.0.0.1; a free one unless told. */
  port?: number;
  /** False: faster, and a power cut may lose everything. For tests. */
  durable?: boolean;
  log: DatabaseLog;
}

export interface EmbeddedPostgres {
  /** Of the maintenance database `postgres`, as superuser. */
  url: string;
  port: number;
  /** The server's process. */
  pid: number;
  /** True if the server of an earlier run was found running and taken over. */
  adopted: boolean;
  /** Shuts the server down and waits until its process is gone. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 15;
const LOG_BYTES_MAX = 5_000_000;
const START_TRIES = 5;
const RETRY_MS = 300;
/** How long the lock of a program that was killed a moment ago may linger. */
const HOLD_WITHIN_MS = 1_500;
const HOLD_KEY = 7_472_617_002;

/** @throws DbStartError */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const given = { ...options, dataDir: await resolveLinks(options.dataDir), durable: options.durable ?? true };
  const account = await findAccount(clusterPath(given.dataDir));
  const binaries = await prepareBinaries(account);
  if (!(await hasCluster(given.dataDir, binaries.major))) {
    await createCluster(given.dataDir, binaries, account, given.durable);
    given.log.info({ dataDir: given.dataDir }, "database folder created");
  }
  const password = await readPassword(given.dataDir);
  const running = await findPostmaster(clusterPath(given.dataDir));
  const adopted = running === null ? null : await adopt(running, given, password);
  const server = adopted ?? (await start(given, binaries, account, password));
  given.log.info({ port: server.port, adopted: adopted !== null }, "database server is running");
  return {
    url: createUrl(server.port, password),
    port: server.port,
    pid: server.pid,
    adopted: adopted !== null,
    stop: () => stop(server),
  };
}

async function resolveLinks(folder: string): Promise<string> {
  return fs.realpath(folder).catch(() => path.resolve(folder));
}

type Given = EmbeddedOptions & { durable: boolean };

interface Server extends Postmaster {
  /** Keeps other programs off the server; it ends with this process, however that ends. */
  hold: pg.Client;
}

/** Null where the running server is not as wanted and was stopped. */
async function adopt(running: Postmaster, given: Given, password: string): Promise<Server | null> {
  const hold = await waitUntilReady(running.pid, running.port, password).catch((error: unknown) => {
    given.log.warn({ err: error, pid: running.pid }, "database server of an earlier run does not answer");
    return null;
  });
  if (hold !== null) {
    await takeHold(hold, given.dataDir);
    const answer = await hold.query<{ fsync: string }>("SHOW fsync");
    const asWanted =
      (given.port ?? running.port) === running.port && (answer.rows[0]?.fsync === "on") === given.durable;
    if (asWanted) return { ...running, hold };
    await hold.end();
  }
  await stopPostmaster(running.pid);
  return null;
}

async function start(given: Given, binaries: Binaries, account: Account | null, password: string): Promise<Server> {
  const clusterDir = clusterPath(given.dataDir);
  for (let tries = 1; ; tries += 1) {
    const port = given.port ?? (await findFreePort());
    if (given.port !== undefined) await refuseTakenPort(given.port);
    const log = await openLog(given.dataDir);
    const begin = (await log.stat()).size;
    const child = spawnServer(binaries, clusterDir, port, account, given.durable, log.fd);
    try {
      const pid = await waitForPid(child);
      const hold = await waitUntilReady(pid, port, password);
      await takeHold(hold, given.dataDir);
      return { pid, port, hold };
    } catch (error) {
      const foreign = error instanceof DbStartError && error.code === "data-in-use";
      if (child.pid !== undefined && !foreign) await stopPostmaster(child.pid);
      const text = (await readLog(given.dataDir)).slice(begin);
      const problem = explainStart(error, text, given, port);
      if (tries >= START_TRIES || !isPassing(text, given)) throw problem;
      await delay(RETRY_MS);
    } finally {
      await log.close();
    }
  }
}

/** What goes away by itself: a port that somebody took in between, the memory of a server that is just ending. */
function isPassing(log: string, given: Given): boolean {
  if (/pre-existing shared memory block/.test(log)) return true;
  return given.port === undefined && /could not bind/.test(log);
}

function spawnServer(
  binaries: Binaries,
  clusterDir: string,
  port: number,
  account: Account | null,
  durable: boolean,
  logFd: number,
): ChildProcess {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    logging_collector: "off",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
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

/** Resolves with an open connection. Rejects when the server ends, or never answers. */
async function waitUntilReady(pid: number, port: number, password: string): Promise<pg.Client> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: createUrl(port, password),
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

/** The server is starting up, recovering or shutting down. */
const CANNOT_CONNECT_NOW = "57P03";

async function takeHold(client: pg.Client, dataDir: string): Promise<void> {
  const deadline = performance.now() + HOLD_WITHIN_MS;
  for (;;) {
    const answer = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [HOLD_KEY]);
    if (answer.rows[0]?.held) return;
    if (performance.now() > deadline) break;
    await delay(READY_POLL_MS);
  }
  await client.end();
  throw new DbStartError(
    "data-in-use",
    `another Trapline is running with the data in ${dataDir}: stop it first, or give this one a folder of its own`,
    { data: { dataDir } },
  );
}

async function stop(server: Server): Promise<void> {
  await server.hold.end().catch(() => undefined); // the server may be gone already
  await stopPostmaster(server.pid);
}

function explainStart(error: unknown, log: string, given: Given, port: number): unknown {
  if (error instanceof DbStartError) return error;
  if (given.port !== undefined && /could not bind/.test(log)) return portTaken(port, error);
  if (/lock file "postmaster.pid" already exists/.test(log)) {
    return new DbStartError(
      "data-in-use",
      `another program is starting a server on ${given.dataDir}; try again when it is up`,
      {
        data: { dataDir: given.dataDir },
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
      `its log is ${logPath(given.dataDir)}`,
    { data: { dataDir: given.dataDir, port, log: log.slice(-4_000) }, cause: error },
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

async function readLog(dataDir: string): Promise<string> {
  return fs.readFile(logPath(dataDir), "utf8").catch(() => "");
}

function createUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}
