// The migrations on a real server: up, down, up again, and what is refused.
import * as assert from "uvu/assert";
import { type MigrateResult, migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations, type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { describeSchema, listColumns } from "../catalogue.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { MOUSETRAP_COLUMNS } from "./mousetrap.ts";

const test = suite("migrate");
const database = useEmptiedDatabase(test);

async function getMigrationError(promise: Promise<MigrateResult>): Promise<MigrationError> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  return error;
}

test("after 006 the tables, columns and types are those of the mousetrap product, and no others", async () => {
  await migrateUp(database.client, { log, to: 6 });
  const found: Record<string, Record<string, string>> = {};
  for (const { table_name, column_name, type } of await listColumns(database.client)) {
    found[table_name] = { ...found[table_name], [column_name]: type };
  }
  assert.equal(sortKeys(found), sortKeys(MOUSETRAP_COLUMNS));
});

function sortKeys(tables: Record<string, Record<string, string>>): unknown {
  const sorted = (object: Record<string, unknown>) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted(Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, sorted(columns)])));
}

test("up from nothing, again, down to any version and up again: each version looks the same from both sides", async () => {
  const newest = (await loadMigrations()).length;
  const looks: string[][] = [];
  for (let version = 0; version <= newest; version += 1) {
    await migrateUp(database.client, { log, to: version });
    looks.push(await describeSchema(database.client));
  }
  assert.equal((await migrateUp(database.client, { log })).done, []);
  for (let version = newest; version >= 0; version -= 1) {
    assert.is((await migrateDown(database.client, { log, to: version })).version, version);
    assert.equal(await describeSchema(database.client), looks[version], `version ${version} after going back to it`);
  }
  assert.is((await migrateUp(database.url, { log })).version, newest);
  assert.equal(await describeSchema(database.client), looks[newest]);
});

test("two programs that migrate at once apply every migration once", async () => {
  const results = await Promise.all([migrateUp(database.url, { log }), migrateUp(database.url, { log })]);
  const done = results.flatMap((result) => result.done).sort((a, b) => a - b);
  assert.equal(
    done,
    (await loadMigrations()).map((migration) => migration.version),
  );
});

test("a program that waits too long for another one's migration says so", async () => {
  await database.client.query("SELECT pg_advisory_lock(7472617001)");
  const error = await getMigrationError(migrateUp(database.url, { log, lockWithinMs: 1 }));
  assert.is(error.code, "migration-locked");
});

const EXTRA = "-- UP\nCREATE TABLE extra (id int);\n-- DOWN\nDROP TABLE extra;\n";

async function loadWith(...more: [name: string, text: string][]): Promise<Migration[]> {
  return [...(await loadMigrations()), ...more.map(([name, text]) => parseMigration(name, text))];
}

function nextName(migrations: Migration[], words: string): string {
  return `${String(migrations.length + 1).padStart(3, "0")}_${words}.sql`;
}

test("a file that was changed after it had been applied is refused", async () => {
  const name = nextName(await loadMigrations(), "extra");
  await migrateUp(database.client, { log, migrations: await loadWith([name, EXTRA]) });
  const changed = await loadWith([name, EXTRA.replace("int", "text")]);
  const error = await getMigrationError(migrateUp(database.client, { log, migrations: changed }));
  assert.is(error.code, "migration-changed");
  assert.match(error.message, /restore the file/);
});

test("a database that is newer than the program is refused", async () => {
  const name = nextName(await loadMigrations(), "extra");
  await migrateUp(database.client, { log, migrations: await loadWith([name, EXTRA]) });
  const error = await getMigrationError(migrateUp(database.client, { log }));
  assert.is(error.code, "migration-unknown");
});

test("a migration that fails leaves nothing of itself behind, and what came before it stays", async () => {
  const name = nextName(await loadMigrations(), "broken");
  const broken = await loadWith([name, "-- UP\nCREATE TABLE half (id int);\nSELECT 1/0;\n-- DOWN\nDROP TABLE half;\n"]);
  const error = await getMigrationError(migrateUp(database.client, { log, migrations: broken }));
  assert.is(error.code, "migration-failed");
  assert.match(error.message, /division by zero/);
  const half = await database.client.query("SELECT to_regclass('half') AS found");
  assert.is(half.rows[0].found, null);
  assert.is((await migrateUp(database.client, { log })).version, broken.length - 1);
});

test("a mousetrap database that stands at 006 is upgraded in place, with its data", async () => {
  await migrateUp(database.client, { log, to: 6 });
  await database.client.query(`
    DROP TABLE schema_migrations;
    CREATE TABLE schema_migrations (id serial PRIMARY KEY, filename varchar UNIQUE, executed_at timestamp DEFAULT now());
    INSERT INTO schema_migrations (filename) VALUES ('001_initial_schema.sql'), ('002_add_ota_support.sql'),
      ('003_add_claim_codes.sql'), ('004_add_multi_tenancy.sql'), ('005_create_user_tenant_memberships.sql'),
      ('006_create_device_claiming_queue.sql');
    INSERT INTO tenants (id, name, created_at) VALUES
      ('11111111-1111-4111-8111-111111111111', 'Acme & Söhne', '2025-06-01 12:00:00');
    INSERT INTO users (id, email) VALUES ('22222222-2222-4222-8222-222222222222', 'Ann@Example.org');
    INSERT INTO user_tenant_memberships VALUES
      ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', 'superadmin', '2025-06-01');
    INSERT INTO devices (id, tenant_id, name, mac_address, online, claimed_at) VALUES
      ('33333333-3333-4333-8333-333333333333', '11111111-1111-4111-8111-111111111111', NULL, 'AA:BB:CC:00:00:01', true,
        '2025-06-02 08:00:00'),
      ('44444444-4444-4444-8444-444444444444', NULL, 'never claimed', 'AA:BB:CC:00:00:02', NULL, NULL);
    INSERT INTO device_alerts (device_id, alert_type, alert_status, severity, triggered_at) VALUES
      ('33333333-3333-4333-8333-333333333333', 'trap_triggered', 'new', 'high', '2025-06-03 01:00:00'),
      ('33333333-3333-4333-8333-333333333333', 'trap_triggered', 'new', 'high', '2025-06-03 02:00:00');
    INSERT INTO claim_codes (claim_code, tenant_id, status, claimed_by_device_id) VALUES
      ('ABCD1234', '11111111-1111-4111-8111-111111111111', 'claimed', '55555555-5555-4555-8555-555555555555');
    SET timezone = 'America/New_York'`);
  const columns = await listColumns(database.client);

  const result = await migrateUp(database.client, { log });

  assert.is(result.done[0], 7);
  const devices = await database.client.query("SELECT name, online, claimed_at FROM devices ORDER BY mac_address");
  assert.equal(devices.rows, [
    { name: "AA:BB:CC:00:00:01", online: false, claimed_at: new Date("2025-06-02T08:00:00Z") },
    { name: "never claimed", online: false, claimed_at: null },
  ]);
  const alerts = await database.client.query(
    "SELECT alert_status, tenant_id, triggered_at FROM device_alerts ORDER BY triggered_at",
  );
  const tenant_id = "11111111-1111-4111-8111-111111111111";
  assert.equal(alerts.rows, [
    { alert_status: "resolved", tenant_id, triggered_at: new Date("2025-06-03T01:00:00Z") },
    { alert_status: "new", tenant_id, triggered_at: new Date("2025-06-03T02:00:00Z") },
  ]);
  const tenants = await database.client.query("SELECT slug, created_at FROM tenants");
  assert.equal(tenants.rows, [{ slug: "acme-s-hne-11111111", created_at: new Date("2025-06-01T12:00:00Z") }]);
  const kept = await database.client.query("SELECT count(*)::int AS rows FROM schema_migrations_before_trapline");
  assert.equal(kept.rows, [{ rows: 6 }]);

  await database.client.query("DROP TABLE schema_migrations_before_trapline");
  await migrateDown(database.client, { log, to: 6 });
  assert.equal(await listColumns(database.client), columns);
});

test("going back to 006 gives up only what 006 cannot hold", async () => {
  await migrateUp(database.client, { log });
  await database.client.query(`
    INSERT INTO tenants (id, name, slug) VALUES ('11111111-1111-4111-8111-111111111111', 'Acme', 'acme');
    INSERT INTO users (id, email) VALUES ('22222222-2222-4222-8222-222222222222', 'ann@example.org');
    INSERT INTO user_tenant_memberships (user_id, tenant_id, role) VALUES
      ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', 'owner');
    INSERT INTO devices (tenant_id, name, mac_address, kind, unclaimed_at) VALUES
      ('11111111-1111-4111-8111-111111111111', 'first life', 'AA:BB:CC:00:00:01', 'snap', '2026-01-01Z'),
      ('11111111-1111-4111-8111-111111111111', 'second life', 'AA:BB:CC:00:00:01', 'snap', '2026-02-01Z'),
      ('11111111-1111-4111-8111-111111111111', 'today', 'AA:BB:CC:00:00:01', 'snap', NULL),
      ('11111111-1111-4111-8111-111111111111', 'released', 'AA:BB:CC:00:00:02', 'snap', '2026-02-01Z');
    INSERT INTO claim_codes (claim_code, tenant_id, expires_at) VALUES
      ('ABCDEFGH23', '11111111-1111-4111-8111-111111111111', '2026-03-01Z'),
      ('ABCDEFGH', '11111111-1111-4111-8111-111111111111', '2026-03-01Z')`);
  await migrateDown(database.client, { log, to: 6 });
  const devices = await database.client.query("SELECT name FROM devices ORDER BY name");
  assert.equal(devices.rows, [{ name: "released" }, { name: "today" }]);
  const codes = await database.client.query("SELECT claim_code FROM claim_codes");
  assert.equal(codes.rows, [{ claim_code: "ABCDEFGH" }]);
  const roles = await database.client.query("SELECT role FROM user_tenant_memberships");
  assert.equal(roles.rows, [{ role: "admin" }]);
});
