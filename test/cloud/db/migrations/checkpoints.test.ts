// Names for versions to go back to.
import * as assert from "uvu/assert";
import { createCheckpoint, listCheckpoints, planRollback } from "../../../../cloud/db/migrations/checkpoints.ts";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError, type MigrationErrorCode } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("checkpoints");
const small = { migrations: SMALL };
const database = useEmptiedDatabase(test);

async function assertRefused(promise: Promise<unknown>, code: MigrationErrorCode, message: RegExp): Promise<void> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  assert.is(error.code, code);
  assert.match(error.message, message);
}

test("a checkpoint remembers the version and the backup, and the newest comes first", async () => {
  await migrateUp(database.client, { log, ...small, to: 1 });
  const first = await createCheckpoint(database.url, "start", small);
  assert.is(first.version, 1);
  assert.is(first.backupFile, null);
  assert.instance(first.createdAt, Date);
  await migrateUp(database.client, { log, ...small });
  await createCheckpoint(database.client, "before-release_1.2", { ...small, backupFile: "backup_1.sql.gz" });
  const found = await listCheckpoints(database.client);
  assert.equal(
    found.map(({ name, version, backupFile }) => [name, version, backupFile]),
    [
      ["before-release_1.2", 3, "backup_1.sql.gz"],
      ["start", 1, null],
    ],
  );
});

test("the same name at the same version is the same checkpoint, and at another version refused", async () => {
  await migrateUp(database.client, { log, ...small, to: 1 });
  const first = await createCheckpoint(database.client, "start", { ...small, backupFile: "a.gz" });
  assert.equal(await createCheckpoint(database.client, "start", small), first);
  assert.is((await createCheckpoint(database.client, "start", { ...small, backupFile: "b.gz" })).backupFile, "b.gz");
  await migrateUp(database.client, { log, ...small });
  await assertRefused(createCheckpoint(database.client, "start", small), "name-taken", /start stands for 001 already/);
  assert.equal(
    (await listCheckpoints(database.client)).map(({ version, backupFile }) => [version, backupFile]),
    [[1, "b.gz"]],
  );
});

for (const name of ["", "009", "9lives", "a b", "a;b", "../a", `a${"b".repeat(63)}`]) {
  test(`"${name}" is refused as a name`, async () => {
    await assertRefused(createCheckpoint(database.client, name, small), "name-refused", /no name for a checkpoint/);
  });
}

test("a database without checkpoints has none, and asking leaves nothing behind", async () => {
  assert.equal(await listCheckpoints(database.client), []);
  await assertRefused(
    planRollback(database.client, "start", small),
    "checkpoint-not-found",
    /checkpoints: none; applied migrations: none/,
  );
  assert.equal(await describeSchema(database.client), []);
});

test("a rollback is planned to a checkpoint, or to a migration by number or name", async () => {
  await migrateUp(database.client, { log, ...small, to: 1 });
  const start = await createCheckpoint(database.client, "start", small);
  await migrateUp(database.client, { log, ...small });
  assert.equal(await planRollback(database.url, "start", small), {
    from: 3,
    to: 1,
    checkpoint: start,
    undone: ["003_marks", "002_traps"],
  });
  for (const named of ["2", "002", "002_traps"]) {
    const plan = await planRollback(database.client, named, small);
    assert.equal(plan, { from: 3, to: 2, checkpoint: null, undone: ["003_marks"] });
  }
  assert.equal((await planRollback(database.client, "003", small)).undone, []);
  assert.is((await planRollback(database.client, "000", small)).to, 0);
});

test("an unknown name is refused with what there is, and one above the database with where it stands", async () => {
  await migrateUp(database.client, { log, ...small });
  await createCheckpoint(database.client, "end", small);
  await assertRefused(
    planRollback(database.client, "099", small),
    "checkpoint-not-found",
    /no checkpoint or migration 099; checkpoints: end \(at 003\); applied migrations: 001_people, 002_traps, 003_marks/,
  );
  await migrateDown(database.client, { log, ...small, to: 1 });
  await assertRefused(
    planRollback(database.client, "end", small),
    "rollback-upward",
    /stands at 001, which is before end/,
  );
  await assertRefused(planRollback(database.client, "003_marks", small), "rollback-upward", /migrate up/);
});

test("checkpoints outlive going down to nothing and up again", async () => {
  await migrateUp(database.client, { log, ...small, to: 2 });
  await createCheckpoint(database.client, "middle", small);
  await migrateDown(database.client, { log, ...small, to: 0 });
  await migrateUp(database.client, { log, ...small });
  assert.is((await planRollback(database.client, "middle", small)).to, 2);
});

test("no checkpoint is made of a database that the files do not know, or while another program migrates", async () => {
  await migrateUp(database.client, { log, ...small });
  const older = { migrations: SMALL.slice(0, 1) };
  await assertRefused(createCheckpoint(database.client, "now", older), "migration-unknown", /older than the database/);
  await database.client.query("SELECT pg_advisory_lock(7472617001)");
  const hurried = { ...small, lockWithinMs: 1 };
  await assertRefused(createCheckpoint(database.url, "now", hurried), "migration-locked", /another program/);
  assert.equal(await listCheckpoints(database.client), []);
});

test("a mousetrap database gets its checkpoint before it is taken over, and can go back to it", async () => {
  await migrateUp(database.client, { log, to: 6 });
  await database.client.query(`DROP TABLE schema_migrations, schema_checkpoints;
    CREATE TABLE schema_migrations (version text PRIMARY KEY);
    INSERT INTO schema_migrations SELECT lpad(n::text, 3, '0') FROM generate_series(1, 6) AS n`);
  await createCheckpoint(database.client, "before-trapline");
  const record = await database.client.query("SELECT * FROM schema_migrations ORDER BY 1 LIMIT 1");
  assert.equal(record.rows, [{ version: "001" }], "the other product's record is as it was");
  await migrateUp(database.client, { log });
  const plan = await planRollback(database.client, "before-trapline");
  assert.equal([plan.from, plan.to], [(await loadMigrations()).length, 6]);
  assert.is((await migrateDown(database.client, { log, to: plan.to })).version, 6);
});
