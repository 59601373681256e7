// What going down would lose is measured by doing it, and nothing is left of having done so.
import * as assert from "uvu/assert";
import { findLoss, type Loss } from "../../../../cloud/db/migrations/loss.ts";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("loss");
const migrations = SMALL;
const database = useEmptiedDatabase(test);

/** Everything of the little tables, with where each row lies: a row that was written again lies elsewhere. */
async function readEverything(): Promise<unknown[]> {
  const tables = await database.client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
  );
  const rows: unknown[] = [];
  for (const { name } of tables.rows) {
    const answer = await database.client.query(
      `SELECT '${name}' AS table, ctid::text, xmin::text, t.*::text FROM ${name} t ORDER BY 2`,
    );
    rows.push(...answer.rows);
  }
  return rows;
}

/** Measures, and sees that the catalogue, every row and every lock is as before. */
async function measure(to: number): Promise<Loss[]> {
  const before = [await describeSchema(database.client), await readEverything()];
  const losses = await findLoss(database.url, to, { migrations });
  assert.equal([await describeSchema(database.client), await readEverything()], before);
  const locks = await database.client.query(
    "SELECT FROM pg_locks WHERE pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
  );
  assert.is(locks.rowCount, 0);
  assert.equal(await findLoss(database.client, to, { migrations }), losses, "the same by a connection of the caller");
  return losses;
}

test("where there are no rows there is nothing to lose", async () => {
  await migrateUp(database.client, { log, migrations });
  assert.equal(await measure(0), []);
  assert.equal(await measure(3), []);
});

test("rows of lost tables, values of lost columns that no default brings back, and deleted rows are counted", async () => {
  await migrateUp(database.client, { log, migrations });
  await database.client.query(`
    INSERT INTO people (name, nickname, points, settings, price, marked) VALUES
      ('Ann', NULL, 0, '{}', -1, false),
      ('Ben', 'B', 7, '{"a": 1}', -1.00, false),
      ('Cid', NULL, 0, '{}', NULL, true),
      ('Dot', 'D', 0, '{}', 2.5, true);
    INSERT INTO traps VALUES (1, 1), (2, 3), (3, 3);
    INSERT INTO marks VALUES (1, 1), (2, 1), (3, 2)`);
  assert.equal(await measure(2), [
    { kind: "table", table: "marks", rows: 3 },
    { kind: "rows", table: "people", rows: 2 },
    { kind: "column", table: "people", column: "marked", rows: 2 },
    { kind: "rows", table: "traps", rows: 2 },
  ]);
  assert.equal(await measure(1), [
    { kind: "table", table: "marks", rows: 3 },
    { kind: "rows", table: "people", rows: 2 },
    { kind: "column", table: "people", column: "nickname", rows: 2 },
    { kind: "column", table: "people", column: "points", rows: 1 },
    { kind: "column", table: "people", column: "settings", rows: 1 },
    { kind: "column", table: "people", column: "price", rows: 1 },
    { kind: "column", table: "people", column: "made_at", rows: 4 },
    { kind: "column", table: "people", column: "marked", rows: 2 },
    { kind: "table", table: "traps", rows: 3 },
  ]);
});

test("a table that going down makes anew has lost only the rows that are not in it any more", async () => {
  const swap = parseMigration(
    "004_swap.sql",
    `-- UP
ALTER TABLE marks ADD COLUMN kept boolean NOT NULL DEFAULT true;
-- DOWN
CREATE TEMP TABLE kept_marks ON COMMIT DROP AS SELECT id, month FROM marks WHERE kept;
DROP TABLE marks;
CREATE TABLE marks (id integer, month integer NOT NULL);
INSERT INTO marks SELECT * FROM kept_marks;
`,
  );
  const more = [...migrations, swap];
  await migrateUp(database.client, { log, migrations: more });
  await database.client.query("INSERT INTO marks VALUES (1, 1, true), (2, 2, false), (3, 2, true)");
  assert.equal(await findLoss(database.client, 3, { migrations: more }), [
    { kind: "rows", table: "marks", rows: 1 },
    { kind: "column", table: "marks", column: "kept", rows: 1 },
  ]);
  await migrateDown(database.client, { log, migrations: more, to: 3 });
  assert.equal((await database.client.query("SELECT id FROM marks ORDER BY 1")).rows, [{ id: 1 }, { id: 3 }]);
});

async function getMigrationError(promise: Promise<unknown>): Promise<MigrationError> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  return error;
}

test("a table in use is not waited for: others would wait behind", async () => {
  await migrateUp(database.client, { log, migrations });
  await database.client.query("BEGIN; SELECT * FROM marks");
  const error = await getMigrationError(findLoss(database.url, 2, { migrations, tableWithinMs: 5 }));
  assert.is(error.code, "loss-unmeasured");
  assert.match(error.message, /quieter time/);
  await database.client.query("ROLLBACK");
  assert.equal(await findLoss(database.url, 2, { migrations, tableWithinMs: 5_000 }), []);
});

test("a section that takes too long, and one that fails, are told apart", async () => {
  const slow = parseMigration("004_slow.sql", "-- UP\nSELECT 1;\n-- DOWN\nSELECT pg_sleep(60);\n");
  const broken = parseMigration("005_broken.sql", "-- UP\nSELECT 1;\n-- DOWN\nSELECT 1/0;\n");
  const more = [...migrations, slow, broken];
  await migrateUp(database.client, { log, migrations: more });
  const failed = await getMigrationError(findLoss(database.client, 4, { migrations: more }));
  assert.is(failed.code, "migration-failed");
  assert.match(failed.message, /taking 005_broken back failed.*division by zero/);
  await database.client.query("DELETE FROM schema_migrations WHERE version = 5");
  const cut = await getMigrationError(findLoss(database.client, 3, { migrations: more, statementWithinMs: 20 }));
  assert.is(cut.code, "loss-unmeasured");
  assert.equal(await findLoss(database.client, 4, { migrations: more }), [], "the connection is as good as before");
});

test("a version that is not there is refused, and so is a database the files do not know", async () => {
  await migrateUp(database.client, { log, migrations });
  assert.is((await getMigrationError(findLoss(database.client, 99, { migrations }))).code, "migration-not-found");
  assert.is(
    (await getMigrationError(findLoss(database.client, 0, { migrations: SMALL.slice(0, 2) }))).code,
    "migration-unknown",
  );
});

test("the project's own migrations can be measured all the way down, empty and not", async () => {
  await migrateUp(database.client, { log });
  const look = await describeSchema(database.client);
  const built = await findLoss(database.client, 0);
  assert.ok(
    built.every(({ table }) => table === "roles"),
    `what the migrations bring themselves: ${JSON.stringify(built)}`,
  );
  await database.client.query(`
    INSERT INTO tenants (id, name, slug) VALUES ('11111111-1111-4111-8111-111111111111', 'Acme', 'acme');
    INSERT INTO users (id, email) VALUES ('22222222-2222-4222-8222-222222222222', 'ann@example.org')`);
  const losses = await findLoss(database.client, 3);
  assert.ok(losses.some(({ kind, table, rows }) => kind === "table" && table === "tenants" && rows === 1));
  assert.equal(await describeSchema(database.client), look);
  assert.is((await migrateUp(database.client, { log })).version, (await loadMigrations()).length);
});
