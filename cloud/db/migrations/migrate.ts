// Brings a database to the version of the code, or back: one transaction per migration, one program at a time.
// What a migration file is stands in migration-files.ts; a database of the mousetrap product is taken over by adopt.ts.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { adoptForeignRecord } from "./adopt.ts";
import { MigrationError } from "./migration-error.ts";
import { loadMigrations, type Migration } from "./migration-files.ts";

export interface MigrateOptions {
  log: DatabaseLog;
  /** The files of ./migrations unless told. */
  migrations?: Migration[];
  /** The version to stop at; for up the newest unless told, for down 0 is the empty database. */
  to?: number;
  /** How long to wait for another program that is migrating; 60 000 unless told. */
  lockWithinMs?: number;
}

export interface MigrateResult {
  /** Versions applied or taken back, in that order. */
  done: number[];
  /** Where the database stands now. */
  version: number;
}

type Target = string | pg.Client;

const LOCK_WITHIN_MS = 60_000;
const LOCK_POLL_MS = 100;
/** Any constant does, as long as nothing else in the database locks the same number. */
const LOCK_KEY = 7_472_617_001;
/** ON DELETE SET NULL with a column list came with 15. */
const SERVER_VERSION_MIN = 150_000;

/**
 * Applies what is missing; doing it again does nothing.
 * @throws MigrationError; what was applied before the failing migration stays applied.
 */
export function migrateUp(target: Target, options: MigrateOptions): Promise<MigrateResult> {
  return migrate(target, options, async (client, migrations, applied) => {
    const to = options.to ?? migrations.length;
    const pending = migrations.slice(applied, Math.max(to, applied));
    for (const migration of pending) {
      await apply(client, migration, migration.up, async () => {
        await client.query("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", [
          migration.version,
          migration.name,
          migration.checksum,
        ]);
      });
      options.log.info({ version: migration.version, name: migration.name }, "migration applied");
    }
    return pending;
  });
}

/** Takes back every migration above `to`, newest first, with the data that older versions cannot hold. */
export function migrateDown(target: Target, options: MigrateOptions & { to: number }): Promise<MigrateResult> {
  return migrate(target, options, async (client, migrations, applied) => {
    const undone = migrations.slice(options.to, applied).reverse();
    for (const migration of undone) {
      await apply(client, migration, migration.down, async () => {
        await client.query("DELETE FROM schema_migrations WHERE version = $1", [migration.version]);
      });
      options.log.info({ version: migration.version, name: migration.name }, "migration taken back");
    }
    return undone;
  });
}

type Step = (client: pg.Client, migrations: Migration[], applied: number) => Promise<Migration[]>;

async function migrate(target: Target, options: MigrateOptions, step: Step): Promise<MigrateResult> {
  const migrations = options.migrations ?? (await loadMigrations());
  return withClient(target, options.log, async (client) => {
    await checkServer(client);
    await lock(client, options.lockWithinMs ?? LOCK_WITHIN_MS);
    try {
      await createRecord(client, migrations, options.log);
      const done = await step(client, migrations, await readApplied(client, migrations));
      return { done: done.map((one) => one.version), version: await readApplied(client, migrations) };
    } finally {
      await client.query("SELECT pg_advisory_unlock($1)", [LOCK_KEY]);
    }
  });
}

async function withClient<T>(target: Target, log: DatabaseLog, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  if (typeof target !== "string") return fn(target);
  const client = new pg.Client({ connectionString: target, application_name: "trapline-migrate" });
  client.on("error", (error) => log.warn({ err: error }, "database connection lost"));
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const answer = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  const version = answer.rows[0]?.version ?? 0;
  if (version >= SERVER_VERSION_MIN) return;
  throw new MigrationError("server-too-old", `this PostgreSQL has version number ${version}; use version 15 or later`, {
    data: { version },
  });
}

/** By asking again and again: a session that waits inside pg_advisory_lock would block CREATE INDEX CONCURRENTLY. */
async function lock(client: pg.Client, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [LOCK_KEY]);
    if (answer.rows[0]?.locked) return;
    if (performance.now() > deadline) {
      throw new MigrationError(
        "migration-locked",
        `another program has been migrating this database for ${withinMs} ms`,
      );
    }
    await delay(LOCK_POLL_MS);
  }
}

async function createRecord(client: pg.Client, migrations: Migration[], log: DatabaseLog): Promise<void> {
  const create = () =>
    client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      checksum char(64) NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  await inTransaction(client, async () => {
    await adoptForeignRecord(client, migrations, create, log);
    await create();
  });
}

/** How many migrations are applied; they are always the first ones, unchanged. */
async function readApplied(client: pg.Client, migrations: Migration[]): Promise<number> {
  const answer = await client.query<{ version: number; name: string; checksum: string }>(
    "SELECT version, name, checksum FROM schema_migrations ORDER BY version",
  );
  for (const [index, row] of answer.rows.entries()) {
    const migration = migrations[row.version - 1];
    const data = { version: row.version, name: row.name };
    if (migration === undefined) {
      throw new MigrationError(
        "migration-unknown",
        `the database stands at ${row.name}, which this program does not know: it is older than the database; ` +
          "start the newer program, or take the migration back with it",
        { data },
      );
    }
    if (row.version !== index + 1) {
      throw new MigrationError("migration-record", `schema_migrations lacks version ${index + 1}`, { data });
    }
    if (row.checksum !== migration.checksum || row.name !== migration.name) {
      throw new MigrationError(
        "migration-changed",
        `${migration.name}.sql was changed after it had been applied; restore the file and write a new migration instead`,
        { data: { ...data, applied: row.checksum, file: migration.checksum } },
      );
    }
  }
  return answer.rows.length;
}

async function apply(
  client: pg.Client,
  migration: Migration,
  text: string,
  record: () => Promise<void>,
): Promise<void> {
  try {
    await inTransaction(client, async () => {
      await client.query(text);
      await record();
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError("migration-failed", `${migration.name} failed and left nothing behind: ${reason}`, {
      data: { version: migration.version, name: migration.name },
      cause: error,
    });
  }
}

async function inTransaction(client: pg.Client, fn: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await fn();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
