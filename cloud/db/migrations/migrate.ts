// Brings a database to the version of the code, or back: one transaction per migration, one program at a time.
// What a migration file is stands in migration-files.ts, what a database remembers in migration-record.ts; the roles are ensureRoles'.
import type pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { ensureRoles } from "../roles/roles.ts";
import { explainLostConnection, isConnectionLost } from "./connect-failure.ts";
import { MigrationError } from "./migration-error.ts";
import { loadMigrations, type Migration } from "./migration-files.ts";
import { withMigrationLock } from "./migration-lock.ts";
import { countApplied, createRecord, readRecord } from "./migration-record.ts";
import { checkRights } from "./migration-rights.ts";
import { applyStep, type Direction } from "./migration-step.ts";
import { checkVersion } from "./migration-target.ts";
import { type MigrationTarget, withOwner } from "./owner-connection.ts";

export interface MigrateOptions {
  log: DatabaseLog;
  /** The files of ./migrations unless told. */
  migrations?: Migration[];
  /** The version to stop at, 0 for the empty database. Unless told: the newest for up, the one before the present one for down. */
  to?: number;
  /** How long to wait for another program that is migrating; 60 000 unless told. */
  lockWithinMs?: number;
  /** Called before each migration, for those who wait. */
  onStepBegin?(version: number, name: string, direction: Direction): void;
  /** Called after each migration that was committed; `ms` is how long it took. */
  onStep?(version: number, name: string, direction: Direction, ms: number): void;
}

export interface MigrateResult {
  /** Versions applied or taken back, in that order. */
  done: number[];
  /** Where the database stands now. */
  version: number;
}

/**
 * Applies what is missing; doing it again does nothing. Creates the roles first, and makes the partitions for the months to come.
 * @throws MigrationError; what was applied before the failing migration stays applied. RolesError of ensureRoles.
 */
export function migrateUp(target: MigrationTarget, options: MigrateOptions): Promise<MigrateResult> {
  return migrate(target, options, async (client, migrations, applied) => {
    const to = options.to ?? migrations.length;
    checkVersion(to, migrations);
    const pending = migrations.slice(applied, Math.max(to, applied));
    if (pending.length > 0) await checkRights(client);
    await ensureRoles(client);
    await applySteps(client, pending, "up", options);
    await ensurePartitions(client);
    return pending;
  });
}

/**
 * Takes back every migration above `to`, newest first, with the data that older versions cannot hold (findLoss tells which).
 * @throws MigrationError; what was taken back before the failing migration stays so.
 */
export function migrateDown(target: MigrationTarget, options: MigrateOptions): Promise<MigrateResult> {
  return migrate(target, options, async (client, migrations, applied) => {
    const to = options.to ?? Math.max(applied - 1, 0);
    checkVersion(to, migrations);
    const undone = migrations.slice(to, applied).reverse();
    if (undone.length > 0) await checkRights(client);
    await applySteps(client, undone, "down", options);
    return undone;
  });
}

type Work = (client: pg.Client, migrations: Migration[], applied: number) => Promise<Migration[]>;

async function migrate(target: MigrationTarget, options: MigrateOptions, work: Work): Promise<MigrateResult> {
  const migrations = options.migrations ?? (await loadMigrations());
  const readVersion = async (client: pg.Client) =>
    countApplied((await readRecord(client, migrations)).rows, migrations);
  return withOwner(target, async (client) => {
    try {
      return await withMigrationLock(client, options.lockWithinMs, async () => {
        await createRecord(client, migrations, options.log);
        const done = await work(client, migrations, await readVersion(client));
        return { done: done.map((one) => one.version), version: await readVersion(client) };
      });
    } catch (error) {
      throw isConnectionLost(error) ? explainLostConnection(error, "migrating") : error;
    }
  });
}

async function applySteps(
  client: pg.Client,
  steps: Migration[],
  direction: Direction,
  options: MigrateOptions,
): Promise<void> {
  for (const migration of steps) {
    const { version, name } = migration;
    options.onStepBegin?.(version, name, direction);
    const ms = await applyStep(client, migration, direction);
    options.log.info({ version, name, ms }, direction === "up" ? "migration applied" : "migration taken back");
    options.onStep?.(version, name, direction, ms);
  }
}

/** Every time, since a program may have been killed before it. Older versions know no such function. */
async function ensurePartitions(client: pg.Client): Promise<void> {
  const found = await client.query("SELECT FROM pg_proc WHERE oid = to_regproc('public.ensure_partitions')");
  if (found.rowCount === 0) return;
  try {
    await client.query("SELECT public.ensure_partitions()");
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const text = `the migrations are applied, yet the partitions for the coming months could not be made: ${reason}`;
    throw new MigrationError("migration-failed", text, { cause: error });
  }
}
