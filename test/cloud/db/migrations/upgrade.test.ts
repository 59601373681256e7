// A mousetrap database that stands at 006 becomes ours in place, with nothing lost, and comes back down, with nothing lost either; whatever
// the product did beyond its document, and whatever we did to the database in between [SCHEMA-2].
import pg from "pg";
import * as assert from "uvu/assert";
import type { Catalogue } from "../../../../cloud/db/catalogue/catalogue.ts";
import { compareCatalogues } from "../../../../cloud/db/catalogue/compare-catalogues.ts";
import { findDrift } from "../../../../cloud/db/catalogue/find-drift.ts";
import { readCatalogue } from "../../../../cloud/db/catalogue/read-catalogue.ts";
import { withoutForeignRecord } from "../../../../cloud/db/catalogue/schema-file.ts";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { seedDatabase } from "../../../../cloud/db/seed/seed.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { compareRows, type Rows, readRows, tellValue } from "./kept-rows.ts";
import { type Change, IN_30_DAYS, LISTED, NOT_COMING_BACK, NOW, past, UNKEYED, UNLISTED } from "./mousetrap-changes.ts";
import { DOCUMENTED, MOUSETRAP_PRODUCTS, type MousetrapProduct, OUR_OWN } from "./mousetrap-products.ts";
import { alert, CLEAR, device, insertMousetrapRows, TABLES, tenant, user } from "./mousetrap-rows.ts";

const test = suite("upgrade of a mousetrap database");
const CHANGES = { listed: LISTED, unlisted: UNLISTED, unkeyed: UNKEYED };
type Kind = MousetrapProduct["takes"][number];
const DAY_MS = 24 * 60 * 60 * 1000;
/** The rules of 001 to 006 that rows of such a product do not keep to. */
const LEFT_OUT: Record<Kind, string[]> = {
  listed: [],
  unlisted: [
    "constraint claim_codes_status_listed on claim_codes: missing",
    "constraint device_alerts_status_listed on device_alerts: missing",
    "constraint firmware_versions_tenant_id_fkey on firmware_versions: missing",
    "constraint firmware_versions_type_listed on firmware_versions: missing",
    "constraint user_tenant_memberships_role_listed on user_tenant_memberships: missing",
  ],
  unkeyed: [
    "column user_tenant_memberships.tenant_id: differs",
    "column user_tenant_memberships.user_id: differs",
    "constraint user_tenant_memberships_pkey on user_tenant_memberships: missing",
    "constraint user_tenant_memberships_user_id_fkey on user_tenant_memberships: missing",
  ],
};
let schemaAt6: Catalogue;
let database: TestDatabase;
let client: pg.Client;

test.before(async () => {
  schemaAt6 = await withClient(async (fresh) => {
    await migrateUp(fresh, { log, to: 6 });
    return readSchema(fresh);
  });
});
test.before.each(async () => {
  database = await createTestDatabase({ migrated: false });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
test.after.each(async () => {
  await client.end();
  await database.stop();
});

async function withClient<T>(fn: (fresh: pg.Client) => Promise<T>): Promise<T> {
  const other = await createTestDatabase({ migrated: false });
  const fresh = new pg.Client({ connectionString: other.url });
  await fresh.connect();
  try {
    return await fn(fresh);
  } finally {
    await fresh.end();
    await other.stop();
  }
}

async function readSchema(from: pg.Client): Promise<Catalogue> {
  return withoutForeignRecord(await readCatalogue(from));
}

/** As the product left it, and then seen from somewhere else. */
async function createMousetrap(product: MousetrapProduct): Promise<Rows> {
  await client.query("SET timezone = 'UTC'");
  await product.create(client);
  await insertMousetrapRows(client, product.takes);
  await client.query("SET timezone = 'America/New_York'; ANALYZE");
  return readRows(client, Object.keys(TABLES));
}

/** Later changes of the same value win. Sorted, as what they are compared with. */
function tellChanges(changes: Change[]): string[] {
  const told = new Map<string, string>();
  for (const [table, key, columns] of changes) {
    for (const [column, value] of Object.entries(columns)) {
      told.set(`${table} ${key} ${column}`, tellValue(table, key, column, value));
    }
  }
  return [...told.values()].sort();
}

/** What the upgrade found out by the clock becomes a word. */
function tellTimes(lines: string[], begin: number): string[] {
  return lines.map((line) =>
    line.replace(/: "(\d{4}-\d\d-\d\dT[\d:.]+)"$/, (whole, time: string) => {
      const ms = Date.parse(`${time}Z`);
      const isIn = (from: number) => ms >= from - 1_000 && ms <= from + Date.now() - begin;
      if (isIn(begin)) return `: "${NOW}"`;
      return isIn(begin + 30 * DAY_MS) ? `: "${IN_30_DAYS}"` : whole;
    }),
  );
}

async function migrateAndCompare(product: MousetrapProduct, before: Rows): Promise<void> {
  const begin = Date.now();
  await migrateUp(client, { log });
  const lines = tellTimes(compareRows(before, await readRows(client, Object.keys(TABLES)), TABLES), begin);
  const others = lines.filter((line) => !/: (gone|new)$|mqtt_password_plain: no column$/.test(line));
  assert.equal(others.sort(), tellChanges(product.takes.flatMap((kind) => CHANGES[kind])));
  const moved = [past(10, 1), past(10, 2), past(11, 1)].map((id) => `devices ${id}: new`);
  const unkeyed = [
    `user_tenant_memberships ${user(1)} ${tenant(2)} #2: gone`,
    `user_tenant_memberships ${user(9)} : gone`,
    `user_tenant_memberships ${user(99)} ${tenant(1)}: gone`,
  ];
  const came = [...moved, ...(product.takes.includes("unkeyed") ? unkeyed : [])];
  assert.equal(lines.filter((line) => /: (gone|new)$/.test(line)).sort(), came.sort());
  assert.equal(await findDrift(client), []);
}

async function goBackAndCompare(product: MousetrapProduct, before: Rows, lost: Change[]): Promise<void> {
  await migrateDown(client, { log, to: 6 });
  const rows = await readRows(client, Object.keys(TABLES));
  assert.equal(compareRows(sortRows(before), sortRows(rows), TABLES).sort(), tellChanges(lost));
  for (const table of Object.keys(TABLES)) assert.is(rows[table]?.length, before[table]?.length, table);
  const found = compareCatalogues(schemaAt6, await readSchema(client)).map((line) =>
    line.replace(/: differs.*/s, ": differs"),
  );
  assert.equal(found.sort(), product.takes.flatMap((kind) => LEFT_OUT[kind]).sort());
}

/** Rows with the same key in an order of their own, so that each meets itself. */
function sortRows(rows: Rows): Rows {
  const sorted = Object.entries(rows).map(([table, some]) => {
    return [table, [...some].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))];
  });
  return Object.fromEntries(sorted);
}

for (const product of MOUSETRAP_PRODUCTS) {
  test(`a database of ${product.name} keeps every value, up and down`, async () => {
    const before = await createMousetrap(product);
    await migrateAndCompare(product, before);
    await assertNothingInClear();
    await goBackAndCompare(product, before, NOT_COMING_BACK);
  });
}

test("going up again and coming back again loses nothing more", async () => {
  await createMousetrap(DOCUMENTED);
  for (const lost of [NOT_COMING_BACK, []]) {
    const rows = await readRows(client, Object.keys(TABLES));
    await migrateUp(client, { log });
    await goBackAndCompare(DOCUMENTED, rows, lost);
  }
});

/** What people and traps may have done by the time somebody goes back; beside it all the sample data. */
const MEANWHILE = `
  UPDATE tenants SET name = 'A name of its own' WHERE id = '${tenant(3)}';
  UPDATE users SET email = 'ann.the.second@example.org' WHERE id = '${user(2)}';
  UPDATE user_tenant_memberships SET role = 'technician' WHERE user_id = '${user(9)}';
  INSERT INTO user_tenant_memberships (user_id, tenant_id, role) VALUES ('${user(8)}', '${tenant(3)}', 'owner');
  UPDATE devices SET unclaimed_at = '2026-01-01Z', mqtt_password = NULL WHERE id = '${device(1)}';
  INSERT INTO devices (tenant_id, name, mac_address, kind) VALUES
    ('${tenant(2)}', 'Trap 1 again', 'AA:BB:CC:00:00:01', 'snap'), ('${tenant(2)}', 'Trap 6 at last', 'AA:BB:CC:00:00:06', 'snap');
  UPDATE device_alerts SET alert_status = 'resolved', resolved_at = '2026-01-01Z' WHERE id = '${alert(14)}';
  INSERT INTO device_alerts (tenant_id, device_id, alert_type, severity, triggered_at) VALUES
    ('${tenant(1)}', '${device(1)}', 'sprung', 'critical', '2026-01-02Z');
`;
const CHANGED_MEANWHILE: Change[] = [
  ["tenants", tenant(3), { name: "A name of its own" }],
  ["users", user(2), { email: "ann.the.second@example.org" }],
  ["user_tenant_memberships", `${user(9)} ${tenant(2)}`, { role: "operator" }],
  // The claimed row has the address; the former ones keep theirs with a mark.
  [
    "devices",
    device(1),
    { mac_address: marked(1), unclaimed_at: "2026-01-01T00:00:00", mqtt_password: null, mqtt_password_plain: null },
  ],
  ["devices", device(6), { mac_address: marked(6) }],
  ["device_alerts", alert(14), { alert_status: "resolved", resolved_at: "2026-01-01T00:00:00" }],
];

function marked(number: number): string {
  return `AA:BB:CC:00:00:0${number}+${device(number).replaceAll("-", "")}`;
}

test("what was done in between does not keep it from coming back, and is kept as far as 006 can hold it", async () => {
  const before = await createMousetrap(OUR_OWN);
  await migrateUp(client, { log });
  await seedDatabase({ database: client, hashPassword: async () => "a hash", log });
  await client.query(MEANWHILE);
  await migrateDown(client, { log, to: 6 });
  const lines = compareRows(before, await readRows(client, Object.keys(TABLES)), TABLES);
  const others = lines.filter((line) => !line.endsWith(": new"));
  assert.equal(others.sort(), tellChanges([...NOT_COMING_BACK, ...CHANGED_MEANWHILE]));
  assert.equal(compareCatalogues(schemaAt6, await readSchema(client)), []);

  await migrateUp(client, { log });
  assert.equal(await findDrift(client), []);
  const again = await client.query(
    "SELECT mac_address, tenant_id FROM devices WHERE mac_address LIKE 'AA:BB:CC:00:00:01%' ORDER BY tenant_id",
  );
  assert.equal(
    again.rows,
    [1, 2].map((number) => ({ mac_address: "AA:BB:CC:00:00:01", tenant_id: tenant(number) })),
  );
});

/** Neither in a table, nor in what PostgreSQL has noted about its columns, nor left over in the pages of the file. */
async function assertNothingInClear(): Promise<void> {
  const tables = await client.query<{ name: string }>(
    "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')",
  );
  const role = await client.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
  const mayReadFiles = role.rows[0].rolsuper;
  if (mayReadFiles) await client.query("CHECKPOINT");
  for (const password of Object.values(CLEAR)) {
    for (const { name } of tables.rows) {
      const found = await client.query(`SELECT FROM ${name} AS t WHERE position($1 IN t::text) > 0`, [password]);
      assert.is(found.rowCount, 0, `${password} in ${name}`);
    }
    const noted = await client.query("SELECT FROM pg_stats WHERE position($1 IN pg_stats::text) > 0", [password]);
    assert.is(noted.rowCount, 0, `${password} among the statistics`);
    if (!mayReadFiles) continue;
    const left = await client.query(
      "SELECT position(convert_to($1, 'UTF8') IN pg_read_binary_file(pg_relation_filepath('devices'))) AS place",
      [password],
    );
    assert.is(left.rows[0].place, 0, `${password} in the file of devices`);
  }
}
