// Tells how a database stands to the migration files. Reads alone: an empty database and one of another product stay as they are.
import { MigrationError } from "./migration-error.ts";
import { findText, loadMigrations, type Migration } from "./migration-files.ts";
import { countApplied, type MigrationRecord, type RecordRow, readRecord } from "./migration-record.ts";
import { inTransaction, type MigrationTarget, withOwner } from "./owner-connection.ts";

export interface MigrationState {
  version: number;
  name: string;
  /** `changed`: the file is not what was applied. `unknown`: the database knows it and the files do not. */
  state: "applied" | "pending" | "changed" | "unknown";
  /** Null for what is not applied, or was by the mousetrap product. */
  appliedAt: Date | null;
  /** Why the file was corrected since: the database applied an earlier text of it, which is as good. */
  earlier: string | null;
}

export interface MigrationStatus {
  /** The newest applied version, 0 for none. */
  version: number;
  /** The newest version of the files. */
  newest: number;
  /** The database was migrated by a newer program. */
  databaseIsNewer: boolean;
  /** Who wrote the record: nobody, we, the mousetrap product (taken over by migrating up), or a stranger. */
  record: MigrationRecord["kind"] | "foreign";
  migrations: MigrationState[];
  /** Why migrating would be refused: a changed file, a newer database, a record with a gap or by a stranger. */
  problem: MigrationError | null;
}

/** @throws MigrationError of connecting, `permission-missing`, `migration-malformed` */
export async function readStatus(
  target: MigrationTarget,
  options: { migrations?: Migration[] } = {},
): Promise<MigrationStatus> {
  const migrations = options.migrations ?? (await loadMigrations());
  return withOwner(target, async (client) => {
    const read = () => readRecord(client, migrations);
    try {
      const record = await inTransaction(client, read, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      return describeRecord(record, migrations);
    } catch (error) {
      if (!(error instanceof MigrationError) || error.code !== "migration-record") throw error;
      return { ...describeRecord({ kind: "none", rows: [] }, migrations), record: "foreign", problem: error };
    }
  });
}

/** Pure. */
export function describeRecord({ kind, rows }: MigrationRecord, migrations: Migration[]): MigrationStatus {
  const version = rows.at(-1)?.version ?? 0;
  const known = migrations.map((migration) => describeMigration(migration, rows));
  const unknown = rows
    .filter((row) => migrations[row.version - 1] === undefined)
    .map(({ version, name, applied_at: appliedAt }): MigrationState => {
      return { version, name, state: "unknown", appliedAt, earlier: null };
    });
  const newest = migrations.length;
  return {
    version,
    newest,
    databaseIsNewer: version > newest,
    record: kind,
    migrations: [...known, ...unknown],
    problem: findProblem(rows, migrations),
  };
}

function describeMigration(migration: Migration, rows: RecordRow[]): MigrationState {
  const { version, name } = migration;
  const row = rows.find((one) => one.version === version);
  if (row === undefined) return { version, name, state: "pending", appliedAt: null, earlier: null };
  const text = row.name === name ? findText(migration, row.checksum) : null;
  return {
    version,
    name,
    state: text === null ? "changed" : "applied",
    appliedAt: row.applied_at,
    earlier: text === null || text === "current" ? null : text.reason,
  };
}

function findProblem(rows: RecordRow[], migrations: Migration[]): MigrationError | null {
  try {
    countApplied(rows, migrations);
    return null;
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
}
