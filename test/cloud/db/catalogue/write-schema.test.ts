// A schema full of odd things, written down, executed on another database and written down again. The text is kept beside it, so that
// runs on servers of different versions are compared with each other.
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { compareCatalogues, describeCatalogue } from "../../../../cloud/db/catalogue/compare-catalogues.ts";
import { readCatalogue } from "../../../../cloud/db/catalogue/read-catalogue.ts";
import { parseBlocks } from "../../../../cloud/db/catalogue/schema-text.ts";
import { writeSchema, writeWholeSchema } from "../../../../cloud/db/catalogue/write-schema.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { ODD_SCHEMA } from "./odd-schema.ts";

const test = suite("a schema in writing");
const databases: TestDatabase[] = [];
const clients: pg.Client[] = [];
let odd: pg.Client;

test.before(async () => {
  odd = await openDatabase();
  await odd.query(ODD_SCHEMA);
});
test.after(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await Promise.all(databases.map((database) => database.stop()));
});

async function openDatabase(): Promise<pg.Client> {
  const database = await createTestDatabase({ migrated: false });
  databases.push(database);
  const client = new pg.Client({ connectionString: database.url });
  clients.push(client);
  await client.connect();
  return client;
}

test("it is the same text whatever the server's version", async () => {
  const kept = fs.readFileSync(path.join(import.meta.dirname, "odd-schema.sql"), "utf8");
  const [, ...rest] = kept.split("\n\n");
  assert.is(writeWholeSchema(await readCatalogue(odd), { partitions: true }), rest.join("\n\n"));
});

test("executed on an empty database it makes the same schema, with its partitions and with rows in between", async () => {
  const expected = await readCatalogue(odd);
  const { before, after } = writeSchema(expected, { partitions: true });
  const copy = await openDatabase();
  await copy.query(before);
  await copy.query("INSERT INTO rooms (tenant_id, id) VALUES (gen_random_uuid(), gen_random_uuid())");
  await copy.query(
    "INSERT INTO logs (id, at) VALUES (gen_random_uuid(), '2026-01-15'), (gen_random_uuid(), '2030-01-01')",
  );
  await copy.query(after);
  const found = await readCatalogue(copy);
  assert.equal(compareCatalogues(expected, found), []);
  assert.equal(writeSchema(found, { partitions: true }), { before, after });
});

test("without partitions it makes the same schema but for the months, the default partition included", async () => {
  const expected = await readCatalogue(odd);
  const text = writeWholeSchema(expected, { partitions: false });
  const copy = await openDatabase();
  await copy.query(text);
  const found = await readCatalogue(copy);
  assert.equal(
    found.tables.filter((table) => table.partitionOf !== null).map((table) => table.name),
    ["logs_default"],
  );
  assert.is(writeWholeSchema(found, { partitions: true }), text);
  assert.equal(describeCatalogue(found), describeCatalogue(expected));
});

test("it does not depend on the settings of the connection, and leaves them as they were, in a transaction and without one", async () => {
  const expected = writeSchema(await readCatalogue(odd), { partitions: true });
  await odd.query(
    "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET search_path = pg_catalog",
  );
  await odd.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  assert.equal(writeSchema(await readCatalogue(odd), { partitions: true }), expected);
  await odd.query("COMMIT");
  const settings = await odd.query(
    "SELECT current_setting('timezone') AS zone, current_setting('search_path') AS path",
  );
  assert.equal(settings.rows, [{ zone: "Asia/Tokyo", path: "pg_catalog" }]);
  await odd.query("RESET ALL");
});

test("in a transaction that has failed the reader says why, and not that the settings cannot be set back", async () => {
  await odd.query("BEGIN");
  await getRejection(odd.query("SELECT 1 / 0"));
  assert.match(String(await getRejection(readCatalogue(odd))), /current transaction is aborted/);
  await odd.query("ROLLBACK");
});

test("what an empty database has without anybody's doing is not written, and what cannot be written is named", async () => {
  const copy = await openDatabase();
  const empty = writeSchema(await readCatalogue(copy), { partitions: true });
  assert.equal(parseBlocks(empty.before + empty.after), []);
  await copy.query(`
    CREATE DOMAIN short AS text CHECK (length(VALUE) < 3);
    CREATE TABLE base (id int);
    CREATE TABLE derived () INHERITS (base);
    CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
    CREATE RULE quiet AS ON INSERT TO base DO NOTHING;
    CREATE AGGREGATE longest (text) (SFUNC = textcat, STYPE = text);
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO trapline_app, pg_monitor;
    REVOKE ALL ON SCHEMA public FROM PUBLIC`);
  const catalogue = await readCatalogue(copy);
  assert.equal(catalogue.others, [
    "aggregate longest(text)",
    "default privileges of trapline_app on tables",
    "domain short",
    "inheritance of derived from base",
    "materialized view kept",
    "rule quiet on base",
  ]);
  assert.match(writeSchema(catalogue, { partitions: true }).after, /REVOKE ALL ON SCHEMA public FROM PUBLIC;/);
});
