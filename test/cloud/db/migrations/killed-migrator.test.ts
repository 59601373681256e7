// A migrator is killed: after each statement of each section, between a section and its mark, at the commit, and as a process. What is
// left is the version before or the version after, whole, and the next run completes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, type Migration } from "../../../../cloud/db/migrations/migration-files.ts";
import { readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import type { Direction } from "../../../../cloud/db/migrations/migration-step.ts";
import { createProgramEnvironment } from "../../../support/config.ts";
import { eventually } from "../../../support/eventually.ts";
import { getSeed } from "../../../support/property.ts";
import { getRejection } from "../../../support/rejection.ts";
import { listStatements } from "../../../support/sql-statements.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("killed migrator", { limitMs: 120_000 });
const database = useEmptiedDatabase(test);
const ROOT = path.resolve(import.meta.dirname, "../../../..");
const PROGRAM = path.join(import.meta.dirname, "migrate-program.ts");
/** Beside the first, the middle and the last one of each section. */
const MORE_CUTS = 2;
const DIE = "SELECT pg_terminate_backend(pg_backend_pid())";

/** After how many statements to die, each once; the chance is the seed's. */
function chooseCuts(statements: number, salt: number): number[] {
  const any = fc.sample(fc.integer({ min: 0, max: statements }), { seed: getSeed() + salt, numRuns: MORE_CUTS });
  const cuts = new Set([0, 1, Math.floor(statements / 2), statements, ...any]);
  return [...cuts].filter((cut) => cut <= statements).sort((a, b) => a - b);
}

async function assertLost(promise: Promise<unknown>, what: string): Promise<void> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError && error.code === "connection-lost", `${what}: ${error}`);
}

/** Takes one step with each of its chosen statements as the last, from the version that the database is at, and sees nothing done. */
async function cutStep(migrations: Migration[], migration: Migration, direction: Direction): Promise<number> {
  const statements = listStatements(migration[direction]);
  const look = await describeSchema(database.client);
  const { version } = await readStatus(database.client, { migrations });
  const cuts = chooseCuts(statements.length, migration.version);
  for (const cut of cuts) {
    const what = `${migration.name} ${direction}, killed after statement ${cut} of ${statements.length}`;
    const section = [...statements.slice(0, cut), DIE, ""].join(";\n");
    const short = migrations.map((one) => (one === migration ? { ...one, [direction]: section } : one));
    const options = { log, migrations: short, to: direction === "up" ? migration.version : migration.version - 1 };
    await assertLost((direction === "up" ? migrateUp : migrateDown)(database.url, options), what);
    const status = await readStatus(database.client, { migrations });
    assert.is(status.version, version, what);
    assert.is(status.problem, null, what);
  }
  assert.equal(await describeSchema(database.client), look, `${migration.name} ${direction}, killed after ${cuts}`);
  return cuts.length;
}

test("killed after any statement of any section nothing of it is left, and the next run completes", async () => {
  const migrations = await loadMigrations();
  const looks: string[][] = [];
  let cuts = 0;
  await migrateUp(database.url, { log, migrations, to: 0 });
  looks.push(await describeSchema(database.client));
  for (const migration of migrations) {
    cuts += await cutStep(migrations, migration, "up");
    assert.equal((await migrateUp(database.url, { log, migrations, to: migration.version })).done, [migration.version]);
    looks.push(await describeSchema(database.client));
  }
  for (const migration of [...migrations].reverse()) {
    cuts += await cutStep(migrations, migration, "down");
    assert.equal((await migrateDown(database.url, { log, migrations })).done, [migration.version]);
    assert.equal(await describeSchema(database.client), looks[migration.version - 1], migration.name);
  }
  await migrateUp(database.url, { log, migrations });
  assert.equal(await describeSchema(database.client), looks[migrations.length]);
  console.log(`killed ${cuts} times`);
});

const MOMENTS: [what: string, trigger: string][] = [
  ["between a section and the end of its mark", "CREATE TRIGGER die AFTER INSERT OR DELETE"],
  ["at the commit", "CREATE CONSTRAINT TRIGGER die AFTER INSERT OR DELETE"],
];

for (const [what, trigger] of MOMENTS) {
  test(`killed ${what} nothing of the step is left, and the next run completes`, async () => {
    const migrations = SMALL;
    await migrateUp(database.url, { log, migrations, to: 2 });
    const look = await describeSchema(database.client);
    const late = trigger.includes("CONSTRAINT") ? "DEFERRABLE INITIALLY DEFERRED" : "";
    for (const migrate of [migrateUp, migrateDown]) {
      await database.client.query(`
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        ${trigger} ON schema_migrations ${late} FOR EACH ROW EXECUTE FUNCTION die()`);
      await assertLost(migrate(database.url, { log, migrations }), what);
      await database.client.query("DROP FUNCTION die CASCADE");
      assert.equal(await describeSchema(database.client), look);
    }
    assert.equal((await migrateUp(database.url, { log, migrations })).done, [3]);
    assert.equal((await migrateDown(database.url, { log, migrations, to: 0 })).done, [3, 2, 1]);
  });
}

test("killed while a mousetrap database is taken over, its record is as it was, and the next run takes it over", async () => {
  await migrateUp(database.url, { log, to: 6 });
  const who = await database.client.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
  if (!who.rows[0]?.rolsuper) test.skip("only a superuser may watch statements that create tables");
  await database.client.query(`DROP TABLE schema_migrations, schema_checkpoints;
    CREATE TABLE schema_migrations (version text PRIMARY KEY);
    INSERT INTO schema_migrations SELECT lpad(n::text, 3, '0') FROM generate_series(1, 6) AS n`);
  const look = await describeSchema(database.client);
  await database.client.query(`
    CREATE FUNCTION die() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;
    CREATE EVENT TRIGGER die ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION die()`);
  await assertLost(migrateUp(database.url, { log }), "adopting");
  await database.client.query("DROP EVENT TRIGGER die; DROP FUNCTION die");
  assert.equal(await describeSchema(database.client), look);
  const kept = await database.client.query("SELECT count(*)::int AS rows FROM schema_migrations");
  assert.is(kept.rows[0].rows, 6);
  assert.is((await migrateUp(database.url, { log })).done[0], 7);
});

/** Starts the program, and ends it with SIGKILL as soon as it is `busy`. */
async function killWhen(busy: () => Promise<unknown>, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, database.url, ...args], {
    cwd: ROOT,
    env: createProgramEnvironment(),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  await eventually(busy, { withinMs: 30_000, because: "the program is where it is to be killed" });
  child.kill("SIGKILL");
  const [code, signal] = await ended;
  assert.is(signal, "SIGKILL", `it ended by itself with ${code}`);
}

/** Kills it in the transaction of one step, which waits at its mark until then. */
async function killInStep(step: number, to: number): Promise<void> {
  await database.client.query(`
    SELECT pg_advisory_lock(43);
    CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(43); RETURN NULL; END $$;
    CREATE TRIGGER wait_up AFTER INSERT ON schema_migrations FOR EACH ROW WHEN (NEW.version = ${step}) EXECUTE FUNCTION wait_here();
    CREATE TRIGGER wait_down AFTER DELETE ON schema_migrations FOR EACH ROW WHEN (OLD.version = ${step}) EXECUTE FUNCTION wait_here()`);
  const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 43 AND NOT granted";
  await killWhen(async () => (await database.client.query(waiting)).rowCount, String(to));
  await database.client.query("SELECT pg_advisory_unlock(43); DROP FUNCTION wait_here CASCADE");
}

test("killed as a process in the middle of a step, up and down, the next run completes", async () => {
  const newest = (await loadMigrations()).length;
  await migrateUp(database.url, { log, to: 0 });
  const empty = await describeSchema(database.client);
  const [up = 1, down = 1] = fc.sample(fc.integer({ min: 1, max: newest }), { seed: getSeed(), numRuns: 2 });

  await killInStep(up, newest);
  const done = Array.from({ length: newest }, (_, index) => index + 1);
  assert.equal((await migrateUp(database.url, { log })).done, done.slice(up - 1));
  const full = await describeSchema(database.client);

  await killInStep(down, 0);
  assert.equal((await migrateDown(database.url, { log, to: 0 })).done, done.slice(0, down).reverse());
  assert.equal(await describeSchema(database.client), empty);
  await migrateUp(database.url, { log });
  assert.equal(await describeSchema(database.client), full);
});

test("killed as a process in a statement that takes long, the server notices and lets the next run work", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-slow-"));
  fs.writeFileSync(path.join(folder, "001_slow.sql"), "-- UP\nSELECT pg_sleep(100);\n-- DOWN\nSELECT 1;\n");
  const sleeping = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
  const busy = async () => (await database.client.query(sleeping)).rowCount;
  await killWhen(busy, "1", folder).finally(() => fs.rmSync(folder, { recursive: true }));
  const result = await migrateUp(database.url, { log, migrations: SMALL, lockWithinMs: 30_000 });
  assert.equal(result.done, [1, 2, 3]);
});
