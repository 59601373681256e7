// What may befall the program that makes a backup: the disk fills up, it is killed, the pg_dump on the search path misbehaves.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { createBackup } from "../../../../cloud/db/backup/backup.ts";
import { BackupError } from "../../../../cloud/db/backup/backup-error.ts";
import { findPgDump } from "../../../../cloud/db/backup/pg-dump.ts";
import { restoreBackup } from "../../../../cloud/db/backup/restore.ts";
import { createProgramEnvironment } from "../../../support/config.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { type BackupBench, createBackupBench } from "./backup-bench.ts";
import { readPicture, withClient } from "./database-picture.ts";

const test = suite("backup faults", { limitMs: 60_000 });
const PROGRAM = path.join(import.meta.dirname, "backup-program.ts");
const COMMAND = [process.execPath, "--import", "tsx", PROGRAM];
const ROOT = path.resolve(import.meta.dirname, "../../../..");
let database: TestDatabase;
let bench: BackupBench;
let source: string;

test.before(async () => {
  database = await createTestDatabase({ migrated: false });
  bench = await createBackupBench(database.url, `${new URL(database.url).pathname.slice(1)}_faults`);
  source = await bench.createEmpty();
  // Hashes do not compress, so that the file is large.
  await withClient(source, (client) =>
    client.query(`
      CREATE TABLE hashes (id integer PRIMARY KEY, hash bytea NOT NULL);
      CREATE TABLE others (id integer PRIMARY KEY);
      INSERT INTO hashes SELECT n, sha256(n::text::bytea) FROM generate_series(1, 20000) AS n;
      INSERT INTO others VALUES (1)`),
  );
});
test.after(async () => {
  await bench.stop();
  await database.stop();
});

/** Runs the program under a shell that has prepared something for it. @returns what it printed last */
async function runUnder(shell: string, args: string[]): Promise<Record<string, unknown>> {
  const options = { cwd: ROOT, env: createProgramEnvironment() };
  const { stdout } = await promisify(execFile)("sh", ["-c", `${shell}; exec "$@"`, "sh", ...COMMAND, ...args], options);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** A program called pg_dump that claims to be newer than any server, in a folder of its own below the bench's. */
async function createFakePgDump(body: string): Promise<string> {
  const folder = `${bench.createFile()}.d`;
  const file = path.join(folder, "pg_dump");
  await fs.mkdir(folder);
  await fs.writeFile(
    file,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.1"; exit; fi\n${body}\n`,
  );
  await fs.chmod(file, 0o755);
  return file;
}

test("a disk that is full leaves nothing, and says so", async () => {
  const before = await bench.listFiles();
  const file = bench.createFile();
  // A limit on the size of files, in blocks of at most 1 kB; the backup would need about 800 kB.
  const answer = await runUnder("ulimit -f 300", [source, file]);
  assert.is(answer.code, "write-failed", JSON.stringify(answer));
  assert.match(String(answer.message), /nothing is left of it: EFBIG/);
  assert.equal(await bench.listFiles(), before);
});

test("a program that is killed leaves nothing under the file's name, and the next one is not in its way", async () => {
  const before = await bench.listFiles();
  const file = bench.createFile();
  const child = spawn(COMMAND[0] ?? "", [...COMMAND.slice(1), source, file, "stall"], { cwd: ROOT });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  const left = (await bench.listFiles()).filter((name) => !before.includes(name));
  assert.match(left.join(" "), /^\.\d+\.sql\.gz\.\d+\.partial$/);
  await createBackup({ url: source, file, log: testLog, pgDump: "never" });
  await restoreBackup({ url: await bench.createEmpty(), file, log: testLog });
  assert.equal([...before, ...left, path.basename(file)].sort(), (await bench.listFiles()).sort());
  const abandoned = path.join(path.dirname(file), left[0] ?? "");
  const { mtimeMs } = await fs.stat(file);
  await fs.utimes(abandoned, 0, mtimeMs / 1000 - 90_000);
  await createBackup({ url: source, file: bench.createFile(), log: testLog, pgDump: "never" });
  assert.is((await bench.listFiles()).includes(left[0] ?? ""), false);
});

const MISDEEDS: [what: string, body: string, complaint: RegExp][] = [
  [
    "ends with an error",
    "echo 'COPY public.hashes (id, hash) FROM stdin;'; echo 'no luck' >&2; exit 3",
    /status 3: no luck/,
  ],
  ["leaves a table out", "printf 'COPY public.hashes (id, hash) FROM stdin;\\n\\\\.\\n'", /no rows came for others/],
  ["stops within a table", "printf 'COPY public.hashes (id, hash) FROM stdin;\\n1\\t1\\n'", /within a table/],
  [
    "brings a table nobody asked for",
    "printf 'COPY public.passwords (id) FROM stdin;\\n\\\\.\\n'",
    /rows of passwords/,
  ],
  ["is killed", "kill -9 $$", /ended with SIGKILL/],
];

for (const [what, body, complaint] of MISDEEDS) {
  test(`a pg_dump that ${what} is an error when it was asked for by name`, async () => {
    const before = await bench.listFiles();
    const pgDump = await createFakePgDump(body);
    const error = await getRejection(createBackup({ url: source, file: bench.createFile(), log: testLog, pgDump }));
    assert.ok(error instanceof BackupError, String(error));
    assert.is(error.code, "tool-failed");
    assert.match(error.message, complaint);
    const left = (await bench.listFiles()).filter((name) => !before.includes(name));
    assert.equal(left, [path.basename(path.dirname(pgDump))]);
  });
}

test("where a pg_dump that was found by itself misbehaves, COPY takes its place", async () => {
  const [server] = await withClient(source, async (client) => (await client.query("SHOW server_version_num")).rows);
  const real = await findPgDump(Math.floor(Number(server.server_version_num) / 10_000));
  if (real !== null) test.skip("a real pg_dump fits here and comes before any other");
  const fake = await createFakePgDump(MISDEEDS[0]?.[1] ?? "");
  const file = bench.createFile();
  const answer = await runUnder(`PATH="${path.dirname(fake)}:$PATH"`, [source, file]);
  assert.equal(answer, { tool: "copy", tables: 2, rows: 20_001 });
  const target = await bench.createEmpty();
  await restoreBackup({ url: target, file, log: testLog });
  assert.equal(await readPicture(target), await readPicture(source));
});

test("no password stands on pg_dump's command line", async () => {
  const seen = bench.createFile();
  const url = new URL(source);
  url.password ||= "none";
  const pgDump = await createFakePgDump(`echo "$@" > ${seen}; echo "[$PGPASSWORD]" >> ${seen}; exit 1`);
  await getRejection(createBackup({ url: url.href, file: bench.createFile(), log: testLog, pgDump }));
  const [line = "", password] = (await fs.readFile(seen, "utf8")).split("\n");
  assert.match(line, /--snapshot=/);
  assert.not.match(line, decodeURIComponent(url.password));
  assert.is(password, `[${decodeURIComponent(url.password)}]`);
});
