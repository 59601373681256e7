// Owns the moment a backup shows: one transaction that reads every table as it was then, holds the tables against being changed or
// dropped, and lends its view to pg_dump. Writing what is seen is backup.ts.
import pg from "pg";
import { type BackupHead, FORMAT, type MigrationFact, VALUE_SETTINGS } from "./archive-text.ts";
import { BackupError } from "./backup-error.ts";
import { listHiddenTables, listSequences, listTables, type TableFacts } from "./tables.ts";

export interface Snapshot {
  /** For another connection to see the same. */
  id: string;
  serverMajor: number;
  head: Omit<BackupHead, "tool">;
  tables: TableFacts[];
  sequences: string[];
}

const TRIES = 20;
const UNDEFINED_TABLE = "42P01";

/**
 * Begins the transaction on `client`, which has to be left alone but for reading until it is ended.
 * @throws BackupError `rows-hidden`, `schema-moving`
 */
export async function openSnapshot(client: pg.Client): Promise<Snapshot> {
  for (const [name, value] of VALUE_SETTINGS) {
    await client.query("SELECT set_config($1, $2, false)", [name, value]);
  }
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const tables = await tryOpen(client);
    if (tables === null) continue;
    await refuseHidden(client);
    return { ...(await readFacts(client)), tables, sequences: await listSequences(client) };
  }
  throw new BackupError(
    "schema-moving",
    "tables were being changed while the backup began; try again when that is over",
  );
}

/** Locks before the first look, so that what is seen cannot have changed since. Null where it had changed before the locks. */
async function tryOpen(client: pg.Client): Promise<TableFacts[] | null> {
  const expected = await listTables(client);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  try {
    const idents = expected.map((table) => table.ident).join(", ");
    if (idents !== "") await client.query(`LOCK TABLE ${idents} IN ACCESS SHARE MODE`);
    const found = await listTables(client);
    if (describe(found) === describe(expected)) return found;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE)) throw error;
  }
  await client.query("ROLLBACK");
  return null;
}

function describe(tables: TableFacts[]): string {
  return JSON.stringify(tables.map(({ ident, columns }) => [ident, columns]));
}

async function refuseHidden(client: pg.Client): Promise<void> {
  const hidden = await listHiddenTables(client);
  if (hidden.length === 0) return;
  throw new BackupError(
    "rows-hidden",
    `row-level security may hide rows of ${hidden.join(", ")} from this role, so the backup would not be whole; use the owner's address`,
    { data: { tables: hidden } },
  );
}

async function readFacts(client: pg.Client): Promise<Pick<Snapshot, "id" | "serverMajor" | "head">> {
  const answer = await client.query<{ id: string; taken_at: Date; version: string; number: number }>(
    `SELECT pg_export_snapshot() AS id, now() AS taken_at, current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS number`,
  );
  const row = answer.rows[0];
  if (row === undefined) throw new Error("a SELECT without FROM gave no row");
  const migrations = await readMigrations(client);
  return {
    id: row.id,
    serverMajor: Math.floor(row.number / 10_000),
    head: {
      format: FORMAT,
      takenAt: row.taken_at.toISOString(),
      serverVersion: row.version,
      version: migrations.at(-1)?.version ?? 0,
      migrations,
    },
  };
}

/** Empty where there is no record, or one of another program. */
async function readMigrations(client: pg.Client): Promise<MigrationFact[]> {
  const ours = await client.query(
    `SELECT FROM pg_catalog.pg_attribute
     WHERE attrelid = pg_catalog.to_regclass('public.schema_migrations') AND NOT attisdropped
       AND (attname, pg_catalog.format_type(atttypid, atttypmod)) IN (('version', 'integer'), ('name', 'text'), ('checksum', 'character(64)'))`,
  );
  if (ours.rowCount !== 3) return [];
  const answer = await client.query<MigrationFact>(
    "SELECT version, name, checksum FROM public.schema_migrations ORDER BY version",
  );
  return answer.rows;
}
