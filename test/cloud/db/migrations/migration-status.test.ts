// How a database stands to the files, told without touching it.
import * as assert from "uvu/assert";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { loadMigrations, type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { type MigrationStatus, readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("migration status");
const database = useEmptiedDatabase(test);

/** Reads it twice, by address and by connection, and sees that nothing of the database has changed. */
async function read(migrations: Migration[] = SMALL): Promise<MigrationStatus> {
  const before = await describeSchema(database.client);
  const status = await readStatus(database.url, { migrations });
  assert.equal(await readStatus(database.client, { migrations }), status);
  assert.equal(await describeSchema(database.client), before);
  return status;
}

function listStates(status: MigrationStatus): string[] {
  return status.migrations.map(
    ({ name, state, earlier }) => `${name} ${state}${earlier === null ? "" : `: ${earlier}`}`,
  );
}

test("an empty database has everything before it, and stays empty", async () => {
  const status = await read();
  assert.equal(listStates(status), ["001_people pending", "002_traps pending", "003_marks pending"]);
  assert.is(status.record, "none");
  assert.is(status.version, 0);
  assert.is(status.newest, 3);
  assert.is(status.problem, null);
});

test("what is applied is told with its time, what is not as pending", async () => {
  const begin = Date.now();
  await migrateUp(database.client, { log, migrations: SMALL, to: 2 });
  const status = await read();
  assert.equal(listStates(status), ["001_people applied", "002_traps applied", "003_marks pending"]);
  assert.is(status.record, "trapline");
  assert.is(status.version, 2);
  assert.not(status.databaseIsNewer);
  const appliedAt = status.migrations[1]?.appliedAt;
  assert.instance(appliedAt, Date);
  assert.ok(Math.abs((appliedAt?.getTime() ?? 0) - begin) < 60_000);
});

test("a changed file and one under another name are told, with why migrating would be refused", async () => {
  await migrateUp(database.client, { log, migrations: SMALL });
  const [first, second, third] = SMALL;
  assert.ok(first && second && third);
  const changed = [first, { ...second, checksum: "0".repeat(64) }, { ...third, name: "003_stains" }];
  const status = await read(changed);
  assert.equal(listStates(status), ["001_people applied", "002_traps changed", "003_stains changed"]);
  assert.is(status.problem?.code, "migration-changed");
  assert.match(status.problem?.message ?? "", /002_traps\.sql was changed/);
  const renamed = await read([first, second, { ...third, name: "003_stains" }]);
  assert.match(renamed.problem?.message ?? "", /applied as 003_marks\.sql/);
});

test("a text that a file had earlier counts as applied, with the reason of its correction", async () => {
  await migrateUp(database.client, { log, migrations: SMALL });
  const [first, second, third] = SMALL;
  assert.ok(first && second && third);
  const earlier = [{ checksum: second.checksum, reason: "it lost the points" }];
  const status = await read([first, { ...second, checksum: "0".repeat(64), earlier }, third]);
  assert.equal(listStates(status), [
    "001_people applied",
    "002_traps applied: it lost the points",
    "003_marks applied",
  ]);
  assert.is(status.problem, null);
});

test("a database that is newer than the files says so", async () => {
  await migrateUp(database.client, { log, migrations: SMALL });
  const status = await read(SMALL.slice(0, 1));
  assert.equal(listStates(status), ["001_people applied", "002_traps unknown", "003_marks unknown"]);
  assert.ok(status.databaseIsNewer);
  assert.is(status.version, 3);
  assert.is(status.newest, 1);
  assert.is(status.problem?.code, "migration-unknown");
  assert.match(status.problem?.message ?? "", /stands at 003_marks/);
});

test("a gap in the record is a problem", async () => {
  await migrateUp(database.client, { log, migrations: SMALL });
  await database.client.query("DELETE FROM schema_migrations WHERE version = 2");
  const status = await read();
  assert.equal(listStates(status), ["001_people applied", "002_traps pending", "003_marks applied"]);
  assert.is(status.problem?.code, "migration-record");
});

test("a mousetrap database is understood and left to its owner", async () => {
  await database.client.query(`CREATE TABLE schema_migrations (filename text);
    INSERT INTO schema_migrations VALUES ('001_initial_schema.sql'), ('002_add_ota_support.sql')`);
  const status = await read(await loadMigrations());
  assert.is(status.record, "mousetrap");
  assert.is(status.version, 2);
  assert.equal(
    status.migrations.slice(0, 3).map(({ state, appliedAt }) => [state, appliedAt]),
    [
      ["applied", null],
      ["applied", null],
      ["pending", null],
    ],
  );
  assert.is(status.problem, null);
});

test("a stranger's record is told as such, and left as it is", async () => {
  await database.client.query(
    "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('20240101')",
  );
  const status = await read();
  assert.is(status.record, "foreign");
  assert.is(status.problem?.code, "migration-record");
  assert.is(status.version, 0);
});

test("it can be read while another program migrates", async () => {
  await migrateUp(database.client, { log, migrations: SMALL });
  await database.client.query("SELECT pg_advisory_lock(7472617001)");
  assert.is((await readStatus(database.url, { migrations: SMALL })).version, 3);
});

test("a database that applied an earlier text goes on from it, up and down", async () => {
  const wrong = parseMigration("001_a.sql", "-- Why.\n-- UP\nCREATE TABLE a (b int);\n-- DOWN\nDROP TABLE a;\n");
  await migrateUp(database.client, { log, migrations: [wrong] });
  const text = "-- UP\nCREATE TABLE a (b bigint);\n-- DOWN\nDROP TABLE a;\n";
  const right = parseMigration("001_a.sql", `-- Earlier: ${wrong.checksum}, b was too narrow\n${text}`);
  const next = parseMigration("002_b.sql", "-- UP\nALTER TABLE a ALTER b TYPE bigint;\n-- DOWN\nSELECT 1;\n");
  const status = await read([right, next]);
  assert.equal(listStates(status), ["001_a applied: b was too narrow", "002_b pending"]);
  assert.equal((await migrateUp(database.client, { log, migrations: [right, next] })).done, [2]);
  const recorded = await database.client.query("SELECT checksum FROM schema_migrations WHERE version = 1");
  assert.is(recorded.rows[0].checksum, wrong.checksum, "the record goes on telling what was applied");
});
