// A database of its own for every file, and nothing left of it.
import * as path from "node:path";
import { sql } from "kysely";
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";
import { startTestServer, withAdmin } from "./postgres-server.ts";
import { runFile } from "./run-file.ts";
import { suite } from "./suite.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const test = suite("test databases");

async function withDatabase<T>(fn: (database: TestDatabase) => Promise<T>, migrated = true): Promise<T> {
  const database = await createTestDatabase({ migrated });
  try {
    return await fn(database);
  } finally {
    await database.stop();
  }
}

test("every database is migrated, empty and nobody else's", async () => {
  await withDatabase(async (one) => {
    await one.db.kysely.insertInto("tenants").values({ name: "One", slug: "one" }).execute();
    await withDatabase(async (other) => {
      assert.is.not(other.url, one.url);
      assert.equal(await other.db.kysely.selectFrom("tenants").select("slug").execute(), []);
    });
  });
});

test("a database for tests of the migrations has no tables", async () => {
  await withDatabase(async ({ db }) => {
    const answer = await sql<{ tables: number }>`
      select count(*) as tables from pg_tables where schemaname = 'public'`.execute(db.kysely);
    assert.is(answer.rows[0]?.tables, 0);
  }, false);
});

test("a stopped database is dropped", async () => {
  const name = await withDatabase(async ({ url }) => new URL(url).pathname.slice(1));
  await withDatabase(async ({ url }) => {
    const found = await withAdmin(url, (admin) => admin.query("SELECT FROM pg_database WHERE datname = $1", [name]));
    assert.is(found.rowCount, 0);
  });
});

test("a run on a server of somebody else's leaves no database there, and a forgotten connection is a failure", async () => {
  await withDatabase(async ({ url }) => {
    // The server of this run plays the part of DATABASE_URL.
    const started = await startTestServer(url);
    const listDatabases = () =>
      withAdmin(url, async (admin) => {
        const found = await admin.query("SELECT FROM pg_database WHERE starts_with(datname, $1)", [
          started.server.prefix,
        ]);
        return found.rowCount;
      });
    try {
      assert.match(started.server.description, /PostgreSQL .* at DATABASE_URL/);
      assert.is(await listDatabases(), 1, "the template");
      const result = await runFile("test/support/fixtures/leaks-database.fixture.ts", {
        root: ROOT,
        limitMs: 15_000,
        getPostgres: async () => ({ trapline: "postgres", server: started.server }),
        signal: new AbortController().signal,
      });
      assert.equal(
        result.cases.map((one) => `${one.name}: ${one.outcome}`),
        ["passes: passed", "(after hook): failed"],
      );
      assert.match(result.output, /every connection to the test database is closed.*forgotten/);
      assert.is(await listDatabases(), 1, "the file's database is dropped all the same");
    } finally {
      await started.stop();
    }
    assert.is(await listDatabases(), 0);
  });
});
