// The database's commands as a person uses them, on the embedded server: alone, beside a program, kept in the background.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { startEmbeddedPostgres } from "../../cloud/db/embedded/embedded.ts";
import { isAlive } from "../../cloud/db/embedded/postmaster.ts";
import { findRunningServer, stopEmbeddedPostgres } from "../../cloud/db/embedded/stop-embedded.ts";
import { loadMigrations } from "../../cloud/db/migrations/migration-files.ts";
import { getFailure } from "../bin/db/command-bench.ts";
import { eventually } from "../support/eventually.ts";
import { skip, suite } from "../support/suite.ts";
import { testLog as log } from "../support/test-log.ts";
import { parseLines, runCommand, startCommand, startProgram } from "./database-program.ts";

const test = suite("the database's commands, embedded", { limitMs: 40_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
let folder: string;
let data: string;
let newest: number;

test.before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-commands-"));
  data = path.join(folder, "data");
  newest = (await loadMigrations()).length;
});
test.after(async () => {
  await stopEmbeddedPostgres(path.join(data, "postgres"), true);
  fs.rmSync(folder, { recursive: true, force: true });
});

const here = (...args: string[]): string[] => [...args, "--data", data, ...backups(args)];
const backups = ([name = ""]: string[]): string[] =>
  /backup|restore|status|checkpoint/.test(name) && name.startsWith("db:")
    ? ["--backups", path.join(folder, "kept")]
    : [];

async function withDatabase<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const running = await findRunningServer(path.join(data, "postgres"));
  const password = fs.readFileSync(path.join(data, "postgres", "password"), "utf8").trim();
  const client = new pg.Client({
    host: "127.0.0.1",
    port: running?.port,
    user: "trapline",
    password,
    database: "trapline",
  });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

async function countRows(table: string): Promise<number> {
  return withDatabase(async (client) => Number((await client.query(`SELECT count(*) FROM ${table}`)).rows[0].count));
}

test("an empty folder becomes a migrated database, and the server is gone afterwards", async () => {
  const none = parseLines(await runCommand(0, here("db:status", "--json")));
  assert.is(none.summary.exists, false);
  assert.not(fs.existsSync(data), "looking makes nothing");
  const { out, err } = await runCommand(0, here("migrate:up"));
  assert.match(
    err,
    /^database trapline on 127\.0\.0\.1:\d+, PostgreSQL \d+\.\d+ \(embedded, started for this command\)\n$/,
  );
  assert.is(out.match(/^ {2}\+ \d{3}_\w+ {2}\d+ ms$/gm)?.length, newest, out);
  assert.match(out, new RegExp(`✓ ${newest} migrations applied: the schema stands at 0${newest} `));
  assert.is(await findRunningServer(path.join(data, "postgres")), null);
});

test("db:start keeps the server, and says a line with which psql gets in; db:status says it again", async () => {
  const started = await runCommand(0, here("db:start"));
  const line = /connect with {2}(PGPASSWORD=.*)$/m.exec(started.out)?.[1] ?? "";
  assert.match(started.out, /it stays until npm run db:stop/);
  const password = fs.readFileSync(path.join(data, "postgres", "password"), "utf8").trim();
  const status = await runCommand(0, here("db:status"));
  assert.ok(status.out.includes(line), status.out);
  assert.match(status.out, /running on 127\.0\.0\.1:\d+ \(process \d+, stays until npm run db:stop\)/);
  assert.match(status.out, /schema +0\d+, up to date/);
  assert.match(status.out, /last backup +none yet/);
  for (const text of [started.out, started.err, status.out, status.err]) assert.not.match(text, new RegExp(password));
  const psql = await startProgram("bash", ["-c", `command -v psql || exit 99; ${line} -Atc 'SELECT 40 + 2'`]).ended();
  if (psql.status === 99) skip("there is no psql", "platform");
  assert.match(psql.out, /^42$/m, psql.err);
});

test("what is asked wrongly ends with 2, for a program with a line of JSON", async () => {
  assert.match((await runCommand(2, ["migrate:upp"])).err, /Did you mean migrate:up\?/);
  const { summary } = parseLines(await runCommand(2, ["migrate:create", "--json"]));
  assert.is(summary.ok, false);
  assert.match(String(summary.error), /missing required argument 'name'/);
});

test("production is refused with --yes as well, before anything is touched", async () => {
  await withDatabase((client) => client.query("INSERT INTO users (email, password_hash) VALUES ('a@b.example', 'x')"));
  const ended = await runCommand(2, here("db:reset", "--yes"), { env: { NODE_ENV: "production" } });
  assert.match(getFailure(ended.err).what, /refused on production: NODE_ENV=production is set/);
  assert.match(getFailure((await runCommand(2, here("db:reset"))).err).advice, /npm run db:reset -- --yes/);
  assert.is(await countRows("users"), 1);
});

test("a person at a terminal is asked: the wrong name leaves everything, the right one resets", async () => {
  if (process.platform !== "linux") skip("script(1) is called otherwise here");
  const { status } = await startProgram("bash", ["-c", "command -v script"]).ended();
  if (status !== 0) skip("there is no script(1)", "package");
  const command = [process.execPath, "--import", "tsx", "bin/trapline.ts", ...here("db:reset")].join(" ");
  const answer = (input: string) => startProgram("script", ["-qec", command, "/dev/null"], { input }).ended();
  const wrong = await answer("trap\n");
  assert.is(wrong.status, 2, wrong.out);
  assert.match(wrong.out, /Type its name, trapline, to go on: [\s\S]*not confirmed/);
  assert.is(await countRows("users"), 1);
  const right = await answer("trapline\n");
  assert.is(right.status, 0, right.out);
  assert.is(await countRows("users"), 0);
});

test("two that migrate at once both end well, and each migration is applied once", async () => {
  await withDatabase((client) => client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
  const commands = [1, 2].map(() => runCommand(0, here("migrate:up", "--json")));
  const applied = (await Promise.all(commands)).flatMap((ended) => parseLines(ended).summary.applied as number[]);
  assert.equal(
    applied.sort((a, b) => a - b),
    Array.from({ length: newest }, (_, index) => index + 1),
  );
});

test("what is broken off leaves nothing: no session, no lock, no half migration", async () => {
  await runCommand(0, here("migrate:down"));
  await withDatabase(async (client) => {
    await client.query("BEGIN; LOCK TABLE firmware_versions");
    const up = startCommand(here("migrate:up", "--verbose"));
    await eventually(isWaiting, { withinMs: 30_000, because: "migrating waits for the table" });
    up.child.kill("SIGINT");
    const ended = await up.ended();
    assert.is(ended.status, 130, up.said());
    assert.match(ended.err, /✗ migrate:up: broken off/);
    assert.is(await isWaiting(), false);
    await client.query("ROLLBACK");
  });
  const up = parseLines(await runCommand(0, here("migrate:up", "--json")));
  assert.equal(up.summary.applied, [newest]);
});

/** Asked by a connection of its own each time: within a transaction PostgreSQL would give the first answer again. */
function isWaiting(): Promise<boolean> {
  return withDatabase(async (client) => {
    const answer = await client.query(
      "SELECT FROM pg_stat_activity WHERE application_name LIKE 'trapline migrate:up %' AND wait_event_type = 'Lock'",
    );
    return answer.rowCount === 1;
  });
}

test("the scripts back up and restore from any folder", async () => {
  await withDatabase((client) => client.query("INSERT INTO tenants (name, slug) VALUES ('Loft', 'loft')"));
  const call = (script: string, ...args: string[]) =>
    startProgram(path.join(ROOT, "scripts", script), [...args, "--data", "data", "--backups", "kept"], {
      cwd: folder,
    }).ended();
  const backup = await call("backup-database.sh");
  assert.is(backup.status, 0, backup.err);
  const name = /✓ kept\/(backup_\d{8}_\d{6})\.sql\.gz, /.exec(backup.out)?.[1] ?? "";
  await withDatabase((client) => client.query("DELETE FROM tenants"));
  const restored = await call("restore-database.sh", `kept/${name}.sql.gz`, "--yes");
  assert.is(restored.status, 0, restored.err);
  assert.is(await countRows("tenants"), 1);
});

test("db:stop ends the server, and once more there is nothing to stop", async () => {
  const running = await findRunningServer(path.join(data, "postgres"));
  const { out } = await runCommand(0, here("db:stop"));
  assert.match(out, new RegExp(`stopped \\(process ${running?.pid}\\)`));
  assert.not(isAlive(running?.pid ?? 0));
  assert.match((await runCommand(0, here("db:stop"))).out, /no server is running/);
});

test("a command joins the server of a running program and leaves it; db:stop will not take it away unasked", async () => {
  const program = await startEmbeddedPostgres({ dataDir: path.join(data, "postgres"), log });
  try {
    const { events } = parseLines(await runCommand(0, here("migrate:status", "--json")));
    assert.is(events[0]?.how, "joined");
    assert.match(getFailure((await runCommand(2, here("db:stop"))).err).what, /uses this server/);
    assert.ok(isAlive(program.pid));
  } finally {
    await program.stop();
  }
  assert.not(isAlive(program.pid));
});
