// What is done to a database as a whole: its mark, emptying it, breaking work off, lending one. As a superuser, and as an ordinary owner.
import pg from "pg";
import * as assert from "uvu/assert";
import { clearDatabase } from "../../../../cloud/db/administration/clear-database.ts";
import { readContents, readDatabaseReport } from "../../../../cloud/db/administration/database-report.ts";
import { endSessions, nameSessions } from "../../../../cloud/db/administration/end-sessions.ts";
import { readMark, writeMark } from "../../../../cloud/db/administration/environment-mark.ts";
import { resetDatabase } from "../../../../cloud/db/administration/reset-database.ts";
import { withScratchDatabase } from "../../../../cloud/db/administration/scratch-database.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../../../cloud/db/migrations/owner-connection.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";

const test = suite("a database as a whole");
let database: TestDatabase;
let name: string;
/** An ordinary login that owns the database and is nothing else. */
let owner: { role: string; url: string };

test.before(async () => {
  database = await createTestDatabase({ migrated: false });
  name = new URL(database.url).pathname.slice(1);
  const role = `${name}_owner`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; ALTER DATABASE ${name} OWNER TO ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = "secret";
  owner = { role, url: url.href };
});
test.after(async () => {
  await query(`REASSIGN OWNED BY ${owner.role} TO CURRENT_USER; DROP OWNED BY ${owner.role}; DROP ROLE ${owner.role}`);
  await database.stop();
});

function query(text: string, url = database.url): Promise<pg.QueryResult> {
  return withOwner(url, (client) => client.query(text));
}

async function countThings(): Promise<number> {
  const answer = await query(
    `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
      + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
      + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace) AS things`,
  );
  return Number(answer.rows[0].things);
}

for (const who of ["a superuser", "an ordinary owner"] as const) {
  const url = () => (who === "a superuser" ? database.url : owner.url);

  test(`${who} marks a database, which keeps the mark and its comment when it is emptied`, async () => {
    await query(`ALTER DATABASE ${name} RESET ALL; COMMENT ON DATABASE ${name} IS 'of the loft'`);
    await withOwner(url(), async (client) => {
      assert.is(await readMark(client), null);
      await writeMark(client, "production");
      assert.is(await readMark(client), "production");
      await clearDatabase(client);
      assert.is(await readMark(client), "production");
      await writeMark(client, "development");
      assert.is(await readMark(client), "development");
    });
    const comment = await query(
      "SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = current_database()",
    );
    assert.match(comment.rows[0].text, /^of the loft/);
  });
}

test("of two marks that differ production wins, and no setting of the session hides it", async () => {
  await query(`ALTER DATABASE ${name} SET trapline.environment = 'development'`);
  await query(`COMMENT ON DATABASE ${name} IS '[trapline.environment=production]'`);
  await withOwner(database.url, async (client) => {
    await client.query("SET trapline.environment = 'development'");
    assert.is(await readMark(client), "production");
    await writeMark(client, "development");
    assert.is(await readMark(client), "development");
  });
});

test("whoever neither owns the database nor is a superuser may not mark it", async () => {
  const role = `${name}_guest`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  try {
    const guest = new URL(database.url);
    guest.username = role;
    guest.password = "secret";
    const error = await getRejection(withOwner(guest.href, (client) => writeMark(client, "development")));
    assert.ok(error instanceof pg.DatabaseError && error.code === "42501", String(error));
  } finally {
    await query(`DROP ROLE ${role}`);
  }
});

test("emptying takes what migrations and people made, and leaves extensions and the schema public", async () => {
  await withOwner(database.url, clearDatabase);
  await query("CREATE EXTENSION citext SCHEMA public");
  const before = await countThings();
  await query(`
    CREATE TYPE mood AS ENUM ('set', 'sprung');
    CREATE DOMAIN short AS text CHECK (length(value) < 9);
    CREATE TYPE pair AS (one int, other mood);
    CREATE TABLE traps (id serial PRIMARY KEY, mood mood, word short, address citext);
    CREATE TABLE logs (at date, trap int REFERENCES traps) PARTITION BY RANGE (at);
    CREATE TABLE logs_now PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE VIEW sprung AS SELECT * FROM traps WHERE mood = 'sprung';
    CREATE VIEW sprung_short AS SELECT word FROM sprung;
    CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) FROM traps GROUP BY mood;
    CREATE FUNCTION count_traps(m mood) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM traps WHERE mood = m';
    CREATE FUNCTION first_trap() RETURNS traps LANGUAGE sql AS 'SELECT * FROM traps LIMIT 1';
    CREATE PROCEDURE spring() LANGUAGE sql AS 'UPDATE traps SET mood = ''sprung''';
    CREATE AGGREGATE sum_all(int) (SFUNC = int4pl, STYPE = int);
    CREATE SEQUENCE loose;
    CREATE SCHEMA "Other One"; CREATE TABLE "Other One".things (id int)`);
  const { tables } = await withOwner(database.url, readContents);
  assert.is(tables, 4, "traps, logs with its partition, the materialized view, and that of the other schema");
  await withOwner(database.url, clearDatabase);
  assert.is(await countThings(), before);
  assert.is((await query("SELECT FROM pg_namespace WHERE nspname = 'Other One'")).rowCount, 0);
  await withOwner(database.url, clearDatabase);
  await query("DROP EXTENSION citext");
});

test("a reset ends at the newest migration with nothing in it, from whatever state, and two at once both do", async () => {
  const newest = (await loadMigrations()).length;
  await query("CREATE TABLE traps (id int)");
  const results = await Promise.all([1, 2].map(() => resetDatabase(database.url, { log })));
  assert.equal(
    results.map((one) => one.version),
    [newest, newest],
  );
  assert.is((await query("SELECT to_regclass('public.traps') AS traps")).rows[0].traps, null);
  const report = await withOwner(database.url, (client) => readDatabaseReport(client, 3));
  assert.is(report.database, name);
  assert.is(report.biggest.length, 3);
  assert.ok(report.tables > 20 && report.bytes > 1_000_000, JSON.stringify(report));
  assert.not.ok(
    report.biggest.some((table) => /_\d{4}_\d{2}$/.test(table.name)),
    "a month counts for its table",
  );
});

test("breaking off ends the sessions of that name and no others", async () => {
  const mine = new pg.Client({ connectionString: nameSessions(database.url, "trapline test 1") });
  const other = new pg.Client({ connectionString: nameSessions(database.url, "trapline test 2") });
  for (const client of [mine, other]) {
    client.on("error", () => undefined);
    await client.connect();
  }
  const sleeping = getRejection(mine.query("SELECT pg_sleep(60)"));
  assert.is(await endSessions(database.url, "trapline test 1"), 1);
  assert.match(String(await sleeping), /terminat/);
  assert.is((await other.query("SELECT 1")).rowCount, 1);
  await other.end();
  assert.is(await endSessions("postgres://nobody@127.0.0.1:1/nothing", "trapline test 1"), 0);
});

test("a lent database is what the migrations make, and is gone afterwards, also when the work fails", async () => {
  const scratch = `${name}_scratch`;
  const isThere = async () => (await query(`SELECT FROM pg_database WHERE datname = '${scratch}'`)).rowCount === 1;
  const version = await withScratchDatabase(database.url, scratch, { log }, async (url) => {
    assert.ok(await isThere());
    return (await query("SELECT max(version) AS version FROM schema_migrations", url)).rows[0].version;
  });
  assert.is(version, (await loadMigrations()).length);
  assert.not.ok(await isThere());
  const failing = withScratchDatabase(database.url, scratch, { log }, () => Promise.reject(new Error("no")));
  assert.match(String(await getRejection(failing)), /no/);
  assert.not.ok(await isThere());
  const forbidden = await getRejection(withScratchDatabase(owner.url, scratch, { log }, async () => undefined));
  assert.ok(forbidden instanceof pg.DatabaseError && forbidden.code === "42501", String(forbidden));
});
