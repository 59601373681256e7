// Logins that may not do what migrating needs: what is missing is said before anything is touched, and the statement helps.
import pg from "pg";
import * as assert from "uvu/assert";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("rights to migrate", { limitMs: 60_000 });
const database = useEmptiedDatabase(test);
const migrations = SMALL;
const GUEST = `trapline_test_guest_${process.pid}`;
const HOST = `trapline_test_host_${process.pid}`;

test.before.each(async () => {
  for (const role of [GUEST, HOST]) await database.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
});
test.after.each(async () => {
  const cleaner = new pg.Client({ connectionString: database.url });
  await cleaner.connect();
  for (const role of [GUEST, HOST]) await cleaner.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  await cleaner.end();
});

function urlOf(role: string): string {
  return Object.assign(new URL(database.url), { username: role, password: "secret" }).href;
}

async function getRefusal(promise: Promise<unknown>): Promise<MigrationError> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  assert.is(error.code, "permission-missing", error.message);
  return error;
}

async function runStatements(error: MigrationError): Promise<void> {
  assert.ok(error.statements.length > 0, error.message);
  for (const statement of error.statements) await database.client.query(statement);
}

for (const shut of ["CREATE", "USAGE"]) {
  test(`a login without ${shut} on the schema is told the statement, and with it migrates`, async () => {
    if (shut === "USAGE") await database.client.query("REVOKE USAGE ON SCHEMA public FROM PUBLIC");
    const look = await describeSchema(database.client);
    const error = await getRefusal(migrateUp(urlOf(GUEST), { log, migrations }));
    assert.match(error.message, new RegExp(`${GUEST} may not create tables in schema public of database`));
    assert.equal(error.statements, [`GRANT USAGE, CREATE ON SCHEMA "public" TO "${GUEST}"`]);
    assert.equal(await describeSchema(database.client), look);
    await runStatements(error);
    assert.is((await migrateUp(urlOf(GUEST), { log, migrations })).version, 3);
  });
}

test("a login that owns nothing of a migrated database is told whose it is, and as a member of it goes on", async () => {
  await database.client.query(`GRANT CREATE ON SCHEMA public TO ${HOST}, ${GUEST}`);
  await migrateUp(urlOf(HOST), { log, migrations, to: 2 });
  const look = await describeSchema(database.client);
  const up = await getRefusal(migrateUp(urlOf(GUEST), { log, migrations }));
  assert.match(up.message, new RegExp(`the tables belong to ${HOST}, and ${GUEST} may not work as ${HOST}`));
  assert.equal(up.statements, [`GRANT "${HOST}" TO "${GUEST}"`]);
  await getRefusal(migrateDown(urlOf(GUEST), { log, migrations, to: 0 }));
  assert.equal(await describeSchema(database.client), look);
  await runStatements(up);
  assert.equal((await migrateUp(urlOf(GUEST), { log, migrations })).done, [3]);
  assert.equal((await migrateDown(urlOf(GUEST), { log, migrations, to: 0 })).done, [3, 2, 1]);
});

test("nobody is advised to become a superuser", async () => {
  await migrateUp(database.client, { log, migrations });
  await database.client.query(`GRANT CREATE ON SCHEMA public TO ${GUEST}`);
  const error = await getRefusal(migrateDown(urlOf(GUEST), { log, migrations, to: 0 }));
  assert.equal(error.statements, []);
  assert.match(error.message, /give DATABASE_URL that user$/);
});

test("the status needs no more than to read the record", async () => {
  await migrateUp(database.client, { log, migrations });
  const error = await getRefusal(readStatus(urlOf(GUEST), { migrations }));
  assert.match(error.message, /the tables belong to/);
  await database.client.query(`GRANT SELECT ON schema_migrations TO ${GUEST}`);
  assert.is((await readStatus(urlOf(GUEST), { migrations })).version, 3);
});

test("what a migration itself may not do is told with the server's words, and leaves nothing behind", async () => {
  await database.client.query(`GRANT CREATE ON SCHEMA public TO ${GUEST}`);
  const bold = parseMigration(
    "004_bold.sql",
    "-- UP\nCREATE TABLE a ();\nCREATE ROLE everything SUPERUSER;\n-- DOWN\nDROP TABLE a;\n",
  );
  const error = await getRefusal(migrateUp(urlOf(GUEST), { log, migrations: [...migrations, bold] }));
  assert.match(error.message, /applying 004_bold failed and left nothing behind: permission denied to create role/);
  assert.is((await readStatus(urlOf(GUEST), { migrations })).version, 3);
});

test("an ordinary login that may create in the schema brings the whole schema up, and takes it down", async () => {
  await database.client.query(`ALTER SCHEMA public OWNER TO ${HOST}`);
  const newest = (await loadMigrations()).length;
  assert.is((await migrateUp(urlOf(HOST), { log })).version, newest);
  assert.is((await migrateDown(urlOf(HOST), { log, to: 0 })).version, 0);
});
