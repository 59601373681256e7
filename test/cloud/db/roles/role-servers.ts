// Servers of the tests' own for what belongs to a whole cluster, roles and logins: the newest version and the oldest, since they differ in
// what CREATEROLE is allowed to. Every test gets a cluster without roles and with databases as new.
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

/** A database with this owner, who is no superuser, and its address; the password is the name unless told. */
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
  );
  if (!(await listDatabases(server)).includes(database)) {
    await runStatements(server.adminUrl, `CREATE DATABASE ${database}`);
  }
  await runStatements(server.adminUrl, `ALTER DATABASE ${database} OWNER TO ${owner.name}`);
  return addressOf(server, database, owner.name, password);
}

async function listDatabases({ adminUrl }: RoleServer): Promise<string[]> {
  const ours = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1";
  return (await runStatements(adminUrl, ours)).map(({ datname }) => String(datname));
}

export function addressOf(server: RoleServer, database: string, name: string, password: string): string {
  const url = new URL(server.adminUrl);
  url.pathname = `/${database}`;
  url.username = name;
  url.password = encodeURIComponent(password);
  return url.href;
}

/** No roles, and databases as new: they are kept, since making one takes longer than most tests. */
export async function emptyServer(server: RoleServer): Promise<void> {
  const roles = "FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user";
  const listStatements = async (format: string) =>
    (await runStatements(server.adminUrl, `SELECT format('${format}', rolname) AS text ${roles}`)).map((row) =>
      String(row.text),
    );
  const owned = await listStatements("DROP OWNED BY %I");
  for (const database of await listDatabases(server)) {
    const url = new URL(server.adminUrl);
    url.pathname = `/${database}`;
    await runStatements(
      url.href,
      `ALTER DATABASE ${database} OWNER TO CURRENT_USER`,
      ...owned,
      "DROP SCHEMA public CASCADE",
      "CREATE SCHEMA public AUTHORIZATION pg_database_owner",
      "GRANT USAGE ON SCHEMA public TO PUBLIC",
      `GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO PUBLIC`,
    );
  }
  await runStatements(server.adminUrl, ...owned, ...(await listStatements("DROP ROLE %I")));
}
