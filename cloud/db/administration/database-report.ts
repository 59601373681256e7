// Reads what a person wants to know of a database at a glance: which server, how big, what is in it, who is connected. Changes nothing.
import type pg from "pg";
import { type EnvironmentMark, readMark } from "./environment-mark.ts";

export interface TableReport {
  name: string;
  /** With indexes, and with its partitions. */
  bytes: number;
  /** As PostgreSQL reckons; exact only right after ANALYZE. */
  rows: number;
}

export interface ConnectionReport {
  program: string;
  role: string;
  connections: number;
}

/** Where a connection has come out. */
export interface Identity {
  database: string;
  role: string;
  /** As PostgreSQL writes it: `18.4`. */
  version: string;
}

export interface DatabaseReport extends Identity {
  startedAt: Date;
  /** A standby, which nothing can be written to. */
  isReadOnly: boolean;
  bytes: number;
  tables: number;
  /** The biggest first. */
  biggest: TableReport[];
  connectionsMax: number;
  /** To this database, without our own. */
  connections: ConnectionReport[];
  mark: EnvironmentMark | null;
}

type Facts = Pick<DatabaseReport, "startedAt" | "isReadOnly" | "bytes" | "connectionsMax">;

export async function readIdentity(client: pg.Client): Promise<Identity> {
  const answer = await client.query<Identity>(
    `SELECT current_database() AS database, current_user AS role,
      split_part(current_setting('server_version'), ' ', 1) AS version`,
  );
  return getOnly(answer.rows);
}

function getOnly<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error("a SELECT without FROM gave no row");
  return row;
}

/** @param bigMax how many of the biggest tables to name */
export async function readDatabaseReport(client: pg.Client, bigMax: number): Promise<DatabaseReport> {
  const facts = await client.query<Facts>(
    `SELECT pg_postmaster_start_time() AS "startedAt", pg_is_in_recovery() AS "isReadOnly",
      pg_database_size(current_database())::float8 AS bytes, current_setting('max_connections')::int AS "connectionsMax"`,
  );
  const tables = await listTables(client);
  return {
    ...(await readIdentity(client)),
    ...getOnly(facts.rows),
    tables: tables.length,
    biggest: tables.slice(0, bigMax),
    connections: await listConnections(client),
    mark: await readMark(client),
  };
}

async function listTables(client: pg.Client): Promise<TableReport[]> {
  const answer = await client.query<TableReport>(
    `SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS name,
      sum(pg_total_relation_size(c.oid))::float8 AS bytes,
      sum(CASE WHEN c.relkind = 'p' THEN 0 WHEN c.reltuples > 0 THEN c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END)::float8 AS rows
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  return answer.rows;
}

async function listConnections(client: pg.Client): Promise<ConnectionReport[]> {
  const answer = await client.query<ConnectionReport>(
    `SELECT coalesce(nullif(application_name, ''), 'unnamed') AS program, coalesce(usename, '') AS role, count(*)::int AS connections
      FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
      GROUP BY 1, 2 ORDER BY 3 DESC, 1`,
  );
  return answer.rows;
}

export interface Contents {
  tables: number;
  /** As PostgreSQL reckons. */
  rows: number;
  bytes: number;
}

/** What somebody who is about to remove all of it should know. */
export async function readContents(client: pg.Client): Promise<Contents> {
  const tables = await listTables(client);
  const sum = (of: (table: TableReport) => number) => tables.reduce((total, table) => total + of(table), 0);
  return { tables: tables.length, rows: sum((table) => table.rows), bytes: sum((table) => table.bytes) };
}
