// Backups on the oldest PostgreSQL we promise, as an ordinary owner and as superuser, with pg_dump and without, and by hand with psql.
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { createBackup } from "../../../../cloud/db/backup/backup.ts";
import { BackupError } from "../../../../cloud/db/backup/backup-error.ts";
import { restoreBackup } from "../../../../cloud/db/backup/restore.ts";
import { ensureRoles } from "../../../../cloud/db/roles/roles.ts";
import { type DebianPostgres, findDebianPostgres, startDebianPostgres } from "../../../support/debian-postgres.ts";
import { eventually } from "../../../support/eventually.ts";
import { createTestDatabase } from "../../../support/postgres.ts";
import { createDatabaseUrl } from "../../../support/postgres-server.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { type BackupBench, createBackupBench } from "./backup-bench.ts";
import { readPicture, withClient } from "./database-picture.ts";
import { transferUntil } from "./transfers.ts";

const test = suite("backup on Debian's PostgreSQL", { limitMs: 60_000 });
const log = testLog;
let server: DebianPostgres;
let bench: BackupBench;
let filled: string;

test.before(async () => {
  server = await startDebianPostgres();
  bench = await createBackupBench(server.url, "backup");
  filled = await bench.createFilled();
});
test.after(async () => {
  await bench?.stop();
  await server?.stop();
});

function asSuperuser(url: string): string {
  return createDatabaseUrl(server.adminUrl, new URL(url).pathname.slice(1));
}

function findProgram(name: string): string {
  return path.join(findDebianPostgres()?.bin ?? "", name);
}

for (const pgDump of ["auto", "never", "the program by its name"]) {
  for (const login of ["an ordinary owner", "a superuser"]) {
    test(`${login} gets everything back (pg_dump: ${pgDump})`, async () => {
      const as = login === "a superuser" ? asSuperuser : (url: string) => url;
      const choice = pgDump.startsWith("the ") ? findProgram("pg_dump") : pgDump;
      const backup = await bench.backUp(as(filled), choice);
      assert.match(backup.tool, pgDump === "never" ? /^copy$/ : /^pg_dump \d+\.\d+$/);
      const target = as(await bench.createEmpty());
      await restoreBackup({ url: target, file: backup.file, log });
      assert.equal(await readPicture(target), await readPicture(as(filled)));
    });
  }
}

test("pg_dump and COPY give the same rows and the same schema", async () => {
  const [dumped, copied] = [await bench.backUp(filled, "auto"), await bench.backUp(filled, "never")];
  assert.equal([dumped.tables, dumped.rows], [copied.tables, copied.rows]);
});

test("a backup by pg_dump shows one moment, however busy the tables are", async () => {
  const url = await bench.createEmpty();
  const file = bench.createFile();
  const sum = await transferUntil(url, async () => {
    const backup = await createBackup({ url, file, log });
    assert.match(backup.tool, /^pg_dump/);
  });
  const target = await bench.createEmpty();
  await restoreBackup({ url: target, file, log });
  const answer = await withClient(target, (client) => client.query(sum.query));
  assert.equal(answer.rows, [{ total: sum.total }]);
});

/** The real pg_dump, after `before` has been run in a shell that finds the database by its surroundings, as pg_dump does. */
async function createDelayedPgDump(before: string): Promise<string> {
  const file = bench.createFile();
  const lines = [
    "#!/bin/sh",
    `if [ "$1" != --version ]; then ${before}; fi`,
    `exec ${findProgram("pg_dump")} "$@"`,
    "",
  ];
  await fs.writeFile(file, lines.join("\n"), { mode: 0o755 });
  return file;
}

test("what is committed when pg_dump begins, after the snapshot, is not in the backup", async () => {
  const url = await bench.createEmpty();
  await withClient(url, (client) => client.query("CREATE TABLE late (id integer)"));
  const pgDump = await createDelayedPgDump(`${findProgram("psql")} --quiet --command 'INSERT INTO late VALUES (1)'`);
  const backup = await bench.backUp(url, pgDump);
  assert.is(backup.rows, 0);
  assert.match((await readPicture(url)).tables.join(), /late: 1 /);
});

test("a migrator that waits for the backup keeps pg_dump waiting only so long", async () => {
  const url = await bench.createEmpty();
  await withClient(url, (client) => client.query("CREATE TABLE wanted (id integer)"));
  const psql = `${findProgram("psql")} --quiet --no-align --tuples-only --command`;
  const change = `${psql} 'ALTER TABLE wanted ADD COLUMN more integer' >/dev/null 2>&1 &`;
  const wait = `until [ "$(${psql} 'SELECT count(*) FROM pg_locks WHERE NOT granted')" = 1 ]; do :; done`;
  const pgDump = await createDelayedPgDump(`${change}\n${wait}`);
  const error = await getRejection(bench.backUp(url, pgDump));
  assert.ok(error instanceof BackupError, String(error));
  assert.match(error.message, /canceling statement due to (lock|statement) timeout/);
  await eventually(async () => /more/.test((await readPicture(url)).schema.join()), {
    withinMs: 10_000,
    because: "the migrator goes on when the backup has given up",
  });
});

test("psql restores a backup by hand", async () => {
  const backup = await bench.backUp(filled, "auto");
  const target = await bench.createEmpty();
  await withClient(target, ensureRoles);
  const psql = '"$1" --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --dbname "$2" --output /dev/null';
  const { stderr } = await promisify(execFile)("sh", [
    "-c",
    `gzip -dc "$3" | ${psql}`,
    "sh",
    findProgram("psql"),
    target,
    backup.file,
  ]);
  assert.is(stderr, "");
  assert.equal(await readPicture(target), await readPicture(filled));
});

test("a backup moves between servers of different versions, both ways", async () => {
  const other = await createTestDatabase({ migrated: false });
  const otherBench = await createBackupBench(other.url, `${new URL(other.url).pathname.slice(1)}_moved`);
  try {
    const moved = await otherBench.createEmpty();
    await restoreBackup({ url: moved, file: (await bench.backUp(filled)).file, log });
    assert.equal(await readPicture(moved), await readPicture(filled));
    const back = await bench.createEmpty();
    await restoreBackup({ url: back, file: (await otherBench.backUp(moved, "auto")).file, log });
    assert.equal(await readPicture(back), await readPicture(filled));
  } finally {
    await otherBench.stop();
    await other.stop();
  }
});
