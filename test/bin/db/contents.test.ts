// What the commands about a database's contents do and say: backups, checkpoints, the sample, starting anew, generated files.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type pg from "pg";
import * as assert from "uvu/assert";
import { loadMigrations } from "../../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../../cloud/db/migrations/owner-connection.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";
import { getFailure, performTo, type Wish } from "./command-bench.ts";

const test = suite("the commands about a database's contents", { limitMs: 40_000 });
let database: TestDatabase;
let name: string;
let folder: string;
let newest: number;

test.before(async () => {
  database = await createTestDatabase();
  name = new URL(database.url).pathname.slice(1);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-commands-"));
  newest = (await loadMigrations()).length;
  await query("INSERT INTO users (email, password_hash) VALUES ('a@b.example', 'x')");
});
test.after(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await database.stop();
});

const to = (status: number, command: string, wish: Partial<Wish> = {}) =>
  performTo(status, command, { databaseUrl: database.url, backupsDir: path.join(folder, "kept"), ...wish });

function query(text: string): Promise<pg.QueryResult> {
  return withOwner(database.url, (client) => client.query(text));
}

const countUsers = async () => Number((await query("SELECT count(*) FROM users")).rows[0].count);

test("a checkpoint comes with a backup; going back takes migrations back, restoring brings the rows back", async () => {
  const made = await to(0, "migrate:checkpoint", { name: "autumn", flags: { json: true } });
  assert.is(made.summary.version, newest);
  assert.is(made.summary.backup, path.join(folder, "kept", "checkpoint_autumn.sql.gz"));
  getFailure((await to(2, "migrate:checkpoint", { name: "autumn" })).err);
  assert.match((await to(0, "migrate:rollback", { name: "autumn" })).out, /nothing to take back/);
  const back = await to(0, "migrate:rollback", { name: "006", answer: "y" });
  assert.match(back.out, /the schema stands at 006/);
  assert.equal(back.questions, ["Go on? [y/N] "]);
  const restored = await to(0, "db:restore", { name: "checkpoint_autumn", answer: name });
  assert.match(restored.out, /checkpoint_autumn is restored: [\d,]+ rows of \d+ tables/);
  assert.is(await countUsers(), 1);
  assert.match((await to(0, "db:status")).out, /last backup +checkpoint_autumn, .* ago/);
});

test("a backup is restored by its name into what is used with consent alone, and one that is cut short never", async () => {
  const made = await to(0, "db:backup", { flags: { json: true } });
  const file = String(made.summary.file);
  assert.match(path.basename(file), /^backup_\d{8}_\d{6}\.sql\.gz$/);
  await query("DELETE FROM users");
  const backup = String(made.summary.name);
  assert.match(getFailure((await to(2, "db:restore", { name: backup })).err).what, /would be replaced by backup_/);
  getFailure(
    (await to(2, "db:restore", { name: backup, flags: { yes: true }, production: "NODE_ENV=production" })).err,
  );
  const cut = path.join(folder, "cut.sql.gz");
  fs.copyFileSync(file, cut);
  fs.truncateSync(cut, fs.statSync(cut).size - 20);
  assert.match(
    getFailure((await to(1, "db:restore", { name: cut, flags: { yes: true } })).err).what,
    /nothing was touched/,
  );
  assert.is(await countUsers(), 0);
  await to(0, "db:restore", { name: `${backup}.sql.gz`, flags: { yes: true } });
  assert.is(await countUsers(), 1);
  assert.match(getFailure((await to(2, "db:restore", { name: "backup_1" })).err).advice, /the newest are backup_/);
});

test("a person who types the name resets, with what went and what came told", async () => {
  const told = await to(0, "db:reset", { answer: name });
  assert.equal(told.questions, [`Type its name, ${name}, to go on: `]);
  assert.match(told.out, /emptied: \d+ tables removed\n {2}\+ 001_initial_schema {2}\d+ ms/);
  assert.is(await countUsers(), 0);
});

test("fresh is a reset and the sample, whose log-ins are told; seeding again finds everything there", async () => {
  assert.is((await to(2, "db:fresh")).questions.length, 0);
  const fresh = await to(0, "db:fresh", { flags: { yes: true } });
  assert.match(fresh.out, /emptied: [\s\S]*log in as\n[\s\S]*admin@system\.local +\S+ +superadmin of acme-corp, /);
  const again = await to(0, "db:seed", { flags: { json: true } });
  assert.is(again.summary.inserted, 0);
  assert.ok(again.events.some((one) => one.event === "login" && one.email === "admin@system.local"));
  assert.match(getFailure((await to(2, "db:seed", { production: "NODE_ENV=production" })).err).what, /production/);
});

test("the generated files come from a database of their own, whatever this one looks like", async () => {
  const root = path.join(folder, "root");
  for (const one of ["cloud/db", "migrations"]) fs.mkdirSync(path.join(root, one), { recursive: true });
  await query("ALTER TABLE devices ADD COLUMN colour text");
  const { summary } = await to(0, "db:types", { root, flags: { json: true } });
  await query("ALTER TABLE devices DROP COLUMN colour");
  assert.equal(summary.changed, ["cloud/db/schema.ts", "migrations/schema.sql"]);
  const types = fs.readFileSync(path.join(root, "cloud/db/schema.ts"), "utf8");
  assert.ok(types.includes("battery_mv") && !types.includes("colour"));
  assert.match((await to(0, "db:types", { root })).out, /nothing to do/);
  assert.is((await query("SELECT FROM pg_database WHERE datname LIKE 'trapline\\_scratch%'")).rowCount, 0);
});
