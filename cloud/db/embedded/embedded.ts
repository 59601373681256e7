// Runs the embedded PostgreSQL: finds or makes its data, adopts the server of a killed run or starts one, proves that
// it answers, and holds it against other programs. It leaves databases and migrations to migrate.ts and its callers.
// States: no data -> initdb; data without server -> start; a server without a living program -> adopt; with one -> refuse.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { DbStartError } from "./db-start-error.ts";
import { findAccount } from "./embedded-account.ts";
import { prepareBinaries } from "./embedded-binaries.ts";
import { clusterPath, createCluster, hasCluster, readPassword } from "./embedded-cluster.ts";
import { connectWhenReady, createServerUrl, type ReadyServer, startServer } from "./embedded-server.ts";
import { findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";

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

/** How long the lock of a program that was killed a moment ago may linger. */
const HOLD_WITHIN_MS = 1_500;
const HOLD_POLL_MS = 15;
const HOLD_KEY = 7_472_617_002;
const TOO_MANY_CONNECTIONS = "53300";

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
  const server = adopted ?? (await startServer({ ...given, port: given.port, binaries, account, password }));
  if (adopted === null) await takeHold(server.client, given.dataDir);
  given.log.info({ port: server.port, adopted: adopted !== null }, "database server is running");
  return {
    url: createServerUrl(server.port, password),
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

/** Null where the running server is not as wanted and was stopped. @throws DbStartError `data-in-use` */
async function adopt(running: Postmaster, given: Given, password: string): Promise<ReadyServer | null> {
  const client = await connectWhenReady(running.pid, running.port, password).catch((error: unknown) => {
    if (error instanceof pg.DatabaseError && error.code === TOO_MANY_CONNECTIONS) throw inUse(given.dataDir, error);
    given.log.warn({ err: error, pid: running.pid }, "database server of an earlier run does not answer");
    return null;
  });
  if (client !== null) {
    await takeHold(client, given.dataDir);
    const answer = await client.query<{ fsync: string }>("SHOW fsync");
    const durable = answer.rows[0]?.fsync === "on";
    if (durable === given.durable && running.port === (given.port ?? running.port)) return { ...running, client };
    await client.end();
  }
  await stopPostmaster(running.pid);
  return null;
}

/** The lock keeps other programs off the server, and it ends with this process, however that ends. */
async function takeHold(client: pg.Client, dataDir: string): Promise<void> {
  const deadline = performance.now() + HOLD_WITHIN_MS;
  for (;;) {
    const answer = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [HOLD_KEY]);
    if (answer.rows[0]?.held) return;
    if (performance.now() > deadline) break;
    await delay(HOLD_POLL_MS);
  }
  await client.end();
  throw inUse(dataDir);
}

function inUse(dataDir: string, cause?: unknown): DbStartError {
  return new DbStartError(
    "data-in-use",
    `another Trapline is running with the data in ${dataDir}: stop it first, or give this one a folder of its own`,
    { data: { dataDir }, cause },
  );
}

async function stop(server: ReadyServer): Promise<void> {
  await server.client.end().catch(() => undefined); // the server may be gone already
  await stopPostmaster(server.pid);
}
