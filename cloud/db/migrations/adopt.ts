// Takes over the record of a database that the mousetrap product migrated: its schema_migrations has no checksums and
// columns nobody wrote down, so the versions are looked for in whatever text it holds. Its table is kept under another name [SCHEMA-2].
import type pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-files.ts";

/** The last migration both products share; beyond it a mousetrap database is a stranger. */
const SHARED_VERSION_MAX = 6;

/** Which migrations such a record says were applied. @throws MigrationError `migration-record` */
export async function readForeignVersions(client: pg.Client): Promise<number[]> {
  const rows = await client.query<{ row: Record<string, unknown> }>(
    "SELECT to_jsonb(s) AS row FROM schema_migrations s",
  );
  return listVersions(rows.rows.map((one) => one.row));
}

/**
 * Runs in the caller's transaction.
 * @param create the statement that creates our own record
 */
export async function adoptForeignRecord(
  client: pg.Client,
  migrations: Migration[],
  create: string,
  log: DatabaseLog,
): Promise<void> {
  const versions = await readForeignVersions(client);
  await client.query("ALTER TABLE schema_migrations RENAME TO schema_migrations_before_trapline");
  await renameIndexes(client);
  await client.query(create);
  for (const migration of migrations.slice(0, versions.length)) {
    await client.query("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
  }
  log.info({ version: versions.length }, "record of a mousetrap database taken over");
}

const NAMED = /^(?:.*\/)?(\d{3})(?:_.*|\.sql)?$/;

/** Reads `3`, `"003"` or `"003_add_claim_codes.sql"`, with a path before it or not, in any column. Pure. */
export function listVersions(rows: Record<string, unknown>[]): number[] {
  const versions = rows.map((row) => {
    const named = Object.values(row).map((value) => NAMED.exec(typeof value === "string" ? value : "")?.[1]);
    return Number(named.find((version) => version !== undefined) ?? row.version);
  });
  versions.sort((a, b) => a - b);
  const whole = versions.every((version, index) => version === index + 1);
  if (whole && versions.length <= SHARED_VERSION_MAX) return versions;
  throw new MigrationError(
    "migration-record",
    "schema_migrations was written by another program, and its versions are not the first of 1 to 6; " +
      "bring the database to 006 with that program first",
    { data: { versions } },
  );
}

/** The old table keeps its indexes, and the new one wants the name of the primary key. */
async function renameIndexes(client: pg.Client): Promise<void> {
  await client.query(`DO $$
    DECLARE
      index_name text;
    BEGIN
      FOR index_name IN
        SELECT indexname FROM pg_indexes
        WHERE schemaname = current_schema() AND tablename = 'schema_migrations_before_trapline'
      LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', index_name, left(index_name, 40) || '_before_trapline');
      END LOOP;
    END;
  $$`);
}
