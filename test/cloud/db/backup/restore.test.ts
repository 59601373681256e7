// A restore is whole or has not happened: damaged files, targets in use, sessions that die in the middle.
import * as fs from "node:fs/promises";
import type pg from "pg";
import * as assert from "uvu/assert";
import type { BackupResult } from "../../../../cloud/db/backup/backup.ts";
import { BackupError } from "../../../../cloud/db/backup/backup-error.ts";
import { type RestoreOptions, restoreBackup } from "../../../../cloud/db/backup/restore.ts";
import { verifyBackup } from "../../../../cloud/db/backup/verify.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { eventually } from "../../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { type BackupBench, createBackupBench } from "./backup-bench.ts";
import { type DatabasePicture, readPicture, withClient } from "./database-picture.ts";

const test = suite("restore", { limitMs: 60_000 });
const PLACES = 64;
let database: TestDatabase;
let bench: BackupBench;
let backup: BackupResult;
/** Holds something that no restore may touch unless it succeeds. */
let target: string;
let before: DatabasePicture;

test.before(async () => {
  database = await createTestDatabase({ migrated: false });
  bench = await createBackupBench(database.url, `${new URL(database.url).pathname.slice(1)}_restore`);
  backup = await bench.backUp(await bench.createFilled());
  target = await bench.createEmpty();
  await withClient(target, (client) =>
    client.query(`
      CREATE TYPE colour AS ENUM ('red');
      CREATE TABLE users (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, colour colour, parent integer REFERENCES users);
      CREATE TABLE logs (day date) PARTITION BY RANGE (day);
      CREATE TABLE logs_default PARTITION OF logs DEFAULT;
      CREATE FUNCTION count_users() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users';
      CREATE VIEW red_users AS SELECT id FROM users WHERE colour = 'red';
      INSERT INTO users (colour) VALUES ('red'), (NULL);
      INSERT INTO logs VALUES ('2026-11-20')`),
  );
  before = await readPicture(target);
});
test.after(async () => {
  await bench.stop();
  await database.stop();
});

async function getRestoreError(options: Partial<RestoreOptions>): Promise<BackupError> {
  const all = { url: target, file: backup.file, overwrite: true, log: testLog, ...options };
  const error = await getRejection(restoreBackup(all));
  if (!(error instanceof BackupError)) throw error;
  return error;
}

async function writeDamaged(bytes: Buffer): Promise<string> {
  const file = bench.createFile();
  await fs.writeFile(file, bytes);
  return file;
}

test("[BACKUP-2] a file cut at any of many places, and in its last bytes, is refused before anything is touched", async () => {
  const bytes = await fs.readFile(backup.file);
  const places = Array.from({ length: PLACES }, (_, index) => Math.floor((bytes.length * index) / PLACES));
  const last = Array.from({ length: 32 }, (_, index) => bytes.length - 1 - index);
  for (const length of [...places, ...last]) {
    const file = await writeDamaged(bytes.subarray(0, length));
    const error = await getRestoreError({ file });
    assert.equal(
      [error.code, error.data.reason],
      ["backup-refused", length === 0 ? "empty" : "truncated"],
      `${length}`,
    );
    await fs.rm(file);
  }
  assert.equal(await readPicture(target), before);
});

test("a byte flipped at any of many places, head and end among them, is refused before anything is touched", async () => {
  const bytes = await fs.readFile(backup.file);
  const places = Array.from({ length: PLACES }, (_, index) => Math.floor((bytes.length * index) / PLACES));
  const edges = Array.from({ length: 64 }, (_, index) => (index < 48 ? index : bytes.length - (64 - index)));
  for (const [index, place] of [...places, ...edges].entries()) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(place) ^ (1 << (index & 7)), place);
    const file = await writeDamaged(damaged);
    const error = await getRestoreError({ file });
    assert.is(error.code, "backup-refused", `byte ${place}`);
    assert.match(String(error.data.reason), /^(altered|truncated|longer|not-a-backup)$/);
    await fs.rm(file);
  }
  assert.equal(await readPicture(target), before);
});

test("a backup of a newer database is refused", async () => {
  const newest = (await loadMigrations()).length;
  const error = await getRestoreError({ versionMax: newest - 1 });
  assert.equal([error.code, error.data.reason], ["backup-refused", "schema-newer"]);
  assert.is((await verifyBackup(backup.file, { versionMax: newest })).ok, true);
  assert.equal(await readPicture(target), before);
});

test("a database that holds something is refused unless it may be overwritten, and then equals the backup", async () => {
  const error = await getRestoreError({ overwrite: false });
  assert.equal([error.code, error.data], ["database-in-use", { tables: ["logs_default", "users"] }]);
  assert.equal(await readPicture(target), before);
  const [used, empty] = [await bench.createEmpty(), await bench.createEmpty()];
  await restoreBackup({ url: empty, file: backup.file, log: testLog });
  await withClient(used, (client) => client.query("CREATE FUNCTION left_over() RETURNS int LANGUAGE sql RETURN 1"));
  assert.is((await getRestoreError({ url: used, overwrite: false })).code, "database-in-use");
  for (let round = 0; round < 2; round += 1) {
    await restoreBackup({ url: used, file: backup.file, overwrite: true, log: testLog });
    assert.equal(await readPicture(used), await readPicture(empty));
  }
});

test("tables that another program holds are waited for so long, and left as they are then", async () => {
  await withClient(target, async (holder) => {
    await holder.query("BEGIN; LOCK TABLE users IN ACCESS SHARE MODE");
    assert.is((await getRestoreError({ lockWithinMs: 100 })).code, "database-busy");
  });
  assert.equal(await readPicture(target), before);
});

/** Restoring this waits in the middle of its rows until the test lets go of a lock. */
async function createGatedBackup(): Promise<BackupResult> {
  const url = await bench.createEmpty();
  await withClient(url, (client) =>
    client.query(`
      CREATE FUNCTION pass_gate(id integer) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
          IF id = 2 THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
          RETURN true;
        END $$;
      CREATE TABLE a_first (id integer);
      CREATE TABLE b_gate (id integer CHECK (pass_gate(id)));
      CREATE TABLE c_last (id integer);
      INSERT INTO a_first VALUES (1);
      INSERT INTO b_gate VALUES (1), (2), (3);
      INSERT INTO c_last VALUES (1)`),
  );
  return bench.backUp(url);
}

/** Calls `interrupt` with the process id of the restore's session, while that is in the middle of its rows. */
async function interruptRestore(
  options: Partial<RestoreOptions>,
  interrupt: (client: pg.Client, pid: number) => Promise<unknown>,
): Promise<BackupError> {
  const gated = await createGatedBackup();
  return withClient(target, async (client) => {
    await client.query("SELECT pg_advisory_lock(4711)");
    const restoring = getRestoreError({ file: gated.file, ...options });
    const pid = await eventually(() => findWaiting(client), {
      withinMs: 10_000,
      because: "the restore waits at the gate",
    });
    await interrupt(client, pid);
    return restoring;
  });
}

async function findWaiting(client: pg.Client): Promise<number | undefined> {
  const answer = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return answer.rows[0]?.pid;
}

test("a restore whose session is ended in the middle of its rows has not happened", async () => {
  const error = await interruptRestore({}, (client, pid) =>
    client.query("SELECT pg_terminate_backend($1, 5000)", [pid]),
  );
  assert.is(error.code, "restore-failed");
  assert.match(error.message, /as it was: .*terminat/);
  assert.equal(await readPicture(target), before);
});

test("a restore whose statement fails in the middle of its rows has not happened", async () => {
  const error = await interruptRestore({}, (client, pid) => client.query("SELECT pg_cancel_backend($1)", [pid]));
  assert.is(error.code, "restore-failed");
  assert.match(error.message, /as it was: canceling statement/);
  assert.equal(await readPicture(target), before);
});

test("a restore that is cancelled in the middle of its rows has not happened", async () => {
  const cancel = new AbortController();
  const error = await interruptRestore({ signal: cancel.signal }, async (client, pid) => {
    cancel.abort();
    // The server hears of it the next time it looks, at the latest when it wants to answer.
    await client.query("SELECT pg_advisory_unlock(4711)");
    await eventually(
      async () => (await client.query("SELECT FROM pg_stat_activity WHERE pid = $1", [pid])).rowCount === 0,
      {
        withinMs: 10_000,
        because: "the server has rolled the restore back",
      },
    );
  });
  assert.is(error.code, "cancelled");
  assert.equal(await readPicture(target), before);
});

test("a file that is changed between judging and applying it changes nothing", async () => {
  const file = await writeDamaged(await fs.readFile(backup.file));
  const handle = await fs.open(file, "r+");
  const { size } = await handle.stat();
  let writing: Promise<unknown> | undefined;
  const error = await getRestoreError({
    file,
    onProgress: ({ phase, done, of }) => {
      if (phase === "verifying" && done === of) writing ??= handle.write(Buffer.from([1, 2, 3]), 0, 3, size - 20);
    },
  });
  await writing;
  await handle.close();
  assert.is(error.code, "restore-failed");
  assert.equal(await readPicture(target), before);
});
