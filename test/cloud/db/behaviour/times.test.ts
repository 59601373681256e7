// What the tables themselves know of time: when a row changed, since when it is deleted, and that its history stays.
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "../walls/role-session.ts";
import { type FilledTenant, fillTwoTenants } from "../walls/two-tenants.ts";

const test = suite("times of rows");
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let a: FilledTenant;

test.before(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  app = await openSession(database.urls.app);
  ({ a } = await fillTwoTenants(owner.client));
});
test.after(async () => {
  await Promise.all([owner.stop(), app.stop()]);
  await database.stop();
});

async function listTablesWith(column: string): Promise<string[]> {
  const found = await owner.client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = $1 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    [column],
  );
  return found.rows.map((row) => row.name);
}

test("updated_at is the moment of the last change in every table that has it, whatever the change claims", async () => {
  const names = await listTablesWith("updated_at");
  assert.ok(names.length >= 28, String(names.length));
  for (const name of names) {
    const changed = await owner.inside(null, () =>
      owner.attempt(`UPDATE ${name} SET updated_at = '2000-01-01Z' RETURNING updated_at = now() AS "isNow"`),
    );
    assert.is(changed.error, null, name);
    assert.ok(changed.count > 0, `${name} has no rows to change`);
    assert.ok(
      changed.rows.every((row) => row.isNow === true),
      name,
    );
  }
});

test("a row that is made inactive says since when, keeps that, and forgets it when it is active again", async () => {
  const names = (await listTablesWith("is_active")).filter((name) => name !== "refresh_tokens");
  assert.ok(names.length >= 11, names.join(" "));
  for (const name of names)
    await owner.inside(null, async () => {
      const one = `WHERE id = (SELECT id FROM ${name} WHERE is_active LIMIT 1)`;
      const read = `RETURNING id, is_active AS active, deleted_at = now() AS "isNow", deleted_at = '2020-01-01Z' AS "isGiven"`;
      const off = await owner.attempt(`UPDATE ${name} SET is_active = false ${one} ${read}`);
      assert.equal(
        off.rows.map(({ id: _id, ...rest }) => rest),
        [{ active: false, isNow: true, isGiven: false }],
        name,
      );
      const by = `WHERE id = '${off.rows[0]?.id}'`;
      const given = await owner.attempt(`UPDATE ${name} SET deleted_at = '2020-01-01Z' ${by} ${read}`);
      assert.is(given.rows[0]?.isGiven, true, name);
      const again = await owner.attempt(`UPDATE ${name} SET is_active = false ${by} ${read}`);
      assert.is(again.rows[0]?.isGiven, true, name);
      const forgotten = await owner.attempt(`UPDATE ${name} SET deleted_at = NULL ${by} ${read}`);
      assert.is(forgotten.rows[0]?.isNow, true, name);
      const on = await owner.attempt(`UPDATE ${name} SET is_active = true ${by} ${read}`);
      assert.equal([on.rows[0]?.active, on.rows[0]?.isNow], [true, null], name);
      const early = await owner.attempt(`UPDATE ${name} SET deleted_at = now() ${by} ${read}`);
      assert.equal([early.rows[0]?.active, early.rows[0]?.isNow], [true, null], name);
    });
});

test("a row that comes in inactive says since when", async () => {
  await owner.inside(null, async () => {
    const text =
      "INSERT INTO sites (tenant_id, name, is_active) VALUES ($1, 'old barn', false) RETURNING deleted_at = now() AS now";
    assert.equal((await owner.attempt(text, [a.tenantId])).rows, [{ now: true }]);
  });
});

test("the name of a deleted site is free, and the site's past stays where it was", async () => {
  await owner.inside(null, async () => {
    const insert = "INSERT INTO sites (tenant_id, name) VALUES ($1, $2) RETURNING id";
    assert.is((await owner.attempt(insert, [a.tenantId, "BARN OF A"])).error?.constraint, "sites_name_active");
    await owner.attempt("UPDATE sites SET is_active = false WHERE tenant_id = $1", [a.tenantId]);
    assert.is((await owner.attempt(insert, [a.tenantId, "Barn of a"])).error, null);
    const back = await owner.attempt("UPDATE sites SET is_active = true WHERE id = $1", [a.id("sites")]);
    assert.is(back.error?.constraint, "sites_name_active");
    const kept = await owner.attempt("SELECT site_id FROM devices WHERE tenant_id = $1", [a.tenantId]);
    assert.equal(kept.rows, [{ site_id: a.id("sites") }]);
  });
});

/** What has no history: ties that are made and undone, and what the other side would give again. */
const DELETABLE = [
  "alexa_lwa_tokens",
  "device_claiming_queue",
  "device_properties",
  "membership_roles",
  "user_identities",
  "user_site_assignments",
];

test("people's requests delete only what has no history", async () => {
  const found = await owner.client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND has_table_privilege('trapline_app', oid, 'DELETE') ORDER BY 1`,
  );
  assert.equal(
    found.rows.map((row) => row.name),
    DELETABLE,
  );
  for (const name of [
    "devices",
    "sites",
    "tasks",
    "device_alerts",
    "device_events",
    "audit_logs",
    "api_keys",
    "tenants",
    "users",
  ])
    assert.is((await app.inside(a, () => app.attempt(`DELETE FROM ${name}`))).error?.code, "42501", name);
});

test("logs are added to and never changed, by anybody", async () => {
  for (const name of ["device_events", "audit_logs", "activity_logs"]) {
    const changed = await owner.inside(null, () => owner.attempt(`UPDATE ${name} SET tenant_id = tenant_id`));
    assert.equal([changed.error?.code, changed.error?.message.endsWith("is append-only")], ["TL002", true], name);
    for (const text of [`UPDATE ${name} SET tenant_id = tenant_id`, `DELETE FROM ${name}`, `TRUNCATE ${name}`])
      assert.is((await app.inside(a, () => app.attempt(text))).error?.code, "42501", text);
  }
  const deleted = await owner.inside(null, () => owner.attempt("DELETE FROM audit_logs"));
  assert.is(deleted.error?.code, "TL002");
});

test("who did what is remembered when nothing else of them is", async () => {
  await owner.inside(null, async () => {
    const gone = "00000000-0000-4000-8000-00000000dead";
    const text =
      "INSERT INTO audit_logs (tenant_id, user_id, action, resource_type, resource_id) VALUES ($1::uuid, $1::uuid, 'delete', 'user', $1::text)";
    assert.is((await owner.attempt(text, [gone])).error, null);
    assert.is((await owner.attempt("DELETE FROM tenants WHERE id = $1", [a.tenantId])).error?.code, "23503");
  });
});
