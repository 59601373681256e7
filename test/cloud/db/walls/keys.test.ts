// Keys between tenants: none can be made, not even by the owner, and one that is refused tells nothing [TENANT-3].
import type pg from "pg";
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "./role-session.ts";
import { type FilledTenant, fillTwoTenants } from "./two-tenants.ts";

const test = suite("keys between tenants", { limitMs: 60_000 });
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let ingest: RoleSession;
let a: FilledTenant;
let b: FilledTenant;

test.before(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  app = await openSession(database.urls.app);
  ingest = await openSession(database.urls.ingest);
  ({ a, b } = await fillTwoTenants(owner.client));
});
test.after(async () => {
  await Promise.all([owner, app, ingest].map((one) => one.stop()));
  await database.stop();
});

interface Key {
  table: string;
  parent: string;
  columns: string[];
  parentColumns: string[];
}

/** The foreign keys between tables of tenants, without the columns that hold the tenant. */
async function listKeys(): Promise<Key[]> {
  const found = await owner.client.query<Key>(`
    SELECT k.conrelid::regclass::text AS table, k.confrelid::regclass::text AS parent,
      array_agg(x.attname::text ORDER BY x.attnum) AS columns, array_agg(y.attname::text ORDER BY x.attnum) AS "parentColumns"
    FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (own, other)
      JOIN pg_attribute x ON x.attrelid = k.conrelid AND x.attnum = pair.own
      JOIN pg_attribute y ON y.attrelid = k.confrelid AND y.attnum = pair.other
    WHERE k.contype = 'f' AND k.conparentid = 0 AND x.attname <> 'tenant_id' AND k.confrelid <> 'tenants'::regclass
      AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = k.conrelid AND t.attname = 'tenant_id')
      AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = k.confrelid AND t.attname = 'tenant_id')
    GROUP BY k.oid ORDER BY 1, 2`);
  return found.rows;
}

/** The values of the tenant's row that a key would point to. */
async function findTarget(key: Key, tenant: FilledTenant): Promise<unknown[]> {
  const found = await owner.client.query(
    `SELECT ${key.parentColumns.join(", ")} FROM ${key.parent} WHERE tenant_id = $1 LIMIT 1`,
    [tenant.tenantId],
  );
  return key.parentColumns.map((name) => found.rows[0][name]);
}

test("no row can be tied to another tenant's, whoever writes it", async () => {
  const keys = await listKeys();
  assert.ok(keys.length >= 28, String(keys.length));
  for (const key of keys) {
    const target = await findTarget(key, b);
    const set = key.columns.map((name, index) => `${name} = $${index + 2}`).join(", ");
    const one = `SELECT tableoid, ctid FROM ${key.table} WHERE tenant_id = $1 LIMIT 1`;
    const text = `UPDATE ${key.table} SET ${set} WHERE tenant_id = $1 AND (tableoid, ctid) = (${one})`;
    for (const session of [owner, app, ingest]) {
      const tied = await session.inside(a, () => session.attempt(text, [a.tenantId, ...target]));
      // Refused by the key, by the check that binds a scope to its tenant, by an append-only log, or since the role may not write there.
      const expected = session === owner ? ["23503", "23514", "TL002"] : ["23503", "23514", "TL002", "42501"];
      assert.ok(expected.includes(tied.error?.code ?? ""), `${text}: ${tied.error?.code ?? `${tied.count} rows`}`);
      assert.not.ok(JSON.stringify(tied.error).includes("Trap of b"), text);
    }
  }
});

test("a row of one tenant is no more real to another than one that is not there", async () => {
  const nobodys = "00000000-0000-4000-8000-00000000dead";
  const ties: [text: string, foreign: string][] = [
    ["UPDATE devices SET site_id = $1", b.id("sites")],
    ["UPDATE tasks SET device_id = $1", b.id("devices")],
    ["UPDATE tasks SET assignee_id = $1", b.userId],
    ["UPDATE webhooks SET device_id = $1", b.id("devices")],
    [`INSERT INTO tasks (tenant_id, title, alert_id) VALUES ('${a.tenantId}', 'x', $1)`, b.id("device_alerts")],
    [
      `INSERT INTO device_commands (tenant_id, device_id, command, expires_at) VALUES ('${a.tenantId}', $1, 'identify', now())`,
      b.id("devices"),
    ],
    [
      `INSERT INTO membership_roles (tenant_id, user_id, role_id, role_scope_id) VALUES ('${a.tenantId}', '${a.userId}', $1, '${a.tenantId}')`,
      b.id("roles"),
    ],
    [
      `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_type, payload) VALUES ('${a.tenantId}', $1, 'x', '{}')`,
      b.id("webhooks"),
    ],
  ];
  const tell = ({ code, message, constraint, table, detail }: pg.DatabaseError, id: string) =>
    JSON.stringify([code, message, constraint, table, detail?.replace(id, "?")]);
  for (const [text, foreign] of ties) {
    const [real, unreal] = await app.inside(a, async () => [
      await app.attempt(text, [foreign]),
      await app.attempt(text, [nobodys]),
    ]);
    assert.ok(real?.error && unreal?.error, text);
    assert.is(tell(real.error, foreign), tell(unreal.error, nobodys), text);
    assert.is(real.error.code, "23503", text);
  }
});

test("what is unique meets another tenant's value with an error that repeats no value", async () => {
  const own = { tenant: a.tenantId, user: a.userId };
  const meetings: [session: RoleSession, text: string, values: unknown[]][] = [
    [
      app,
      "INSERT INTO claim_codes (claim_code, tenant_id, expires_at) VALUES ($1, $2, now())",
      ["CODEB23456", own.tenant],
    ],
    [app, "INSERT INTO sites (id, tenant_id, name) VALUES ($1, $2, 'x')", [b.id("sites"), own.tenant]],
    [app, "INSERT INTO tasks (id, tenant_id, title) VALUES ($1, $2, 'x')", [b.id("tasks"), own.tenant]],
    [app, "UPDATE users SET username = $1", ["USER-B"]],
    [
      app,
      "INSERT INTO api_keys (key_hash, tenant_id, user_id, name) SELECT $1, $2, $3, 'x'",
      [await findValue("api_keys", "key_hash"), own.tenant, own.user],
    ],
    [
      app,
      `INSERT INTO tenant_invitations (token_hash, tenant_id, email, role, expires_at) SELECT $1, $2, 'x', 'viewer', now()`,
      [await findValue("tenant_invitations", "token_hash"), own.tenant],
    ],
    [
      ingest,
      "INSERT INTO device_event_keys (device_id, boot_id, sequence, tenant_id, received_at) VALUES ($1, '0000000100000001', 2, $2, now())",
      [b.id("devices"), own.tenant],
    ],
    [
      ingest,
      "INSERT INTO device_alerts (device_id, tenant_id, alert_type, severity, triggered_at) VALUES ($1, $2, 'offline', 'info', now())",
      [b.id("devices"), own.tenant],
    ],
  ];
  for (const [session, text, values] of meetings) {
    const met = await session.inside(a, () => session.attempt(text, values));
    assert.equal([met.error?.code, met.error?.detail], ["23505", undefined], text);
    assert.not.ok(JSON.stringify(met.error).includes(String(values[0])), text);
  }
});

async function findValue(table: string, column: string): Promise<unknown> {
  const found = await owner.client.query(`SELECT ${column} AS value FROM ${table} WHERE tenant_id = $1`, [b.tenantId]);
  return found.rows[0].value;
}

test("a conflict with another tenant's row changes it in no way and shows nothing of it", async () => {
  const insert = `INSERT INTO claim_codes (claim_code, tenant_id, device_name, expires_at) VALUES ('CODEB23456', $1, 'taken over', now())`;
  const skipped = await app.inside(a, () =>
    app.attempt(`${insert} ON CONFLICT DO NOTHING RETURNING device_name`, [a.tenantId]),
  );
  assert.equal([skipped.error, skipped.rows], [null, []]);
  const overwritten = await app.inside(a, () =>
    app.attempt(`${insert} ON CONFLICT (claim_code) DO UPDATE SET device_name = 'taken over' RETURNING *`, [
      a.tenantId,
    ]),
  );
  assert.equal([overwritten.error?.code, overwritten.error?.detail], ["42501", undefined]);
  const kept = await owner.client.query("SELECT device_name FROM claim_codes WHERE claim_code = 'CODEB23456'");
  assert.equal(kept.rows, [{ device_name: "Next of b" }]);
});

test("what a check refuses is not shown", async () => {
  const refused = await app.inside(a, () => app.attempt("UPDATE device_alerts SET escalation_level = -1"));
  assert.equal([refused.error?.code, refused.error?.detail], ["23514", undefined]);
});

test("a role, or firmware, of another tenant is neither taken nor believed to be everybody's", async () => {
  const shared = "00000000-0000-0000-0000-000000000000";
  const insert = "INSERT INTO tenant_invitations (tenant_id, email, role, role_scope_id, token_hash, expires_at)";
  for (const [scope, code] of [
    [b.tenantId, "23514"],
    [shared, "23503"],
  ]) {
    const text = `${insert} VALUES ($1, 'x@example.com', 'ratcatcher', $2, repeat('e', 64), now())`;
    for (const session of [app, owner])
      assert.is((await session.inside(a, () => session.attempt(text, [a.tenantId, scope]))).error?.code, code);
    const rollout =
      "INSERT INTO firmware_rollouts (tenant_id, firmware_scope_id, firmware_version_id, name) VALUES ($1, $2, $3, 'x')";
    for (const session of [app, owner]) {
      const values = [a.tenantId, scope, b.id("firmware_versions")];
      assert.is((await session.inside(a, () => session.attempt(rollout, values))).error?.code, code);
    }
  }
});
