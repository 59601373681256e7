// Owns checkpoints: names for versions that somebody may want to go back to. Taking the backup that belongs to one is the caller's.
import type pg from "pg";
import { MigrationError } from "./migration-error.ts";
import { formatVersion, loadMigrations, type Migration } from "./migration-files.ts";
import { withMigrationLock } from "./migration-lock.ts";
import { countApplied, createCheckpointTable, hasCheckpoints, readRecord } from "./migration-record.ts";
import { findVersion } from "./migration-target.ts";
import { inTransaction, type MigrationTarget, withOwner } from "./owner-connection.ts";

export interface Checkpoint {
  name: string;
  version: number;
  createdAt: Date;
  /** The backup that was taken with it. */
  backupFile: string | null;
}

export interface CheckpointOptions {
  /** Recorded with the checkpoint; unless told, what is recorded stays. */
  backupFile?: string;
  migrations?: Migration[];
  /** How long to wait for another program that is migrating; 60 000 unless told. */
  lockWithinMs?: number;
}

export interface RollbackPlan {
  /** Where the database stands, and what migrateDown is to be told as `to`. */
  from: number;
  to: number;
  /** Null where a migration was named. */
  checkpoint: Checkpoint | null;
  /** The names of the migrations to take back, in that order. */
  undone: string[];
}

/** Begins with a letter, so that no checkpoint can be taken for a migration. */
const NAME = /^[a-zA-Z][a-zA-Z0-9._-]{0,62}$/;
const COLUMNS = `name, version, created_at AS "createdAt", backup_file AS "backupFile"`;

/**
 * Remembers the version the database stands at. Doing it again at the same version changes nothing but the backup.
 * @throws MigrationError `name-refused`; `name-taken` where the name stands for another version; `migration-locked`, and those of connecting
 */
export async function createCheckpoint(
  target: MigrationTarget,
  name: string,
  options: CheckpointOptions = {},
): Promise<Checkpoint> {
  if (!NAME.test(name)) {
    const text = `"${name}" is no name for a checkpoint: begin with a letter, go on with letters, digits, . _ and -, 63 at most`;
    throw new MigrationError("name-refused", text);
  }
  const migrations = options.migrations ?? (await loadMigrations());
  return withOwner(target, (client) =>
    withMigrationLock(client, options.lockWithinMs, async () => {
      const version = await readVersion(client, migrations);
      await createCheckpointTable(client);
      await client.query(
        `INSERT INTO schema_checkpoints AS c (name, version, backup_file) VALUES ($1, $2, $3)
          ON CONFLICT (name) DO UPDATE SET backup_file = coalesce(excluded.backup_file, c.backup_file)
          WHERE c.version = excluded.version`,
        [name, version, options.backupFile ?? null],
      );
      const checkpoint = (await readCheckpoints(client)).find((one) => one.name === name);
      if (checkpoint?.version === version) return checkpoint;
      const text = `checkpoint ${name} stands for ${formatVersion(checkpoint?.version ?? 0)} already: choose another name`;
      throw new MigrationError("name-taken", text, { data: { name, version: checkpoint?.version } });
    }),
  );
}

/** Newest first. Changes nothing. */
export function listCheckpoints(target: MigrationTarget): Promise<Checkpoint[]> {
  return withOwner(target, readCheckpoints);
}

/**
 * What going back to a checkpoint or a migration (`009`, `009_devices`: it stays applied) means. Changes nothing.
 * @throws MigrationError `checkpoint-not-found` with what there is, `rollback-upward`, and those of the record
 */
export async function planRollback(
  target: MigrationTarget,
  nameOrMigration: string,
  options: { migrations?: Migration[] } = {},
): Promise<RollbackPlan> {
  const migrations = options.migrations ?? (await loadMigrations());
  const read = async (client: pg.Client) => {
    return { from: await readVersion(client, migrations), checkpoints: await readCheckpoints(client) };
  };
  const { from, checkpoints } = await withOwner(target, (client) =>
    inTransaction(client, () => read(client), "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
  );
  const checkpoint = checkpoints.find((one) => one.name === nameOrMigration) ?? null;
  const to = checkpoint?.version ?? findVersion(nameOrMigration, migrations);
  if (to === null) throw notFound(nameOrMigration, checkpoints, migrations.slice(0, from));
  if (to > from) {
    const text = `the database stands at ${formatVersion(from)}, which is before ${nameOrMigration}: migrate up to get there`;
    throw new MigrationError("rollback-upward", text, { data: { from, to } });
  }
  const undone = migrations.slice(to, from).map((migration) => migration.name);
  return { from, to, checkpoint, undone: undone.reverse() };
}

async function readVersion(client: pg.Client, migrations: Migration[]): Promise<number> {
  return countApplied((await readRecord(client, migrations)).rows, migrations);
}

async function readCheckpoints(client: pg.Client): Promise<Checkpoint[]> {
  if (!(await hasCheckpoints(client))) return [];
  const answer = await client.query<Checkpoint>(
    `SELECT ${COLUMNS} FROM schema_checkpoints ORDER BY created_at DESC, name`,
  );
  return answer.rows;
}

function notFound(asked: string, checkpoints: Checkpoint[], applied: Migration[]): MigrationError {
  const known = checkpoints.map(({ name, version }) => `${name} (at ${formatVersion(version)})`).join(", ");
  const names = applied.map((migration) => migration.name).join(", ");
  return new MigrationError(
    "checkpoint-not-found",
    `there is no checkpoint or migration ${asked}; checkpoints: ${known || "none"}; applied migrations: ${names || "none"}`,
    { data: { asked, checkpoints: checkpoints.map(({ name }) => name) } },
  );
}
