// The migrations on a real server: up, down, up again, and what is refused.
import * as assert from "uvu/assert";
import { type MigrateResult, migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema, listColumns } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { MOUSETRAP_COLUMNS } from "./mousetrap.ts";

const test = suite("migrate");
const database = useEmptiedDatabase(test);

async function getMigrationError(promise: Promise<MigrateResult>): Promise<MigrationError> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  return error;
}

test("after 006 the tables, columns and types are those of the mousetrap product, and no others", async () => {
  await migrateUp(database.client, { log, to: 6 });
  const found: Record<string, Record<string, string>> = {};
  for (const { table_name, column_name, type } of await listColumns(database.client)) {
    found[table_name] = { ...found[table_name], [column_name]: type };
  }
  assert.equal(sortKeys(found), sortKeys(MOUSETRAP_COLUMNS));
});

function sortKeys(tables: Record<string, Record<string, string>>): unknown {
  const sorted = (object: Record<string, unknown>) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted(Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, sorted(columns)])));
}

test("up from nothing, again, down to any version and up again: each version looks the same from both sides", async () => {
  const newest = (await loadMigrations()).length;
  const looks: string[][] = [];
  for (let version = 0; version <= newest; version += 1) {
    await migrateUp(database.client, { log, to: version });
    looks.push(await describeSchema(database.client));
  }
  assert.equal((await migrateUp(database.client, { log })).done, []);
  for (let version = newest; version >= 0; version -= 1) {
    assert.is((await migrateDown(database.client, { log, to: version })).version, version);
    assert.equal(await describeSchema(database.client), looks[version], `version ${version} after going back to it`);
  }
  assert.is((await migrateUp(database.url, { log })).version, newest);
  assert.equal(await describeSchema(database.client), looks[newest]);
});

test("two programs that migrate at once apply every migration once", async () => {
  const results = await Promise.all([migrateUp(database.url, { log }), migrateUp(database.url, { log })]);
  const done = results.flatMap((result) => result.done).sort((a, b) => a - b);
  assert.equal(
    done,
    (await loadMigrations()).map((migration) => migration.version),
  );
});

test("a program that waits too long for another one's migration says so", async () => {
  await database.client.query("SELECT pg_advisory_lock(7472617001)");
  const error = await getMigrationError(migrateUp(database.url, { log, lockWithinMs: 1 }));
  assert.is(error.code, "migration-locked");
});

const EXTRA = "-- UP\nCREATE TABLE extra (id int);\n-- DOWN\nDROP TABLE extra;\n";

async function loadWith(...more: [name: string, text: string][]): Promise<Migration[]> {
  return [...(await loadMigrations()), ...more.map(([name, text]) => parseMigration(name, text))];
}

function nextName(migrations: Migration[], words: string): string {
  return `${String(migrations.length + 1).padStart(3, "0")}_${words}.sql`;
}

test("a file that was changed after it had been applied is refused", async () => {
  const name = nextName(await loadMigrations(), "extra");
  await migrateUp(database.client, { log, migrations: await loadWith([name, EXTRA]) });
  const changed = await loadWith([name, EXTRA.replace("int", "text")]);
  const error = await getMigrationError(migrateUp(database.client, { log, migrations: changed }));
  assert.is(error.code, "migration-changed");
  assert.match(error.message, /restore the file/);
});

test("a database that is newer than the program is refused", async () => {
  const name = nextName(await loadMigrations(), "extra");
  await migrateUp(database.client, { log, migrations: await loadWith([name, EXTRA]) });
  const error = await getMigrationError(migrateUp(database.client, { log }));
  assert.is(error.code, "migration-unknown");
});

test("a migration that fails leaves nothing of itself behind, and what came before it stays", async () => {
  const name = nextName(await loadMigrations(), "broken");
  const broken = await loadWith([name, "-- UP\nCREATE TABLE half (id int);\nSELECT 1/0;\n-- DOWN\nDROP TABLE half;\n"]);
  const error = await getMigrationError(migrateUp(database.client, { log, migrations: broken }));
  assert.is(error.code, "migration-failed");
  assert.match(error.message, /division by zero/);
  const half = await database.client.query("SELECT to_regclass('half') AS found");
  assert.is(half.rows[0].found, null);
  assert.is((await migrateUp(database.client, { log })).version, broken.length - 1);
});
