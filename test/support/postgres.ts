// A database of its own for every test file: a clone of the run's migrated template, dropped at the end.
// The server behind it is started once per run, when the first file asks (postgres-server.ts).
import type { Kysely } from "kysely";
import type pg from "pg";
import { createDatabase, createKysely, type TraplineDatabase } from "../../cloud/db/connection.ts";
import { type DatabaseUrls, deriveUrls } from "../../cloud/db/roles/logins.ts";
import type { Database } from "../../cloud/db/schema.ts";
import { parseTestConfig } from "./config.ts";
import { eventually } from "./eventually.ts";
import { createDatabaseUrl, type StartedServer, startTestServer, withAdmin } from "./postgres-server.ts";
import type { PostgresMessage, TestServer } from "./report.ts";
import { testLog } from "./test-log.ts";

/** As the cloud's rooms have it, and the tables themselves, as their owner sees them: behind the walls, whatever the tenant. */
export interface TestAccess extends TraplineDatabase {
  kysely: Kysely<Database>;
}

export interface TestDatabase {
  /** As the owner. */
  url: string;
  /** As the three roles of the cloud. */
  urls: DatabaseUrls;
  db: TestAccess;
  /** Closes `db` and drops the database. Throws when something else is still connected: a pool the test forgot to stop. */
  stop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** False: empty, for tests of the migrations themselves. */
  migrated?: boolean;
  /** Connections of each of its logins, 5 unless told. */
  poolMax?: number;
}

const POOL_MAX = 5;
const CONNECT_TIMEOUT_MS = 15_000;
const CLOSE_WITHIN_MS = 2_000;
let fromRunner: Promise<TestServer> | undefined;
let own: Promise<StartedServer> | undefined;
let inUse = 0;
let made = 0;

/** Call it in `test.before`, and `stop()` in `test.after`. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  inUse += 1;
  const server = await getServer();
  made += 1;
  const name = `${server.prefix}_${process.pid}_${made}`;
  const template = options.migrated === false ? "template0" : server.template;
  await withAdmin(server.url, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = createDatabaseUrl(server.url, name);
  const urls = deriveUrls(url);
  const db = openAccess(url, urls, options.poolMax ?? POOL_MAX);
  return { url, urls, db, stop: () => stopTestDatabase(server, name, db) };
}

function openAccess(url: string, urls: DatabaseUrls, each: number): TestAccess {
  // A crowd of requests at once on a busy machine waits its turn; what is slow is not wrong.
  const connectTimeoutMs = CONNECT_TIMEOUT_MS;
  const db = createDatabase({
    urls,
    poolMax: { app: each, ingest: each, system: each },
    connectTimeoutMs,
    log: testLog,
  });
  const kysely = createKysely({ url, name: "test", poolMax: each, log: testLog });
  return { ...db, kysely, stop: async () => void (await Promise.all([db.stop(), kysely.destroy()])) };
}

async function stopTestDatabase(server: TestServer, name: string, db: TraplineDatabase): Promise<void> {
  try {
    await db.stop();
    await withAdmin(server.url, async (admin) => {
      const closed = eventually(() => refuseConnections(admin, name), {
        withinMs: CLOSE_WITHIN_MS,
        because: "every connection to the test database is closed; stop in after() what the test started",
      });
      await closed.finally(() => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    });
  } finally {
    await release();
  }
}

/** Ends the sessions of programs called like this (in the language of LIKE); every login its own, since an owner may not be let. */
export async function cutSessions({ url, urls }: TestDatabase, program: string): Promise<number> {
  let count = 0;
  for (const login of [url, urls.app, urls.ingest, urls.system]) {
    const answer = await withAdmin(login, (client) =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
          AND application_name LIKE $1 AND pid <> pg_backend_pid()`,
        [program],
      ),
    );
    count += answer.rowCount ?? 0;
  }
  return count;
}

async function refuseConnections(admin: pg.Client, name: string): Promise<true> {
  const answer = await admin.query(
    "SELECT application_name, state, query FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
    [name],
  );
  if (answer.rows.length > 0) throw new Error(`still connected: ${JSON.stringify(answer.rows)}`);
  return true;
}

function getServer(): Promise<TestServer> {
  if (process.send !== undefined) {
    fromRunner ??= askRunner();
    return fromRunner;
  }
  own ??= startTestServer(parseTestConfig().databaseUrl).then((started) => {
    console.log(`PostgreSQL: ${started.server.description}`);
    return started;
  });
  return own.then((started) => started.server);
}

function askRunner(): Promise<TestServer> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: PostgresMessage) => {
      if (message.trapline !== "postgres") return;
      process.off("message", onMessage); // or the channel keeps the process open
      if (message.server === undefined) reject(new Error(`there is no PostgreSQL for the tests: ${message.error}`));
      else resolve(message.server);
    };
    process.on("message", onMessage);
    process.send?.({ trapline: "need-postgres" });
  });
}

/** A file run by itself stops its own server with its last database. */
async function release(): Promise<void> {
  inUse -= 1;
  if (inUse > 0 || own === undefined) return;
  const started = own;
  own = undefined;
  await (await started).stop();
}
