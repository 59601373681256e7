// What surrounds the steps of migrating: where they end, who hears of them, the roles before and the partitions after them.
import * as assert from "uvu/assert";
import { type MigrateOptions, migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError, type MigrationErrorCode } from "../../../../cloud/db/migrations/migration-error.ts";
import { type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../../../cloud/db/migrations/owner-connection.ts";
import { ROLES } from "../../../../cloud/db/roles/roles.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("steps of migrating");
const database = useEmptiedDatabase(test);
const small: MigrateOptions = { log, migrations: SMALL };

async function assertRefused(promise: Promise<unknown>, code: MigrationErrorCode, message: RegExp): Promise<void> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  assert.is(error.code, code);
  assert.match(error.message, message);
}

for (const to of [99, 4, -1, 0.5]) {
  test(`there is no version ${to} to migrate to, neither up nor down`, async () => {
    await migrateUp(database.client, { ...small, to: 1 });
    const look = await describeSchema(database.client);
    await assertRefused(migrateUp(database.client, { ...small, to }), "migration-not-found", /001_people to 003_marks/);
    await assertRefused(migrateDown(database.client, { ...small, to }), "migration-not-found", /no migration/);
    assert.equal(await describeSchema(database.client), look);
  });
}

test("down without a version takes back one, and of nothing nothing", async () => {
  await migrateUp(database.client, small);
  assert.equal(await migrateDown(database.client, small), { done: [3], version: 2 });
  assert.equal(await migrateDown(database.client, { ...small, to: 3 }), { done: [], version: 2 });
  await migrateDown(database.client, { ...small, to: 0 });
  assert.equal(await migrateDown(database.client, small), { done: [], version: 0 });
});

test("down refuses what the files do not know, as up does", async () => {
  await migrateUp(database.client, small);
  const older = { ...small, migrations: SMALL.slice(0, 2) };
  await assertRefused(migrateDown(database.client, older), "migration-unknown", /stands at 003_marks/);
  const changed = SMALL.map((one) => ({ ...one, checksum: "0".repeat(64) }));
  await assertRefused(
    migrateDown(database.client, { ...small, migrations: changed }),
    "migration-changed",
    /001_people\.sql was changed after it had been applied; restore the file/,
  );
  await database.client.query("DELETE FROM schema_migrations WHERE version = 1");
  await assertRefused(migrateDown(database.client, small), "migration-record", /lacks version 1/);
});

test("who waits hears of each step as it begins and when it is done, with how long it took", async () => {
  const heard: string[] = [];
  const options: MigrateOptions = {
    ...small,
    onStepBegin: (version, name, direction) => heard.push(`${direction} ${version} ${name}`),
    onStep: (version, name, direction, ms) => heard.push(`${direction} ${version} ${name} ${ms > 0 && ms < 20_000}`),
  };
  await migrateUp(database.client, { ...options, to: 2 });
  await migrateDown(database.client, options);
  assert.equal(heard, [
    "up 1 001_people",
    "up 1 001_people true",
    "up 2 002_traps",
    "up 2 002_traps true",
    "down 2 002_traps",
    "down 2 002_traps true",
  ]);
});

test("a time limit for ordinary statements is none for a migration, and holds again after it", async () => {
  await database.client.query("SET statement_timeout = 1500");
  const slow = parseMigration("001_slow.sql", "-- UP\nSELECT pg_sleep(1.7);\n-- DOWN\nSELECT 1;\n");
  assert.is((await migrateUp(database.client, { log, migrations: [slow] })).version, 1);
  assert.equal((await database.client.query("SHOW statement_timeout")).rows, [{ statement_timeout: "1500ms" }]);
});

test("the owner's own connection has no time limit", async () => {
  const url = new URL(database.url);
  url.searchParams.set("options", "-c statement_timeout=1500");
  const shown = await withOwner(url.href, (client) => client.query("SHOW statement_timeout"));
  assert.equal(shown.rows, [{ statement_timeout: "0" }]);
});

test("the roles are there before the first migration speaks of them", async () => {
  const text = `-- UP\nCREATE TABLE a ();\nGRANT SELECT ON a TO ${ROLES.join(", ")};\n-- DOWN\nDROP TABLE a;\n`;
  const migrations = [parseMigration("001_grants.sql", text)];
  assert.is((await migrateUp(database.client, { log, migrations })).version, 1);
});

/** Partitions are made by a function of the second migration, which counts its calls and fails while told to. */
const PARTITIONS: Migration[] = [
  parseMigration("001_calls.sql", "-- UP\nCREATE TABLE calls (fails boolean);\n-- DOWN\nDROP TABLE calls;\n"),
  parseMigration(
    "002_partitions.sql",
    `-- UP
CREATE FUNCTION ensure_partitions(ahead integer DEFAULT 3) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM calls WHERE fails) THEN
    RAISE EXCEPTION 'no room';
  END IF;
  INSERT INTO calls VALUES (false);
  RETURN 1;
END;
$$;
-- DOWN
DROP FUNCTION ensure_partitions(integer);
`,
  ),
];

async function countCalls(): Promise<number> {
  const answer = await database.client.query("SELECT count(*)::int AS calls FROM calls WHERE NOT fails");
  return answer.rows[0].calls;
}

test("partitions are made after migrating up, even if there is nothing to migrate, and only where there are any", async () => {
  const options = { log, migrations: PARTITIONS };
  await migrateUp(database.client, { ...options, to: 1 });
  assert.is(await countCalls(), 0);
  await migrateUp(database.client, options);
  assert.is(await countCalls(), 1);
  await migrateUp(database.client, options);
  assert.is(await countCalls(), 2);
  await migrateDown(database.client, options);
  assert.is(await countCalls(), 2);
});

test("partitions that cannot be made leave the migrations applied, and are made by the next run", async () => {
  const options = { log, migrations: PARTITIONS };
  await migrateUp(database.client, { ...options, to: 1 });
  await database.client.query("INSERT INTO calls VALUES (true)");
  await assertRefused(
    migrateUp(database.client, options),
    "migration-failed",
    /are applied, yet the partitions.*no room/,
  );
  await database.client.query("DELETE FROM calls");
  assert.equal(await migrateUp(database.client, options), { done: [], version: 2 });
  assert.is(await countCalls(), 1);
});
