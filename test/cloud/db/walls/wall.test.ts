// The wall as each role meets it: two tenants with rows in every table, and whatever a query forgets, one tenant's answer [TENANT-3].
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "./role-session.ts";
import { type FilledTenant, fillTwoTenants } from "./two-tenants.ts";

const test = suite("the wall between tenants", { limitMs: 60_000 });
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let ingest: RoleSession;
let system: RoleSession;
let a: FilledTenant;
let b: FilledTenant;
let tables: TenantTable[];

/** A table, and the column that says whose a row is. */
interface TenantTable {
  name: string;
  whose: string;
}

test.before(async () => {
  database = await createTestDatabase();
  [owner, app, ingest, system] = (await Promise.all(
    [database.url, database.urls.app, database.urls.ingest, database.urls.system].map(openSession),
  )) as [RoleSession, RoleSession, RoleSession, RoleSession];
  ({ a, b } = await fillTwoTenants(owner.client));
  const found = await owner.client.query<TenantTable>(`
    SELECT c.relname AS name, 'tenant_id' AS whose FROM pg_class c
      JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    UNION ALL SELECT 'tenants', 'id'
    ORDER BY 1`);
  tables = found.rows;
});
test.after(async () => {
  await Promise.all([owner, app, ingest, system].map((one) => one.stop()));
  await database.stop();
});

/** Tables where trapline_app sees what is everybody's beside what is the tenant's. */
const SHARED = ["roles", "firmware_versions"];

interface Granted {
  table: string;
  privilege: string;
  columns: string[];
}

const granted = new Map<string, Promise<Granted[]>>();

/** What a role may do with the columns of a table: read, add or change. Asked once. */
function listGranted(role: string, privilege: string): Promise<Granted[]> {
  const name = `${role} ${privilege}`;
  const known = granted.get(name) ?? findGranted(role, privilege);
  granted.set(name, known);
  return known;
}

async function findGranted(role: string, privilege: string): Promise<Granted[]> {
  const found = await owner.client.query<Granted>(
    `SELECT c.relname AS table, $2 AS privilege, array_agg(n.attname::text ORDER BY n.attnum) AS columns
      FROM pg_class c JOIN pg_attribute n ON n.attrelid = c.oid AND n.attnum > 0 AND NOT n.attisdropped AND n.attgenerated = ''
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_column_privilege($1, c.oid, n.attnum, $2)
      GROUP BY 1 ORDER BY 1`,
    [role, privilege],
  );
  return found.rows;
}

function isTenants({ table }: Granted): boolean {
  return tables.some((one) => one.name === table);
}

function whoseOf(table: string): string {
  return tables.find((one) => one.name === table)?.whose ?? "tenant_id";
}

test("every table of tenants holds rows of both, so that what follows means something", async () => {
  assert.ok(tables.length >= 31, String(tables.length));
  for (const { name, whose } of tables) {
    const found = await owner.client.query(
      `SELECT count(DISTINCT ${whose}) FILTER (WHERE ${whose} = ANY ($1)) AS both FROM ${name}`,
      [[a.tenantId, b.tenantId]],
    );
    assert.equal(found.rows, [{ both: "2" }], `${name} is not filled in two-tenants.ts`);
  }
});

for (const role of ["app", "ingest"] as const) {
  test(`trapline_${role} sees its own tenant's rows in every table it may read, and none of another's`, async () => {
    const session = role === "app" ? app : ingest;
    const readable = (await listGranted(`trapline_${role}`, "SELECT")).filter(isTenants);
    assert.ok(readable.length >= (role === "app" ? 30 : 9), JSON.stringify(readable.map((one) => one.table)));
    for (const { table } of readable) {
      const whose = whoseOf(table);
      const text = `SELECT DISTINCT ${whose} AS whose FROM ${table} ORDER BY 1`;
      const seen = await session.inside(a, () => session.attempt(text));
      const expected = SHARED.includes(table) ? [a.tenantId, null] : [a.tenantId];
      assert.equal([seen.error?.message, seen.rows.map((row) => row.whose)], [undefined, expected], table);
      const unseen = await session.inside(a, () =>
        session.attempt(`SELECT ${whose} FROM ${table} WHERE ${whose} = $1`, [b.tenantId]),
      );
      assert.equal(unseen.rows, [], table);
    }
  });

  test(`trapline_${role} sees nothing of anybody where no tenant is named`, async () => {
    const session = role === "app" ? app : ingest;
    for (const { table } of (await listGranted(`trapline_${role}`, "SELECT")).filter(isTenants)) {
      const text = `SELECT count(*) FROM ${table} WHERE ${whoseOf(table)} IS NOT NULL`;
      for (const scope of [null, { tenantId: "", userId: "" }, { tenantId: "", userId: a.userId }]) {
        const seen = await session.inside(scope, () => session.attempt(text));
        assert.equal([seen.error?.message, seen.rows], [undefined, [{ count: "0" }]], table);
      }
    }
  });
}

test("what is no tenant's name is an error, and no rows", async () => {
  for (const tenantId of ["garbage", "' OR true --", "*", "0", `${a.tenantId},${b.tenantId}`, "null", "%"]) {
    const seen = await app.inside({ tenantId, userId: a.userId }, () => app.attempt("SELECT id FROM devices"));
    assert.equal([seen.rows, seen.error?.code], [[], "22P02"], tenantId);
  }
});

test("people are seen by those they work with; what they log in with is seen by themselves alone", async () => {
  const seen = await app.inside(a, () => app.attempt("SELECT id FROM users"));
  assert.equal(seen.rows, [{ id: a.userId }]);
  const identities = await app.inside(a, () => app.attempt("SELECT user_id FROM user_identities"));
  assert.equal(identities.rows, [{ user_id: a.userId }]);
  const traps = await app.inside(a, () => app.attempt("SELECT serial_number FROM device_identities"));
  assert.equal(traps.rows, [{ serial_number: "TL-A-1" }]);
  for (const column of ["password_hash", "password_reset_token_hash", "email_verification_token_hash", "metadata"]) {
    const hidden = await app.inside(a, () => app.attempt(`SELECT ${column} FROM users`));
    assert.is(hidden.error?.code, "42501", column);
  }
});

const PERSONAL = ["refresh_tokens", "oauth_tokens", "alexa_lwa_tokens", "ifttt_trigger_subscriptions"];

test("within the tenant, what is one person's own is seen and changed by nobody else", async () => {
  for (const userId of [b.userId, "", "00000000-0000-4000-8000-000000000001"]) {
    for (const table of PERSONAL) {
      const seen = await app.inside({ tenantId: a.tenantId, userId }, () => app.attempt(`SELECT id FROM ${table}`));
      assert.equal([seen.error?.message, seen.rows], [undefined, []], table);
      const changed = await app.inside({ tenantId: a.tenantId, userId }, () => touch(app, table));
      assert.is(changed.count, 0, table);
    }
  }
  const own = await app.inside(a, () => touch(app, "refresh_tokens"));
  assert.is(own.count, 1);
});

/** Changes whatever the role sees of a table, to what it is. */
async function touch(session: RoleSession, table: string, where = ""): Promise<{ count: number; error: unknown }> {
  const role = session === app ? "trapline_app" : "trapline_ingest";
  const column = (await listGranted(role, "UPDATE")).find((one) => one.table === table)?.columns[0];
  assert.ok(column !== undefined, `${role} may not change ${table}`);
  return session.attempt(`UPDATE ${table} SET ${column} = ${column} ${where}`);
}

for (const role of ["app", "ingest"] as const) {
  test(`trapline_${role} changes none of another tenant's rows, with or without a condition`, async () => {
    const session = role === "app" ? app : ingest;
    const writable = (await listGranted(`trapline_${role}`, "UPDATE")).filter(isTenants);
    assert.ok(writable.length >= (role === "app" ? 22 : 6), String(writable.length));
    for (const { table } of writable) {
      const whose = whoseOf(table);
      const foreign = await session.inside(a, () => touch(session, table, `WHERE ${whose} = '${b.tenantId}'`));
      assert.equal([foreign.error, foreign.count], [null, 0], table);
      const all = await session.inside(a, () => touch(session, table));
      const own = await owner.client.query(`SELECT count(*)::int AS count FROM ${table} WHERE ${whose} = $1`, [
        a.tenantId,
      ]);
      assert.equal([all.error, all.count], [null, own.rows[0].count], table);
    }
  });

  test(`trapline_${role} deletes none of another tenant's rows`, async () => {
    const session = role === "app" ? app : ingest;
    for (const { name, whose } of tables) {
      const gone = await session.inside(a, async () => {
        const deleted = await session.attempt(`DELETE FROM ${name} RETURNING ${whose} AS whose`);
        return deleted.error === null ? deleted.rows : deleted.error.code;
      });
      if (Array.isArray(gone))
        assert.equal(
          gone,
          gone.map(() => ({ whose: a.tenantId })),
          name,
        );
      else assert.is(gone, "42501", name);
    }
  });

  test(`trapline_${role} adds no row to another tenant, and moves none there`, async () => {
    const session = role === "app" ? app : ingest;
    const addable = await listGranted(`trapline_${role}`, "INSERT");
    for (const { table, values } of b.rows.filter((row) => tables.some((one) => one.name === row.table))) {
      const granted = addable.find((one) => one.table === table)?.columns;
      const given = Object.entries(values).filter(([name]) => granted === undefined || granted.includes(name));
      const insert = createInsert(table, Object.fromEntries(given));
      const refused = await session.inside(a, () => session.attempt(...insert));
      assert.is(refused.error?.code, "42501", table);
      if (granted !== undefined) assert.match(refused.error?.message ?? "", /row-level security policy/, table);
      const moved = await session.inside(a, () =>
        session.attempt(`UPDATE ${table} SET ${whoseOf(table)} = $1`, [b.tenantId]),
      );
      // A log refuses whatever is changed, and those who may change nothing are refused before.
      assert.ok(["42501", "TL002"].includes(moved.error?.code ?? ""), `${table}: ${moved.error?.message}`);
    }
  });
}

function createInsert(table: string, values: Record<string, unknown>): [text: string, values: unknown[]] {
  const names = Object.keys(values);
  const places = names.map((_name, index) => `$${index + 1}`);
  return [`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")})`, Object.values(values)];
}

test("nobody writes down what they did in another's name, or at another time", async () => {
  const insert = (columns: string, values: string) =>
    `INSERT INTO audit_logs (tenant_id, action, resource_type, ${columns}) VALUES ('${a.tenantId}', 'read', 'device', ${values})`;
  const own = await app.inside(a, () => app.attempt(insert("user_id", `'${a.userId}'`)));
  assert.is(own.error, null);
  for (const [columns, values] of [
    ["user_id", `'${b.userId}'`],
    ["user_id", "NULL"],
    ["user_id, created_at", `'${a.userId}', '2020-01-01Z'`],
    ["user_id, id", `'${a.userId}', '${a.id("audit_logs")}'`],
  ] as const)
    assert.is((await app.inside(a, () => app.attempt(insert(columns, values)))).error?.code, "42501", values);
  for (const [session, scope] of [
    [app, a],
    [ingest, a],
    [system, null],
  ] as const) {
    const text = `INSERT INTO activity_logs (tenant_id, action, created_at) VALUES ('${a.tenantId}', 'user_login', '2020-01-01Z')`;
    assert.is((await session.inside(scope, () => session.attempt(text))).error?.code, "42501");
  }
});

test("what everybody shares is nobody's to change", async () => {
  const statements = [
    "UPDATE roles SET permissions = '{*:*}' WHERE tenant_id IS NULL",
    "UPDATE firmware_versions SET changelog = 'mine' WHERE global",
  ];
  for (const text of statements) {
    const changed = await app.inside(a, () => app.attempt(text));
    assert.equal([changed.error, changed.count], [null, 0], text);
  }
  const refused = [
    "INSERT INTO roles (name, is_system) VALUES ('root', true)",
    "UPDATE roles SET tenant_id = NULL, is_system = true",
    "UPDATE firmware_versions SET global = true",
    "INSERT INTO firmware_versions (version, type, global) VALUES ('9', 'firmware', true)",
    "UPDATE oauth_clients SET is_active = false",
    "INSERT INTO audit_logs (action, resource_type) VALUES ('read', 'nobody''s')",
  ];
  for (const text of refused) assert.is((await app.inside(a, () => app.attempt(text))).error?.code, "42501", text);
});

test("trapline_ingest and trapline_system read exactly the tables they need", async () => {
  const readable = async (role: string) => (await listGranted(role, "SELECT")).map((one) => one.table);
  assert.equal(await readable("trapline_ingest"), [
    "device_alerts",
    "device_commands",
    "device_event_keys",
    "device_events",
    "device_properties",
    "device_sessions",
    "device_updates",
    "devices",
    "firmware_versions",
    "user_tenant_memberships",
    "users",
  ]);
  assert.equal(await readable("trapline_system"), [
    "alexa_lwa_tokens",
    "api_keys",
    "billing_events",
    "claim_codes",
    "device_alerts",
    "device_challenges",
    "device_claiming_queue",
    "device_identities",
    "device_sessions",
    "devices",
    "firmware_versions",
    "ifttt_trigger_subscriptions",
    "oauth_clients",
    "oauth_tokens",
    "refresh_tokens",
    "roles",
    "schema_migrations",
    "sessions",
    "subscriptions",
    "tenant_invitations",
    "tenants",
    "user_identities",
    "user_tenant_memberships",
    "users",
    "webhook_deliveries",
    "webhooks",
  ]);
});

test("a table that is not theirs is refused to trapline_ingest and trapline_system", async () => {
  for (const table of [
    "sites",
    "tasks",
    "sessions",
    "api_keys",
    "tenants",
    "webhooks",
    "claim_codes",
    "device_identities",
  ])
    assert.is((await ingest.inside(a, () => ingest.attempt(`SELECT FROM ${table}`))).error?.code, "42501", table);
  for (const table of ["sites", "tasks", "device_events", "device_properties", "device_commands", "firmware_rollouts"])
    assert.is((await system.inside(a, () => system.attempt(`SELECT FROM ${table}`))).error?.code, "42501", table);
  const written = [
    "UPDATE devices SET name = 'x'",
    "UPDATE devices SET mqtt_password = NULL",
    "DELETE FROM device_events",
    "UPDATE users SET name = 'x'",
    "UPDATE device_alerts SET device_id = NULL",
    "INSERT INTO devices (name) VALUES ('x')",
  ];
  for (const text of written)
    assert.is((await ingest.inside(a, () => ingest.attempt(text))).error?.code, "42501", text);
  for (const text of [
    "DELETE FROM devices",
    "DELETE FROM users",
    "UPDATE tenants SET name = 'x'",
    "DELETE FROM audit_logs",
  ])
    assert.is((await system.inside(null, () => system.attempt(text))).error?.code, "42501", text);
});
