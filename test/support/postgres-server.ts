// Owns the PostgreSQL server of a test run: which one it is, its migrated template database, and that nothing stays behind.
// The runner starts it when the first file asks; a file run by itself starts its own. Databases per file are postgres.ts.
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../cloud/db/embedded/embedded.ts";
import { migrateUp } from "../../cloud/db/migrations/migrate.ts";
import { prepareLogins } from "../../cloud/db/roles/logins.ts";
import { type BareServer, startContainerPostgres } from "./postgres-container.ts";
import type { TestServer } from "./report.ts";
import { createServerFolder, keepUntilExit } from "./server-folder.ts";
import { testLog } from "./test-log.ts";

export interface StartedServer {
  server: TestServer;
  /** Drops every database of the run, stops what was started, removes its data. */
  stop(): Promise<void>;
}

export async function startTestServer(databaseUrl: string | undefined): Promise<StartedServer> {
  const bare = await chooseServer(databaseUrl);
  const prefix = `trapline_test_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  try {
    const template = await createTemplate(bare.url, prefix);
    const server = { url: bare.url, template, prefix, description: bare.description };
    return { server, stop: () => stopServer(bare, prefix) };
  } catch (error) {
    await stopServer(bare, prefix);
    throw error;
  }
}

async function chooseServer(databaseUrl: string | undefined): Promise<BareServer> {
  if (databaseUrl !== undefined) {
    const version = await readVersion(databaseUrl);
    return { url: databaseUrl, description: `${version} at DATABASE_URL`, stop: async () => undefined };
  }
  return (await startContainerPostgres()) ?? startEmbedded();
}

async function startEmbedded(): Promise<BareServer> {
  const folder = await createServerFolder();
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, "db"), durable: false, log: testLog });
    const stop = keepUntilExit(folder, postgres.pid, () => postgres.stop());
    return { url: postgres.url, description: `embedded ${await readVersion(postgres.url)}`, stop };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Migrated, and its roles let in: every clone has the same ones. */
async function createTemplate(url: string, prefix: string): Promise<string> {
  const template = `${prefix}_template`;
  await withAdmin(url, (admin) => admin.query(`CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8'`));
  await migrateUp(createDatabaseUrl(url, template), { log: testLog });
  await prepareLogins(createDatabaseUrl(url, template));
  // A connection to it would make cloning fail, so nobody gets one any more.
  await withAdmin(url, (admin) => admin.query(`ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`));
  return template;
}

async function stopServer(bare: BareServer, prefix: string): Promise<void> {
  try {
    await withAdmin(bare.url, async (admin) => {
      const names = await admin.query<{ datname: string }>(
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
        [prefix],
      );
      for (const { datname } of names.rows) await admin.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
    });
  } finally {
    await bare.stop();
  }
}

async function readVersion(url: string): Promise<string> {
  return withAdmin(url, async (admin) => {
    const answer = await admin.query<{ version: string }>("SELECT split_part(version(), ' on ', 1) AS version");
    return answer.rows[0]?.version ?? "PostgreSQL";
  });
}

export function createDatabaseUrl(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

/** One connection to the maintenance database, for as long as `fn` takes. */
export async function withAdmin<T>(url: string, fn: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url, application_name: "trapline-test-admin" });
  admin.on("error", (error) => testLog.warn({ err: error }, "connection to the test server lost"));
  await admin.connect();
  try {
    return await fn(admin);
  } finally {
    await admin.end();
  }
}
