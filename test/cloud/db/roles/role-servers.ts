// Servers of the tests' own for what belongs to a whole cluster, roles and logins: the newest version and the oldest, since they differ in
// what CREATEROLE is allowed to. Every test gets an empty cluster: its databases and roles are dropped after it.
import * as path from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../../../cloud/db/embedded/embedded.ts";
import { startDebianPostgres } from "../../../support/debian-postgres.ts";
import { createServerFolder, keepUntilExit } from "../../../support/server-folder.ts";
import { testLog } from "../../../support/test-log.ts";

export interface RoleServer {
  /** Of the maintenance database, as superuser. */
  adminUrl: string;
  /** Holds cluster/ and postgres.log. */
  dataDir: string;
  stop(): Promise<void>;
}

export const ROLE_SERVERS: Record<string, () => Promise<RoleServer>> = {
  "the embedded PostgreSQL": startNewest,
  "Debian's PostgreSQL": startDebianPostgres,
};

async function startNewest(): Promise<RoleServer> {
  const folder = await createServerFolder();
  const dataDir = path.join(folder, "db");
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: testLog });
  return { adminUrl: postgres.url, dataDir, stop: keepUntilExit(folder, postgres.pid, () => postgres.stop()) };
}

/** The rows of the last statement. */
export async function runStatements(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** A new database and the address of its owner, who is no superuser; the password is the name unless told. */
export async function createOwned(
  server: RoleServer,
  database: string,
  owner: { name: string; attributes?: string; password?: string },
): Promise<string> {
  const password = owner.password ?? owner.name;
  await runStatements(
    server.adminUrl,
    `DO $$ BEGIN CREATE ROLE ${owner.name} LOGIN PASSWORD ${pg.escapeLiteral(password)} ${owner.attributes ?? ""};
      EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    `CREATE DATABASE ${database} OWNER ${owner.name}`,
  );
  return addressOf(server, database, owner.name, password);
}

export function addressOf(server: RoleServer, database: string, name: string, password: string): string {
  const url = new URL(server.adminUrl);
  url.pathname = `/${database}`;
  url.username = name;
  url.password = encodeURIComponent(password);
  return url.href;
}

export async function emptyServer({ adminUrl }: RoleServer): Promise<void> {
  const databases = await runStatements(
    adminUrl,
    "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) AS text FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
  );
  await runStatements(adminUrl, ...databases.map(({ text }) => String(text)));
  const roles = "FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user";
  const owned = await runStatements(adminUrl, `SELECT format('DROP OWNED BY %I', rolname) AS text ${roles}`);
  const drops = await runStatements(adminUrl, `SELECT format('DROP ROLE %I', rolname) AS text ${roles}`);
  await runStatements(adminUrl, ...[...owned, ...drops].map(({ text }) => String(text)));
}
