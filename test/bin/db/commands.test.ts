// What the database's commands do and say on the server of DATABASE_URL: moving between versions, destroying with consent alone,
// and an address that leads nowhere.
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type pg from "pg";
import * as assert from "uvu/assert";
import { loadMigrations } from "../../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../../cloud/db/migrations/owner-connection.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";
import { getFailure, performTo, type Wish } from "./command-bench.ts";

const test = suite("the database's commands", { limitMs: 40_000 });
let database: TestDatabase;
let name: string;
let folder: string;
let newest: number;

test.before(async () => {
  database = await createTestDatabase();
  name = new URL(database.url).pathname.slice(1);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-commands-"));
  newest = (await loadMigrations()).length;
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

const addUser = () => query("INSERT INTO users (email, password_hash) VALUES ('a@b.example', 'x')");
const countUsers = async () => Number((await query("SELECT count(*) FROM users")).rows[0].count);

test("the status tells server, schema, how to connect and that nothing was backed up", async () => {
  const { out } = await to(0, "db:status");
  assert.match(out, /server +PostgreSQL \d+\.\d+ of DATABASE_URL, on [\w.]+:\d+/);
  assert.match(out, new RegExp(`database +${name}, [\\d.]+ MB, \\d+ tables`));
  assert.match(out, /schema +0\d+, up to date/);
  assert.match(out, /last backup +none yet/);
  assert.match(out, /connect with +psql "\$DATABASE_URL"/);
  const password = new URL(database.url).password;
  assert.not.ok(password !== "" && out.includes(password), "no password [SECRET-1]");
});

test("one down, one up: only that migration moves, and the status says so in between", async () => {
  const down = await to(0, "migrate:down", { flags: { json: true } });
  assert.equal(down.summary.undone, [newest]);
  assert.match((await to(0, "migrate:status")).out, /pending\n.*1 pending: npm run migrate:up/);
  const validated = await to(0, "migrate:validate");
  assert.match(validated.out, /drift is compared at the newest version alone/);
  const up = await to(0, "migrate:up", { flags: { json: true } });
  assert.equal(up.summary.applied, [newest]);
  assert.equal(
    up.events.map((one) => one.event),
    ["database", "migration"],
  );
  assert.match((await to(0, "migrate:up")).out, /nothing to do: the schema stands at 0\d+/);
});

test("drift is told line by line, and is a failure", async () => {
  await query("ALTER TABLE devices ADD COLUMN colour text");
  const { out, err } = await to(1, "migrate:validate");
  await query("ALTER TABLE devices DROP COLUMN colour");
  assert.match(out, /^ {2}column devices\.colour: not expected$/m);
  assert.match(getFailure(err).what, /not what its migrations make of it: \d+ difference/);
});

test("a changed file of an applied migration is named", async () => {
  await query("UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE version = 3");
  for (const command of ["migrate:validate", "migrate:up", "migrate:down"]) {
    assert.match(getFailure((await to(1, command)).err).what, /003_add_claim_codes\.sql was changed/);
  }
  assert.match((await to(0, "migrate:status")).out, /003_add_claim_codes +changed/);
  const [third] = (await loadMigrations()).slice(2);
  await query(`UPDATE schema_migrations SET checksum = '${third?.checksum}' WHERE version = 3`);
});

test("a database newer than the program is told as such", async () => {
  await query(
    `INSERT INTO schema_migrations (version, name, checksum) VALUES (${newest + 1}, '099_later', repeat('0', 64))`,
  );
  const failure = getFailure((await to(1, "migrate:up")).err);
  await query(`DELETE FROM schema_migrations WHERE version = ${newest + 1}`);
  assert.match(failure.what, /099_later, which this program does not know/);
  assert.match(failure.advice, /start the newer program/);
});

test("what destroys is refused where nobody can be asked, and says what to type", async () => {
  await addUser();
  const reset = getFailure((await to(2, "db:reset")).err);
  assert.match(
    reset.what,
    new RegExp(`not confirmed: Everything in the database "${name}" on .* would be removed: \\d+ tables`),
  );
  assert.match(reset.advice, /npm run db:reset -- --yes/);
  const down = getFailure((await to(2, "migrate:down", { flags: { to: "0" } })).err);
  assert.match(down.what, /loses: .*table users with 1 row/);
  const json = await to(2, "db:reset", { flags: { json: true }, answer: name });
  assert.is(json.summary.code, "not-confirmed");
  assert.equal(json.questions, [], "who reads JSON is not asked");
  assert.is(await countUsers(), 1);
});

for (const [command, wish] of [
  ["db:reset", { flags: { yes: true } }],
  ["migrate:down", { flags: { yes: true, to: "0" } }],
  ["migrate:rollback", { flags: { yes: true }, name: "006" }],
] as const) {
  test(`${command} is refused on production, with --yes and with consent, whoever says that it is production`, async () => {
    for (const answer of [undefined, name, "y"]) {
      const bySurroundings = await to(2, command, { ...wish, answer, production: "NODE_ENV=production" });
      assert.match(getFailure(bySurroundings.err).what, /refused on production: NODE_ENV=production is set/);
      assert.equal(bySurroundings.questions, []);
    }
    await to(0, "db:mark", { name: "production" });
    const marked = getFailure((await to(2, command, wish)).err);
    assert.match(marked.what, new RegExp(`the database "${name}" is marked as production`));
    assert.match(marked.advice, /npm run db:mark development/);
    getFailure((await to(2, "db:mark", { name: "development" })).err);
    await to(0, "db:mark", { name: "development", answer: name });
    assert.is(await countUsers(), 1);
  });
}

function elsewhere(alter: (url: URL) => void): string {
  const url = new URL(database.url);
  alter(url);
  return url.href;
}

test("a server that is not there, a wrong password, a missing database: each is told, with what to do [SECRET-1]", async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 1;
  await new Promise((resolve) => server.close(resolve));
  const closed = elsewhere((url) => {
    url.host = `127.0.0.1:${port}`;
  });
  const nobody = getFailure((await to(1, "migrate:up", { databaseUrl: closed })).err);
  assert.match(nobody.what, new RegExp(`no database server at 127.0.0.1:${port}: nothing listens there`));
  assert.match(nobody.advice, /start the server, correct DATABASE_URL/);

  const wrong = elsewhere((url) => {
    url.password = "geheim-und-falsch";
  });
  const refused = await to(1, "db:backup", { databaseUrl: wrong, flags: { verbose: true } });
  assert.match(refused.err, /refused the password of \w+/);
  assert.not.match(refused.err, /geheim/);

  const missing = elsewhere((url) => {
    url.pathname = "/no_such_trap";
  });
  const none = getFailure((await to(1, "migrate:status", { databaseUrl: missing })).err);
  assert.match(none.what, /has no database no_such_trap/);
  assert.match(none.advice, /CREATE DATABASE "?no_such_trap"?;/);

  const malformed = await to(2, "db:status", { databaseUrl: "postgres://me:ge#heim@host:x/db" });
  assert.match(getFailure(malformed.err).what, /DATABASE_URL is no address/);
  assert.not.match(malformed.err, /heim/);
});

test("what was asked wrongly is told by its name, and changes nothing", async () => {
  for (const [command, wish, said] of [
    ["migrate:create", { name: "Bad Name" }, /no name for a migration/],
    ["migrate:up", { flags: { to: "999" } }, /there is no migration 999/],
    ["migrate:rollback", { name: "nowhere" }, /there is no checkpoint or migration nowhere/],
    ["migrate:checkpoint", { name: "0 no" }, /no name for a checkpoint/],
    ["db:mark", { name: "staging" }, /production or development/],
    ["db:stop", {}, /not ours to stop/],
  ] as const) {
    assert.match((await to(2, command, wish)).err, said, command);
  }
});
