// The sample data in a database of its own: what of the model it shows, and that it can be given again.
import type pg from "pg";
import * as assert from "uvu/assert";
import { SeedError } from "../../../../cloud/db/seed/seed-error.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { OUR_TABLES, openOwner, readColumn, seed, takePicture } from "./seeded.ts";

const test = suite("sample data");
let database: TestDatabase;
let client: pg.Client;

test.before(async () => {
  database = await createTestDatabase();
  client = await openOwner(database.url);
  await seed(database.url);
});
test.after(async () => {
  await client.end();
  await database.stop();
});

const list = (query: string): Promise<string[]> => readColumn(client, query);

test("the tenants have the type, the status, the people and the sites of the model", async () => {
  assert.equal(
    await list(`SELECT concat_ws(' ', slug, type, t.status,
        (SELECT count(*) FROM user_tenant_memberships AS m JOIN users AS u ON u.id = m.user_id
          WHERE m.tenant_id = t.id AND split_part(u.email, '@', 2) NOT IN ('system.local', 'external.com')),
        (SELECT string_agg(lower(name), '+' ORDER BY name) FROM sites WHERE tenant_id = t.id))
      FROM tenants AS t ORDER BY created_at`),
    [
      "acme-corp enterprise active 3 headquarters+warehouse",
      "techstart standard active 2 office",
      "beta-solutions starter active 1 lab",
      "demo-company trial pending 1",
    ],
  );
  assert.equal(await list("SELECT user_type FROM users WHERE email = 'admin@system.local'"), ["system_admin"]);
});

test("the consultant has another role in every tenant", async () => {
  assert.equal(
    await list(`SELECT concat_ws(' ', t.slug, m.role, m.status) FROM user_tenant_memberships AS m
      JOIN users AS u ON u.id = m.user_id JOIN tenants AS t ON t.id = m.tenant_id
      WHERE u.email = 'consultant@external.com' AND u.name = 'Alex Thompson' ORDER BY m.joined_at`),
    [
      "acme-corp technician active",
      "techstart manager active",
      "beta-solutions viewer active",
      "demo-company admin invited",
    ],
  );
});

test("every kind is there in every lifecycle status, and every type of alert in every status", async () => {
  assert.is((await list("SELECT DISTINCT (kind, status) FROM devices")).length, 7 * 5);
  assert.is((await list("SELECT DISTINCT (alert_type, alert_status) FROM device_alerts")).length, 5 * 3);
});

test("tables stay empty only where rows live for minutes or nobody could make good ones", async () => {
  const empty: string[] = [];
  for (const table of await list(OUR_TABLES)) {
    if ((await list(`SELECT 1 FROM ${table} LIMIT 1`)).length === 0) empty.push(table);
  }
  // An identity holds a key that a real trap has; former_values belongs to databases that were upgraded.
  const reasons = ["device_challenges", "device_claiming_queue", "device_identities", "former_values"];
  assert.equal(
    empty.filter((table) => !reasons.includes(table)),
    [],
  );
});

/** Words of a list that nothing in the sample is, with the reason. */
const LEFT_OUT: Record<string, string[]> = {
  "tenants.status": ["archived", "suspended"], // the four of the model are neither
  "users.user_type": ["guest_user", "service_account"], // the people of the model are neither
  "user_tenant_memberships.status": ["suspended"],
  "subscriptions.status": ["past_due"],
  "alexa_lwa_tokens.region": ["EU", "FE"], // one account is linked
  "device_properties.last_changed_by": ["system"],
  "devices.trap_state": ["arming", "triggered"], // passing states
  "firmware_rollouts.kind": ["bait-station", "gateway", "monitor", "sensor", "switch"], // one rollout is of live-catch, one of snap traps
};

test("every word of every list is used, but for a few with a reason", async () => {
  const lists = await client.query<{ on_table: string; name: string; text: string }>(
    `SELECT conrelid::regclass::text AS on_table, attname AS name, pg_get_constraintdef(c.oid) AS text
      FROM pg_constraint AS c JOIN pg_attribute ON attrelid = conrelid AND ARRAY[attnum] = conkey
      WHERE contype = 'c' AND conname LIKE '%\\_listed' AND conparentid = 0 AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid)`,
  );
  assert.ok(lists.rows.length > 25, "the lists were found");
  for (const { on_table, name, text } of lists.rows) {
    if (on_table === "device_identities") continue;
    const words = [...text.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? "");
    const used = await list(`SELECT DISTINCT ${name} FROM ${on_table} WHERE ${name} IS NOT NULL`);
    const unused = words.filter((word) => !used.includes(word)).sort();
    assert.equal(unused, LEFT_OUT[`${on_table}.${name}`] ?? [], `${on_table}.${name}`);
  }
});

test("what new rows must fulfil is fulfilled, also where old rows need not", async () => {
  const loose = await list(
    "SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint WHERE NOT convalidated",
  );
  await client.query("BEGIN");
  for (const statement of loose) await client.query(statement);
  await client.query("ROLLBACK");
});

test("logs lie in partitions of their months, reach back weeks, and nothing lies ahead of now", async () => {
  for (const [log, moment] of Object.entries({
    device_events: "received_at",
    audit_logs: "created_at",
    activity_logs: "created_at",
  })) {
    assert.equal(await list(`SELECT 1 FROM ${log}_default`), [], log);
    assert.equal(
      await list(`SELECT min(${moment}) < now() - interval '3 weeks' AND max(${moment}) <= now() FROM ${log}`),
      ["true"],
      log,
    );
  }
});

test("states, alerts, events and visits agree", async () => {
  const open = "alert_status <> 'resolved'";
  assert.equal(
    await list(`SELECT name FROM devices AS d WHERE (trap_state = 'sprung') IS TRUE
      <> EXISTS (SELECT FROM device_alerts WHERE device_id = d.id AND alert_type = 'sprung' AND ${open})`),
    [],
    "sprung traps have an open alert, others have none",
  );
  assert.equal(
    await list(`SELECT d.name FROM device_alerts AS a JOIN devices AS d ON d.id = a.device_id WHERE alert_type <> 'offline'
      AND NOT EXISTS (SELECT FROM device_events AS e WHERE e.id = a.event_id AND e.kind = a.alert_type AND e.device_id = d.id)`),
    [],
    "an alert names the event that raised it",
  );
  assert.equal(
    await list(`SELECT a.message FROM device_alerts AS a LEFT JOIN tasks AS t ON t.alert_id = a.id WHERE alert_type = 'sprung'
      AND (t.id IS NULL OR (t.status = 'done') <> (a.alert_status = 'resolved'))`),
    [],
    "a sprung trap has a visit, done when the alert is",
  );
  assert.equal(
    await list(`SELECT name FROM devices AS d WHERE claimed_at > (SELECT min(received_at) FROM device_events WHERE device_id = d.id)
      OR claimed_at > (SELECT min(triggered_at) FROM device_alerts WHERE device_id = d.id)
      OR claimed_at < (SELECT created_at FROM tenants WHERE id = d.tenant_id)`),
    [],
    "nothing happened to a trap before it came",
  );
});

test("nobody is connected, so that the watch puts nobody offline", async () => {
  assert.equal(await list("SELECT 1 FROM device_sessions WHERE ended_at IS NULL"), []);
});

test("given again it changes nothing, also by several at once", async () => {
  const before = await takePicture(client);
  const results = await Promise.all([seed(database.url), seed(database.url)]);
  for (const { inserted } of results) assert.is(inserted, 0);
  assert.equal(await takePicture(client), before);
});

test("the result counts what is there, first and later runs alike", async () => {
  const steps: string[] = [];
  const { rows } = await seed(database.url, {
    onProgress: (table, done, total) => steps.push(`${done}/${total} ${table}`),
  });
  for (const [table, count] of Object.entries(rows)) {
    assert.equal(await list(`SELECT count(*) FROM ${table} WHERE true${OTHERS[table] ?? ""}`), [String(count)], table);
  }
  assert.is(steps.length, Object.keys(rows).length);
  assert.match(steps.at(-1) ?? "", new RegExp(`^${steps.length}/${steps.length} `));
});

/** The built-in roles came with the schema. */
const OTHERS: Record<string, string> = { roles: " AND NOT is_system" };

test("what people have changed stays, and what was taken away altogether comes back as it was", async () => {
  const before = await takePicture(client);
  await client.query("UPDATE devices SET name = 'Renamed', unclaimed_at = now() WHERE serial_number = 'TL-SAMPLE-B01'");
  await client.query(`INSERT INTO devices (tenant_id, name, mac_address, kind)
    SELECT tenant_id, 'Their own', '24:0a:c4:00:00:01', 'snap' FROM devices WHERE serial_number = 'TL-SAMPLE-B01'`);
  await client.query(
    "UPDATE users SET password_hash = 'changed', email = 'sarah@new.example' WHERE first_name = 'Sarah'",
  );
  await client.query(
    "UPDATE device_alerts SET alert_status = 'resolved', resolved_at = now() WHERE alert_status = 'new'",
  );
  await client.query("UPDATE sites SET is_active = false WHERE name = 'Lab'");
  await client.query("UPDATE tenants SET slug = 'acme' WHERE slug = 'acme-corp'");
  const changed = await takePicture(client);
  await client.query("DELETE FROM device_properties");
  const { inserted, logins } = await seed(database.url);
  const after = await takePicture(client);
  assert.is(inserted, before.device_properties?.length);
  assert.equal(withoutStamps(after), withoutStamps(changed));
  assert.ok(logins.some((one) => one.email === "sarah@new.example" && one.tenant === "acme"));
});

/** When a row was written is another moment for one that came back. */
function withoutStamps(picture: Record<string, string[]>): unknown {
  return {
    ...picture,
    device_properties: picture.device_properties?.map((row) => row.replace(/"updated_at".*?[,}]/, "")),
  };
}

test("a tenant that was removed comes back with its past, and the months of the others stay as they are", async () => {
  const logs = ["device_events", "activity_logs"];
  const count = () => Promise.all(logs.map((log) => list(`SELECT count(*) FROM ${log}`)));
  const before = await count();
  await client.query("DELETE FROM device_alerts WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')");
  await client.query("DELETE FROM claim_codes WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')");
  await client.query(
    "DELETE FROM firmware_rollouts WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')",
  );
  await client.query("DELETE FROM device_updates WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')");
  await client.query(
    "DELETE FROM firmware_versions WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')",
  );
  await client.query("DELETE FROM devices WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'techstart')");
  await client.query("DELETE FROM tenants WHERE slug = 'techstart'");
  await client.query("DELETE FROM device_events WHERE kind = 'armed'");
  const without = await list("SELECT count(*) FROM device_events");
  await seed(database.url);
  const after = await count();
  assert.ok(Number(after[0]?.[0]) > Number(without[0]), "TechStart's events are there again");
  assert.ok(Number(after[0]?.[0]) < Number(before[0]?.[0]), "Acme's, which time took away, are not");
  assert.equal(after[1], before[1]);
});

test("a schema that is behind is refused with what to do", async () => {
  const bare = await createTestDatabase({ migrated: false });
  try {
    const error = await getRejection(seed(bare.url));
    assert.instance(error, SeedError);
    assert.is((error as SeedError).code, "schema-behind");
    assert.match((error as SeedError).message, /npm run migrate:up/);
  } finally {
    await bare.stop();
  }
});
