// A live database against migrations/schema.sql: nothing is found on a fresh one, and each change by hand is, in one line.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { compareCatalogues } from "../../../../cloud/db/catalogue/compare-catalogues.ts";
import { findDrift } from "../../../../cloud/db/catalogue/find-drift.ts";
import { readCatalogue } from "../../../../cloud/db/catalogue/read-catalogue.ts";
import { writeSchemaFile } from "../../../../cloud/db/catalogue/schema-file.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("drift");
let database: TestDatabase;
let client: pg.Client;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-drift-"));
/** As it should be committed: that it is, one test asks. */
const file = path.join(folder, "schema.sql");

test.before(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  fs.writeFileSync(file, writeSchemaFile(await readCatalogue(client)));
});
test.after(async () => {
  fs.rmSync(folder, { recursive: true });
  await client.end();
  await database.stop();
});

test("a database that was just migrated has none, with the partitions of its months", async () => {
  const months = await client.query(
    "SELECT count(*)::int AS many FROM pg_class WHERE relispartition AND relname ~ '_[0-9]{4}_[0-9]{2}$'",
  );
  assert.ok(months.rows[0].many > 0);
  assert.equal(await findDrift(client), []);
});

const CHANGES: [statement: string, ...lines: (string | RegExp)[]][] = [
  ["ALTER TABLE devices DROP COLUMN place", "column devices.place: missing"],
  ["ALTER TABLE devices ADD COLUMN extra text", "column devices.extra: not expected"],
  [
    "ALTER TABLE devices ALTER COLUMN manufacturer SET DEFAULT 'Other'",
    /^column devices\.manufacturer: differs: expected .*'Trapline'.*, found .*'Other'/,
  ],
  ["ALTER TABLE devices ALTER COLUMN name DROP NOT NULL", /^column devices\.name: differs/],
  ["CREATE INDEX by_hand ON devices (name)", "index by_hand on devices: not expected"],
  ["DROP INDEX device_alerts_one_open", "index device_alerts_one_open on device_alerts: missing"],
  [
    "ALTER TABLE sites DISABLE ROW LEVEL SECURITY",
    /^row security on sites: differs: expected .*ENABLE.*, found .* FORCE/,
  ],
  ["ALTER TABLE sites DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY", "row security on sites: missing"],
  [
    "CREATE OR REPLACE FUNCTION current_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE RETURN NULL::uuid",
    /^function current_tenant_id\(\): differs in line \d+: expected RETURN .*, found RETURN NULL::uuid/,
  ],
  ["ALTER FUNCTION check_device_limit() RESET search_path", /^function check_device_limit\(\): differs in line \d+/],
  ["CREATE FUNCTION more() RETURNS int LANGUAGE sql RETURN 1", "function more(): not expected"],
  ["DROP POLICY tenant_wall ON devices", "policy tenant_wall on devices: missing"],
  ["CREATE POLICY hole ON devices USING (true)", "policy hole on devices: not expected"],
  ["ALTER POLICY tenant_wall ON devices USING (true)", /^policy tenant_wall on devices: differs/],
  [
    "CREATE TABLE mine (id serial PRIMARY KEY, device_id uuid)",
    "sequence mine_id_seq: not expected",
    "table mine: not expected",
  ],
  ["DROP TABLE device_properties", "table device_properties: missing"],
  ["GRANT DELETE ON devices TO trapline_app", "grant DELETE on devices to trapline_app: not expected"],
  ["REVOKE SELECT ON devices FROM trapline_app", "grant SELECT on devices to trapline_app: missing"],
  [
    "GRANT SELECT ON devices TO trapline_app WITH GRANT OPTION",
    "grant SELECT on devices to trapline_app: differs: expected not to be passed on, found to be passed on",
  ],
  [
    "GRANT SELECT (challenge) ON device_challenges TO trapline_ingest",
    "grant SELECT (challenge) on device_challenges to trapline_ingest: not expected",
  ],
  ["GRANT SELECT ON devices TO PUBLIC", "grant SELECT on devices to PUBLIC: not expected"],
  [
    "GRANT EXECUTE ON FUNCTION ensure_partitions(integer) TO PUBLIC",
    "function ensure_partitions(integer) closed to PUBLIC: missing",
  ],
  ["GRANT CREATE ON SCHEMA public TO trapline_app", "grant CREATE on public to trapline_app: not expected"],
  ["ALTER TABLE devices DROP CONSTRAINT devices_kind_listed", "constraint devices_kind_listed on devices: missing"],
  ["ALTER TABLE devices VALIDATE CONSTRAINT devices_whole", /^constraint devices_whole on devices: differs/],
  ["ALTER TABLE devices DISABLE TRIGGER devices_updated", /^trigger devices_updated on devices: differs/],
  ["CREATE VIEW leak AS SELECT * FROM devices", "view leak: not expected"],
  ["CREATE MATERIALIZED VIEW leak AS SELECT * FROM devices", "materialized view leak: not expected"],
  ["COMMENT ON COLUMN devices.name IS 'other'", /^comment on column devices\.name: /],
  ["DROP TABLE audit_logs_default", "table audit_logs_default: missing"],
  ["ALTER TABLE devices ADD COLUMN again text; ALTER TABLE devices DROP COLUMN again"],
];

for (const [statement, ...lines] of CHANGES) {
  test(`found: ${statement}`, async () => {
    await client.query("BEGIN");
    try {
      await client.query(statement);
      const drift = await findDrift(client, file);
      const fits = lines.length === drift.length && lines.every((line, index) => matches(line, drift[index] ?? ""));
      assert.ok(fits, `expected ${lines.join("\n")}\nfound ${drift.join("\n")}`);
    } finally {
      await client.query("ROLLBACK");
    }
  });
}

function matches(wanted: string | RegExp, line: string): boolean {
  return typeof wanted === "string" ? line === wanted : wanted.test(line);
}

const MONTH_CHANGES: [statement: (month: string) => string, line: string][] = [
  [(month) => `ALTER TABLE ${month} DISABLE ROW LEVEL SECURITY`, "row security is not enabled"],
  [(month) => `ALTER TABLE ${month} NO FORCE ROW LEVEL SECURITY`, "row security is not forced"],
  [
    (month) => `CREATE POLICY hole ON ${month} USING (true)`,
    "not expected: CREATE POLICY hole ON it TO PUBLIC USING (true);",
  ],
  [
    (month) => `DROP POLICY owner_all ON ${month}`,
    "missing: CREATE POLICY owner_all ON it TO CURRENT_USER USING (true) WITH CHECK (true);",
  ],
  [(month) => `GRANT DELETE ON ${month} TO trapline_app`, "not expected: GRANT DELETE ON TABLE it TO trapline_app;"],
  [(month) => `CREATE INDEX by_hand ON ${month} (kind)`, "not expected: by_hand"],
];

for (const [statement, line] of MONTH_CHANGES) {
  test(`found on a month alone: ${statement("month")}`, async () => {
    const found = await client.query<{ name: string }>(
      "SELECT min(relname)::text AS name FROM pg_class WHERE relispartition AND relname ~ '^device_events_[0-9]{4}_[0-9]{2}$'",
    );
    const month = found.rows[0]?.name ?? "";
    await client.query("BEGIN");
    try {
      await client.query(statement(month));
      assert.equal(await findDrift(client, file), [`partition ${month}: ${line}`]);
    } finally {
      await client.query("ROLLBACK");
    }
  });
}

test("two live databases are compared alike", async () => {
  const expected = await readCatalogue(client);
  await client.query("BEGIN");
  await client.query("ALTER TABLE sites DROP COLUMN timezone; CREATE TABLE more ()");
  const found = await readCatalogue(client);
  await client.query("ROLLBACK");
  assert.equal(compareCatalogues(expected, expected), []);
  assert.equal(compareCatalogues(expected, found), ["column sites.timezone: missing", "table more: not expected"]);
});

test("what another product left behind when its database was taken over is no drift", async () => {
  await client.query("BEGIN");
  await client.query("CREATE TABLE schema_migrations_before_trapline (id serial PRIMARY KEY, filename varchar UNIQUE)");
  const drift = await findDrift(client, file);
  await client.query("ROLLBACK");
  assert.equal(drift, []);
});
