// Owns the tables by which a database knows its own version: schema_migrations and schema_checkpoints. Reading them changes nothing.
// A record of the mousetrap product is understood here and taken over by adopt.ts.
import type pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { adoptForeignRecord, readForeignVersions } from "./adopt.ts";
import { MigrationError } from "./migration-error.ts";
import { findText, formatVersion, type Migration } from "./migration-files.ts";
import { checkRights, refuseForeignTables } from "./migration-rights.ts";
import { inTransaction } from "./owner-connection.ts";

export interface RecordRow {
  version: number;
  name: string;
  checksum: string;
  /** Null where another product applied it and did not say when. */
  applied_at: Date | null;
}

export interface MigrationRecord {
  /** `mousetrap`: written by the mousetrap product; its rows are told as ours would be, so they have no times. */
  kind: "none" | "trapline" | "mousetrap";
  rows: RecordRow[];
}

/** They belong to the migrator: what is in them is nobody's loss. */
export const RECORD_TABLES = [
  "schema_migrations",
  "schema_checkpoints",
  "schema_migrations_before_trapline",
  "former_values",
];

const CREATE_MIGRATIONS = `CREATE TABLE schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum char(64) NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;
/** By all of them it is told from a record of another program, which may have checksums as well. */
const OUR_COLUMNS = ["version integer", "name text", "checksum character(64)", "applied_at timestamp with time zone"];
const CREATE_CHECKPOINTS = `CREATE TABLE schema_checkpoints (
  name text PRIMARY KEY,
  version integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  backup_file text
)`;

/** @throws MigrationError `migration-record` for a record of a program that is a stranger, `permission-missing` */
export async function readRecord(client: pg.Client, migrations: Migration[]): Promise<MigrationRecord> {
  const columns = await listColumns(client, "schema_migrations");
  if (columns.length === 0) return { kind: "none", rows: [] };
  await refuseForeignTables(client, "read");
  if (columns.join() !== OUR_COLUMNS.join()) {
    const versions = await readForeignVersions(client);
    const rows = migrations.slice(0, versions.length).map((one) => ({ ...one, applied_at: null }));
    return { kind: "mousetrap", rows };
  }
  const answer = await client.query<RecordRow>(
    "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version",
  );
  return { kind: "trapline", rows: answer.rows };
}

export async function hasCheckpoints(client: pg.Client): Promise<boolean> {
  return (await listColumns(client, "schema_checkpoints")).length > 0;
}

/** Creates what is missing, and takes over a record of the mousetrap product; needs no right where there is nothing to do. */
export async function createRecord(client: pg.Client, migrations: Migration[], log: DatabaseLog): Promise<void> {
  const { kind } = await readRecord(client, migrations);
  if (kind !== "trapline") {
    await checkRights(client);
    await inTransaction(client, async () => {
      if (kind === "mousetrap") await adoptForeignRecord(client, migrations, CREATE_MIGRATIONS, log);
      else await client.query(CREATE_MIGRATIONS);
    });
  }
  await createCheckpointTable(client);
}

export async function createCheckpointTable(client: pg.Client): Promise<void> {
  if (await hasCheckpoints(client)) return;
  await checkRights(client);
  await client.query(CREATE_CHECKPOINTS);
}

/**
 * How many migrations are applied; they are always the first ones, with a text the files know.
 * @throws MigrationError `migration-unknown`, `migration-record`, `migration-changed`
 */
export function countApplied(rows: RecordRow[], migrations: Migration[]): number {
  for (const [index, row] of rows.entries()) {
    const migration = migrations[row.version - 1];
    const data = { version: row.version, name: row.name };
    if (migration === undefined) throw newer(rows, migrations);
    if (row.version !== index + 1) {
      const text = `schema_migrations lacks version ${index + 1}, yet has ${row.name}: restore its row, or the database from a backup`;
      throw new MigrationError("migration-record", text, { data });
    }
    if (row.name !== migration.name || findText(migration, row.checksum) === null) {
      throw new MigrationError(
        "migration-changed",
        `${migration.name}.sql was changed after it had been applied${row.name === migration.name ? "" : ` as ${row.name}.sql`}; ` +
          "restore the file and write a new migration instead",
        { data: { ...data, applied: row.checksum, file: migration.checksum } },
      );
    }
  }
  return rows.length;
}

function newer(rows: RecordRow[], migrations: Migration[]): MigrationError {
  const last = rows.at(-1);
  return new MigrationError(
    "migration-unknown",
    `the database stands at ${last?.name}, which this program does not know (its newest is ${formatVersion(migrations.length)}): ` +
      "it is older than the database; start the newer program, or take the migration back with it",
    { data: { version: last?.version, name: last?.name } },
  );
}

/** In their order, with their types: `version integer`. */
async function listColumns(client: pg.Client, table: string): Promise<string[]> {
  const answer = await client.query<{ column: string }>(
    `SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) AS "column" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = current_schema() AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [table],
  );
  return answer.rows.map((row) => row.column);
}
