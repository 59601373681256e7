// Several programs migrate one database at once: one works, the others wait or leave, and nobody is left holding anything.
import { spawn } from "node:child_process";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { createProgramEnvironment } from "../../../support/config.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("several migrators", { limitMs: 60_000 });
const database = useEmptiedDatabase(test);
const ROOT = path.resolve(import.meta.dirname, "../../../..");
const PROGRAM = path.join(import.meta.dirname, "migrate-program.ts");

/** The last line of JSON of a program that migrates to `version`. */
async function runProgram(version: number): Promise<{ done: number[]; version: number }> {
  const args = ["--import", "tsx", PROGRAM, database.url, String(version)];
  const child = spawn(process.execPath, args, { cwd: ROOT, env: createProgramEnvironment() });
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const line = /^{.*}$/m.exec(printed)?.[0];
  assert.ok(line !== undefined, `it printed ${printed} and ${complaints}`);
  return JSON.parse(line);
}

test("four programs at once apply every migration once, and all of them end well", async () => {
  const versions = (await loadMigrations()).map((migration) => migration.version);
  const results = await Promise.all([1, 2, 3, 4].map(() => runProgram(versions.length)));
  const done = results.flatMap((result) => result.done).sort((a, b) => a - b);
  assert.equal(done, versions);
  for (const result of results) assert.is(result.version, versions.length);
});

test("up and down at once, again and again, never block each other for good nor leave half of anything", async () => {
  const migrations = SMALL;
  for (let round = 0; round < 5; round += 1) {
    const results = await Promise.all([
      migrateUp(database.url, { log, migrations }),
      migrateDown(database.url, { log, migrations, to: 0 }),
      migrateUp(database.url, { log, migrations, to: 2 }),
      migrateDown(database.url, { log, migrations, to: 1 }),
    ]);
    for (const { version } of results) assert.ok(version >= 0 && version <= 3);
    const up = await migrateUp(database.url, { log, migrations });
    assert.is(up.version, 3);
  }
});

/** The third migration waits for a lock that the test holds. */
const WAITING: Migration[] = [
  ...SMALL.slice(0, 2),
  parseMigration(
    "003_waits.sql",
    "-- UP\nSELECT pg_advisory_xact_lock(42);\nCREATE TABLE late ();\n-- DOWN\nDROP TABLE late;\n",
  ),
];

/** The server process of a migrator that waits in the middle of the third migration. */
async function findWaiting(): Promise<number> {
  const found = await eventually(
    () =>
      database.client
        .query<{ pid: number }>("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted")
        .then((answer) => answer.rows[0]),
    { withinMs: 10_000, because: "the migrator has come to the statement that waits" },
  );
  return found.pid;
}

test("those that do not get their turn in time leave, naming who has it, and who has it finishes", async () => {
  await database.client.query("SELECT pg_advisory_lock(42)");
  const working = migrateUp(database.url, { log, migrations: WAITING });
  const pid = await findWaiting();
  const leaving = [1, 2, 3].map(async () => {
    const error = await getRejection(migrateUp(database.url, { log, migrations: WAITING, lockWithinMs: 150 }));
    assert.ok(error instanceof MigrationError, String(error));
    assert.is(error.code, "migration-locked");
    assert.match(error.message, new RegExp(`more than 150 ms \\(trapline-owner.*server process ${pid}\\)`));
  });
  await Promise.all(leaving);
  await database.client.query("SELECT pg_advisory_unlock(42)");
  assert.equal((await working).done, [1, 2, 3]);
});

test("a migrator that loses its connection says so, keeps no lock, and the next one completes", async () => {
  await database.client.query("SELECT pg_advisory_lock(42)");
  const working = getRejection(migrateUp(database.url, { log, migrations: WAITING }));
  const pid = await findWaiting();
  const waiting = migrateUp(database.url, { log, migrations: SMALL, lockWithinMs: 10_000 });
  await database.client.query("SELECT pg_terminate_backend($1)", [pid]);
  const error = await working;
  assert.ok(error instanceof MigrationError, String(error));
  assert.is(error.code, "connection-lost");
  assert.match(error.message, /lost while applying 003_waits .*safe to do the same again/);
  const result = await waiting;
  assert.is(result.version, 3);
});

test("who is told to wait does not wait inside the database, where it would hold up others", async () => {
  await database.client.query("SELECT pg_advisory_lock(7472617001)");
  const waiting = migrateUp(database.url, { log, migrations: SMALL });
  await eventually(
    async () =>
      (
        await database.client.query(
          "SELECT FROM pg_stat_activity WHERE application_name = 'trapline-owner' AND state = 'idle'",
        )
      ).rowCount,
    { withinMs: 5_000, because: "it asks from time to time, and is idle between" },
  );
  const blocked = await database.client.query("SELECT FROM pg_locks WHERE NOT granted");
  assert.is(blocked.rowCount, 0);
  await database.client.query("SELECT pg_advisory_unlock(7472617001)");
  assert.is((await waiting).version, 3);
});
