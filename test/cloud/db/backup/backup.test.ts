// A backup and what it gives back, on the server of the test run: everything, as it was in one moment, or an error and nothing.
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as zlib from "node:zlib";
import pg from "pg";
import * as assert from "uvu/assert";
import { createBackup } from "../../../../cloud/db/backup/backup.ts";
import { BackupError } from "../../../../cloud/db/backup/backup-error.ts";
import { restoreBackup } from "../../../../cloud/db/backup/restore.ts";
import { verifyBackup } from "../../../../cloud/db/backup/verify.ts";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { type BackupBench, createBackupBench } from "./backup-bench.ts";
import { readPicture, withClient } from "./database-picture.ts";
import { transferUntil } from "./transfers.ts";

const test = suite("backup", { limitMs: 60_000 });
const log = testLog;
let database: TestDatabase;
let bench: BackupBench;
let filled: string;

test.before(async () => {
  database = await createTestDatabase({ migrated: false });
  bench = await createBackupBench(database.url, `${new URL(database.url).pathname.slice(1)}_backup`);
  filled = await bench.createFilled();
});
test.after(async () => {
  await bench.stop();
  await database.stop();
});

async function getBackupError(promise: Promise<unknown>): Promise<BackupError> {
  const error = await getRejection(promise);
  if (!(error instanceof BackupError)) throw error;
  return error;
}

test("a restored database equals the original, table by table", async () => {
  const backup = await bench.backUp(filled);
  const target = await bench.createEmpty();
  const facts = await restoreBackup({ url: target, file: backup.file, log });
  assert.equal(await readPicture(target), await readPicture(filled));
  const newest = (await loadMigrations()).length;
  assert.equal([backup.version, facts.version, backup.omitted], [newest, newest, []]);
  assert.equal([facts.tables, facts.rows, facts.sha256], [backup.tables, backup.rows, backup.sha256]);
});

test("the fitting pg_dump gives the same as COPY", async () => {
  const backup = await bench.backUp(filled, "auto");
  if (backup.tool === "copy") test.skip("no pg_dump on this machine is as new as this server");
  const target = await bench.createEmpty();
  await restoreBackup({ url: target, file: backup.file, log });
  assert.equal(await readPicture(target), await readPicture(filled));
});

test("the file is the owner's alone, a gzip of SQL, and says of itself what it is", async () => {
  const backup = await bench.backUp(filled);
  const bytes = await fs.readFile(backup.file);
  const text = zlib.gunzipSync(bytes);
  const end = text.lastIndexOf("\n", -2) + 1;
  assert.is((await fs.stat(backup.file)).mode & 0o777, 0o600);
  assert.is(backup.bytes, bytes.length);
  assert.is(backup.sha256, crypto.createHash("sha256").update(text.subarray(0, end)).digest("hex"));
  const verdict = await verifyBackup(backup.file);
  assert.ok(verdict.ok);
  assert.is(verdict.facts.sha256, backup.sha256);
  assert.equal(
    verdict.facts.migrations.map((one) => [one.name, one.checksum]),
    (await loadMigrations()).map((one) => [one.name, one.checksum]),
  );
});

test("[BACKUP-1] a backup shows one moment, however busy the tables are", async () => {
  const url = await bench.createEmpty();
  const file = bench.createFile();
  const sum = await transferUntil(url, async () => {
    await createBackup({ url, file, log, pgDump: "never" });
  });
  const target = await bench.createEmpty();
  await restoreBackup({ url: target, file, log });
  const answer = await withClient(target, (client) => client.query(sum.query));
  assert.equal(answer.rows, [{ total: sum.total }]);
});

test("an older database is restored as it is, and can be migrated up then", async () => {
  const url = await bench.createEmpty();
  await migrateUp(url, { log, to: 7 });
  const backup = await bench.backUp(url);
  const target = await bench.createEmpty();
  await restoreBackup({ url: target, file: backup.file, log });
  assert.equal(await readPicture(target), await readPicture(url));
  await migrateUp(target, { log });
  await migrateUp(url, { log });
  assert.equal((await readPicture(target)).schema, (await readPicture(url)).schema);
});

test("an empty database and one that another program migrated are backed up as well", async () => {
  const url = await bench.createEmpty();
  const statements = [
    "SELECT 1",
    "CREATE TABLE schema_migrations (version text, checksum text); INSERT INTO schema_migrations VALUES ('003', 'x')",
  ];
  for (const [tables, statement] of statements.entries()) {
    await withClient(url, (client) => client.query(statement));
    const backup = await bench.backUp(url);
    assert.equal([backup.version, backup.tables, backup.rows], [0, tables, tables]);
    const target = await bench.createEmpty();
    await restoreBackup({ url: target, file: backup.file, log });
    assert.equal(await readPicture(target), await readPicture(url));
  }
});

test("an ordinary owner behind row-level security backs up and restores every row", async () => {
  const owner = `${new URL(database.url).pathname.slice(1)}_owner`;
  const target = await bench.createEmpty();
  const source = await bench.createEmpty();
  await withClient(database.url, async (client) => {
    await client.query(`CREATE ROLE ${owner} LOGIN PASSWORD 'x'`);
    for (const url of [source, target])
      await client.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${owner}`);
  });
  const login = (url: string) => Object.assign(new URL(url), { username: owner, password: "x" }).href;
  try {
    const backup = await bench.backUp(filled);
    await restoreBackup({ url: login(source), file: backup.file, log });
    const again = await bench.backUp(login(source));
    await restoreBackup({ url: login(target), file: again.file, log });
    assert.is(again.rows, backup.rows);
    assert.equal(await readPicture(login(target)), await readPicture(login(source)));
    assert.equal((await readPicture(target)).tables, (await readPicture(filled)).tables);
    await withClient(login(source), (client) => client.query("DROP POLICY owner_all ON devices"));
    const error = await getBackupError(bench.backUp(login(source)));
    assert.equal([error.code, error.data], ["rows-hidden", { tables: ["public.devices"] }]);
  } finally {
    await withClient(database.url, async (client) => {
      for (const url of [source, target]) {
        await client.query(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
      }
      await client.query(`DROP ROLE ${owner}`);
    });
  }
});

test("a name that is taken is left alone, and a folder that cannot be is named", async () => {
  const backup = await bench.backUp(filled);
  const bytes = await fs.readFile(backup.file);
  const again = await getBackupError(createBackup({ url: filled, file: backup.file, log, pgDump: "never" }));
  assert.is(again.code, "file-exists");
  assert.equal(await fs.readFile(backup.file), bytes);
  const below = await getBackupError(
    createBackup({ url: filled, file: `${backup.file}/below.sql.gz`, log, pgDump: "never" }),
  );
  assert.is(below.code, "write-failed");
  assert.match(below.message, /ENOTDIR|EEXIST/);
});

test("a backup that is cancelled leaves no file, wherever it was", async () => {
  const before = await bench.listFiles();
  for (const after of [1, 20, 45]) {
    const cancel = new AbortController();
    const onProgress = ({ tablesBegun }: { tablesBegun: number }) => {
      if (tablesBegun >= after) cancel.abort();
    };
    const options = { url: filled, file: bench.createFile(), log, pgDump: "never", onProgress, signal: cancel.signal };
    assert.is((await getBackupError(createBackup(options))).code, "cancelled");
  }
  const options = { url: filled, file: bench.createFile(), log, signal: AbortSignal.abort() };
  assert.is((await getBackupError(createBackup(options))).code, "cancelled");
  assert.equal(await bench.listFiles(), before);
});

test("a lost connection leaves no file", async () => {
  const before = await bench.listFiles();
  const url = new URL(filled);
  url.searchParams.set("application_name", "backup-victim");
  let ending: Promise<unknown> | undefined;
  const end = () =>
    withClient(filled, (client) =>
      client.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'backup-victim'",
      ),
    );
  const onProgress = () => {
    ending ??= end();
  };
  const error = await getRejection(
    createBackup({ url: url.href, file: bench.createFile(), log, pgDump: "never", onProgress }),
  );
  await ending;
  assert.ok(error instanceof MigrationError, String(error));
  assert.is(error.code, "connection-lost");
  assert.equal(await bench.listFiles(), before);
});

test("a schema that would break a backup's own lines is refused", async () => {
  const url = await bench.createEmpty();
  await withClient(url, (client) =>
    client.query(
      "CREATE FUNCTION sly() RETURNS text LANGUAGE sql AS $$ SELECT '\n-- trapline-backup section=data\n' $$",
    ),
  );
  assert.is((await getBackupError(bench.backUp(url))).code, "schema-unfit");
});

test("a program that is no pg_dump is named", async () => {
  const error = await getBackupError(bench.backUp(filled, process.execPath));
  assert.is(error.code, "tool-failed");
  assert.match(error.message, /no pg_dump/);
});

test("a server that is not there is named", async () => {
  const error = await getRejection(bench.backUp("postgres://nobody:x@127.0.0.1:1/nothing"));
  assert.ok(error instanceof Error && !(error instanceof pg.DatabaseError));
  assert.match(error.message, /no database server at 127.0.0.1:1/);
});
