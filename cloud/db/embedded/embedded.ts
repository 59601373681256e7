// Runs the embedded PostgreSQL: finds or makes its data, adopts the server that runs on them or starts one, and proves that it answers.
// `startEmbeddedPostgres` is for a program that runs from the folder alone, `joinEmbeddedPostgres` for a single command, which may share
// the server with it. It leaves databases and migrations to its callers; who is in is embedded-users.ts, stopping from outside
// stop-embedded.ts. States: no data -> initdb; data without server -> start; a server without a living program -> adopt; with one ->
// refuse, or join.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { DbStartError } from "./db-start-error.ts";
import { type Account, findAccount } from "./embedded-account.ts";
import { type Binaries, prepareBinaries } from "./embedded-binaries.ts";
import { clusterPath, createCluster, hasCluster, readPassword, resolveLinks } from "./embedded-cluster.ts";
import { connectWhenReady, createServerUrl, type ReadyServer, startServer } from "./embedded-server.ts";
import { enter, inUse, isAlone, isKept, keepServer, leave, takeHold } from "./embedded-users.ts";
import { findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";

export interface EmbeddedOptions {
  /** Made if it is not there; kept between starts. */
  dataDir: string;
  /** On 127.0.0.1; a free one unless told. A server that is joined keeps its own. */
  port?: number;
  /** False: faster, and a power cut may lose everything. For tests. A server that is joined stays as it is. */
  durable?: boolean;
  log: DatabaseLog;
}

export interface EmbeddedPostgres {
  /** Of the maintenance database `postgres`, as superuser. */
  url: string;
  port: number;
  /** The server's process. */
  pid: number;
  /** True if the server was found running: left by an earlier run, kept, or joined. */
  adopted: boolean;
  /** From now on the server stays when the last one leaves. */
  keep(): Promise<void>;
  /** Shuts the server down and waits until its process is gone; only leaves it where others are in or it is kept. */
  stop(): Promise<void>;
}

const OPEN_WITHIN_MS = 60_000;
const OPEN_POLL_MS = 50;
const TOO_MANY_CONNECTIONS = "53300";

/** For the one program that runs from the folder. @throws DbStartError `data-in-use` where there is one already, and others */
export function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return open(options, true);
}

/** Beside whoever is in. The last one to leave stops the server, whoever has started it. @throws DbStartError */
export function joinEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return open(options, false);
}

interface Given extends EmbeddedOptions {
  durable: boolean;
  /** Keep other programs out. */
  alone: boolean;
  account: Account | null;
  binaries: Binaries;
  password: string;
}

type OpenServer = ReadyServer & { adopted: boolean };

async function open(options: EmbeddedOptions, alone: boolean): Promise<EmbeddedPostgres> {
  const dataDir = await resolveLinks(options.dataDir);
  const durable = options.durable ?? true;
  const account = await findAccount(clusterPath(dataDir));
  const binaries = await prepareBinaries(account);
  if (!(await hasCluster(dataDir, binaries.major))) {
    await createCluster(dataDir, binaries, account, durable);
    options.log.info({ dataDir }, "database folder created");
  }
  const password = await readPassword(dataDir);
  const server = await openServer({ ...options, dataDir, durable, alone, account, binaries, password });
  options.log.info({ port: server.port, adopted: server.adopted }, "database server is running");
  return {
    url: createServerUrl(server.port, password),
    port: server.port,
    pid: server.pid,
    adopted: server.adopted,
    keep: () => keepServer(dataDir, server),
    stop: () => stop(dataDir, server),
  };
}

/** Again and again, since servers come and go meanwhile: another program starts one, or the last one in just stops it. */
async function openServer(given: Given): Promise<OpenServer> {
  const deadline = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    const running = await findPostmaster(clusterPath(given.dataDir));
    try {
      const server = running === null ? await start(given) : await adopt(running, given);
      if (server !== null) return server;
    } catch (error) {
      const passing = error instanceof DbStartError ? error.code === "data-starting" : isGone(error);
      if (!passing || performance.now() > deadline) throw error;
    }
    await delay(OPEN_POLL_MS);
  }
}

async function start(given: Given): Promise<OpenServer | null> {
  const server = await startServer({ ...given, port: given.port });
  return (await settleIn(server.client, given)) ? { ...server, adopted: false } : null;
}

/** Null where the running server is not as wanted and was stopped, or is being stopped. @throws DbStartError `data-in-use` */
async function adopt(running: Postmaster, given: Given): Promise<OpenServer | null> {
  const client = await connectWhenReady(running.pid, running.port, given.password).catch((error: unknown) => {
    if (error instanceof pg.DatabaseError && error.code === TOO_MANY_CONNECTIONS) throw inUse(given.dataDir, error);
    if (isGone(error)) throw error;
    given.log.warn({ err: error, pid: running.pid }, "database server of an earlier run does not answer");
    return null;
  });
  if (client === null) {
    await stopPostmaster(running.pid);
    return null;
  }
  if (!given.alone || (await isAsWanted(client, running, given))) {
    return (await settleIn(client, given)) ? { ...running, client, adopted: true } : null;
  }
  if (!(await takeHold(client)) || !(await isAlone(client))) {
    await client.end();
    throw inUse(given.dataDir);
  }
  await client.end();
  await stopPostmaster(running.pid);
  return null;
}

async function isAsWanted(client: pg.Client, running: Postmaster, given: Given): Promise<boolean> {
  const answer = await client.query<{ fsync: string }>("SHOW fsync");
  const durable = answer.rows[0]?.fsync === "on";
  return durable === given.durable && running.port === (given.port ?? running.port);
}

/** False, and the connection closed, where the server is being stopped. */
async function settleIn(client: pg.Client, given: Given): Promise<boolean> {
  try {
    if (given.alone && !(await takeHold(client))) throw inUse(given.dataDir);
    if (await enter(client)) return true;
    await client.end();
    return false;
  } catch (error) {
    await client.end().catch(() => undefined); // it may be the connection that has failed
    throw error;
  }
}

const ADMIN_SHUTDOWN = ["57P01", "57P02", "57P03"];

/** The server went away while we spoke to it. */
function isGone(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return ADMIN_SHUTDOWN.includes(error.code ?? "");
  return (
    error instanceof Error && /server ended|Connection terminated|ECONNRESET|EPIPE|not queryable/.test(error.message)
  );
}

async function stop(dataDir: string, server: OpenServer): Promise<void> {
  // Where the server is gone already there is nobody to ask, and nothing that others could be in.
  const last = await leave(server.client).catch(() => true);
  if (last && !(await isKept(dataDir, server))) await stopPostmaster(server.pid);
  await server.client.end().catch(() => undefined);
}
