// Logs by month: partitions that are there before they are needed, take in what came without them, and go by retention; and an event that is
// one event whatever its month.
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { findOffences } from "../walls/catalogue-rule.ts";
import { GRANT_RULES } from "../walls/grant-rules.ts";
import { POLICY_RULES } from "../walls/policy-rules.ts";
import { openSession, type RoleSession } from "../walls/role-session.ts";
import { type FilledTenant, fillTwoTenants } from "../walls/two-tenants.ts";

const test = suite("logs by month", { limitMs: 60_000 });
let database: TestDatabase;
let owner: RoleSession;
let system: RoleSession;
let a: FilledTenant;
const LOGS = ["device_events", "audit_logs", "activity_logs"] as const;

test.before.each(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  system = await openSession(database.urls.system);
  ({ a } = await fillTwoTenants(owner.client));
});
test.after.each(async () => {
  await Promise.all([owner.stop(), system.stop()]);
  await database.stop();
});

/** Such as 2026_03, so many months from the present one. */
async function nameMonth(away: number): Promise<string> {
  const { rows } = await owner.client.query(
    "SELECT to_char((now() AT TIME ZONE 'UTC') + make_interval(months => $1), 'YYYY_MM') AS name",
    [away],
  );
  return rows[0].name;
}

async function listPartitions(log: string): Promise<string[]> {
  const found = await owner.client.query<{ name: string }>(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = to_regclass($1) ORDER BY 1",
    [log],
  );
  return found.rows.map((row) => row.name);
}

/** One after the other: they share a connection. */
async function forEachLog<T>(fn: (log: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (const log of LOGS) answers.push(await fn(log));
  return answers;
}

async function ensure(session: RoleSession, months?: number): Promise<number> {
  const answer = await session.client.query(
    months === undefined ? "SELECT ensure_partitions() AS made" : `SELECT ensure_partitions(${months}) AS made`,
  );
  return answer.rows[0].made;
}

let sequence = 100;

/** An event with its key, so many months from now; the error's code where it is refused. */
async function insertEvent(away: number, change: { sequence?: number } = {}): Promise<string | null> {
  sequence += 1;
  const values = [a.tenantId, a.id("devices"), change.sequence ?? sequence, away];
  const at = "now() + make_interval(months => $4)";
  await owner.client.query("BEGIN");
  try {
    await owner.client.query(
      `INSERT INTO device_event_keys (tenant_id, device_id, boot_id, sequence, received_at) VALUES ($1, $2, '0000000100000001', $3, ${at})`,
      values,
    );
    await owner.client.query(
      `INSERT INTO device_events (tenant_id, device_id, boot_id, sequence, received_at, kind, age_ms, exact, occurred_earliest, occurred_latest)
        VALUES ($1, $2, '0000000100000001', $3, ${at}, 'armed', 0, true, now(), now())`,
      values,
    );
    await owner.client.query("COMMIT");
    return null;
  } catch (error) {
    await owner.client.query("ROLLBACK");
    return error instanceof Error && "code" in error ? String(error.code) : "none";
  }
}

test("the present month and the next three have partitions from the start", async () => {
  const months = [await nameMonth(0), await nameMonth(1), await nameMonth(2), await nameMonth(3)];
  for (const log of LOGS)
    assert.equal(await listPartitions(log), [...months.map((month) => `${log}_${month}`), `${log}_default`].sort());
  assert.is(await ensure(system), 0);
});

test("making them ahead makes those that are missing, once, and several at once make each once", async () => {
  const others = await Promise.all([1, 2, 3].map(() => openSession(database.urls.system)));
  try {
    const made = await Promise.all([system, ...others].map((session) => ensure(session, 9)));
    assert.is(
      made.reduce((sum, one) => sum + one, 0),
      6 * LOGS.length,
    );
    assert.is(await ensure(system, 9), 0);
    assert.ok((await listPartitions("audit_logs")).includes(`audit_logs_${await nameMonth(9)}`));
  } finally {
    await Promise.all(others.map((one) => one.stop()));
  }
});

test("how far ahead has a limit", async () => {
  for (const months of [-1, 25, 1_000_000, null]) {
    const refused = await system.inside(null, () => system.attempt(`SELECT ensure_partitions(${months})`));
    assert.is(refused.error?.code, "22023", String(months));
  }
});

test("a new partition has the walls of those before it, and answers to the role that made it as little as to others", async () => {
  await ensure(system, 12);
  for (const rule of [...POLICY_RULES, ...GRANT_RULES]) {
    const allowed = rule.allowed ?? {};
    const found = (await findOffences(owner.client, rule)).filter((one) => !Object.hasOwn(allowed, one));
    assert.equal(found, [], rule.name);
  }
  const name = `device_events_${await nameMonth(12)}`;
  assert.is((await system.inside(null, () => system.attempt(`SELECT FROM ${name}`))).error?.code, "42501");
});

test("what comes in a month without a partition is kept, and moves when its month is made", async () => {
  for (const away of [7, 8, -3, -14]) assert.is(await insertEvent(away), null);
  for (const away of [7, -3]) {
    const at = `now() + make_interval(months => ${away})`;
    await owner.client.query(`INSERT INTO audit_logs (action, resource_type, created_at) VALUES ('read', 'x', ${at})`);
    await owner.client.query(
      `INSERT INTO activity_logs (tenant_id, action, created_at) VALUES ($1, 'user_login', ${at})`,
      [a.tenantId],
    );
  }
  const before = await forEachLog((log) => owner.client.query(`SELECT * FROM ${log} ORDER BY id`));
  const strays = await forEachLog((log) => owner.client.query(`SELECT FROM ${log}_default`));
  assert.equal(
    strays.map((found) => found.rowCount),
    [4, 2, 2],
  );
  assert.is(await ensure(system), 8);
  const left = await forEachLog((log) => owner.client.query(`SELECT FROM ${log}_default`));
  assert.equal(
    left.map((found) => found.rowCount),
    [0, 0, 0],
  );
  const after = await forEachLog((log) => owner.client.query(`SELECT * FROM ${log} ORDER BY id`));
  assert.equal(
    after.map((found) => found.rows),
    before.map((found) => found.rows),
  );
  for (const away of [7, 8, -3, -14]) {
    const moved = await owner.client.query(`SELECT FROM device_events_${await nameMonth(away)}`);
    assert.is(moved.rowCount, 1, String(away));
  }
  assert.is(await ensure(system), 0);
});

test("after they moved the logs are as strict as before, in every partition", async () => {
  await insertEvent(7);
  await owner.client.query(
    "INSERT INTO audit_logs (action, resource_type, created_at) VALUES ('read', 'x', now() + interval '7 months')",
  );
  await ensure(system);
  await insertEvent(9);
  for (const log of LOGS) {
    assert.is((await owner.inside(null, () => owner.attempt(`UPDATE ${log} SET id = id`))).error?.code, "TL002", log);
    for (const partition of await listPartitions(log)) {
      const triggers = await owner.client.query(
        "SELECT tgenabled AS enabled FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgfoid = 'refuse_change'::regproc",
        [partition],
      );
      assert.equal(triggers.rows, [{ enabled: "O" }], partition);
    }
  }
  assert.is((await owner.inside(null, () => owner.attempt("DELETE FROM audit_logs"))).error?.code, "TL002");
});

test("an event is one event, in whatever month it comes again", async () => {
  assert.is(await insertEvent(0, { sequence: 7 }), null);
  for (const away of [0, 1, 7, -5]) assert.is(await insertEvent(away, { sequence: 7 }), "23505", String(away));
  await ensure(system);
  assert.is(await insertEvent(2, { sequence: 7 }), "23505");
});

test("an event has a key, and a key has one event", async () => {
  const insert = `INSERT INTO device_events (tenant_id, device_id, boot_id, sequence, received_at, kind, age_ms, exact, occurred_earliest,
      occurred_latest) SELECT tenant_id, device_id, boot_id, $1, received_at, kind, age_ms, exact, occurred_earliest, occurred_latest
    FROM device_events WHERE tenant_id = $2`;
  await owner.inside(null, async () => {
    assert.is((await owner.attempt(insert, [999, a.tenantId])).error?.code, "23503");
    assert.is((await owner.attempt(insert, [1, a.tenantId])).error?.code, "23505");
  });
});

test("retention drops whole months that are over, with the keys of their events, and what is older of the default partition", async () => {
  for (const away of [-14, -13, -12, -3]) await insertEvent(away);
  await ensure(system);
  await insertEvent(-20);
  const text =
    "SELECT name FROM drop_partitions('device_events', date_trunc('month', now()) - interval '12 months') AS name";
  const deleteKeys = "SELECT delete_event_keys(date_trunc('month', now()) - interval '12 months', 2) AS deleted";
  const dropped = await system.client.query<{ name: string }>(text);
  assert.equal(
    dropped.rows.map((row) => row.name),
    [`device_events_${await nameMonth(-14)}`, `device_events_${await nameMonth(-13)}`],
  );
  const partitions = await listPartitions("device_events");
  assert.ok(
    partitions.includes(`device_events_${await nameMonth(-12)}`) &&
      partitions.includes(`device_events_${await nameMonth(-3)}`),
  );
  const events = await owner.client.query("SELECT device_id, boot_id, sequence FROM device_events ORDER BY 1, 2, 3");
  const keys = await owner.client.query("SELECT device_id, boot_id, sequence FROM device_event_keys ORDER BY 1, 2, 3");
  assert.is(events.rowCount, 4, "two of this month, two that were kept");
  assert.is(keys.rowCount, 7, "the keys go afterwards");
  const remove = async () => (await system.client.query(deleteKeys)).rows[0]?.deleted;
  assert.equal([await remove(), await remove(), await remove()], [2, 1, 0]);
  const left = await owner.client.query("SELECT device_id, boot_id, sequence FROM device_event_keys ORDER BY 1, 2, 3");
  assert.equal(left.rows, events.rows);
  assert.equal((await system.client.query(text)).rows, []);
});

test("the default partition of a log that nobody may delete from gives up what is too old, and nothing else", async () => {
  const insert =
    "INSERT INTO audit_logs (action, resource_type, created_at) VALUES ('read', 'x', now() + make_interval(months => $1))";
  for (const away of [-30, -5, 9]) await owner.client.query(insert, [away]);
  await system.client.query("SELECT drop_partitions('audit_logs', now() - interval '24 months')");
  const left = await owner.client.query("SELECT FROM audit_logs_default");
  assert.is(left.rowCount, 2);
  assert.is((await owner.inside(null, () => owner.attempt("DELETE FROM audit_logs_default"))).error?.code, "TL002");
});

test("the present month and the one before are never dropped, nor anything that is no log", async () => {
  const tries = [
    "drop_partitions('device_events', now())",
    "drop_partitions('device_events', date_trunc('month', now(), 'UTC'))",
    "drop_partitions('device_events', 'infinity')",
    "drop_partitions('device_events', NULL)",
    "drop_partitions('devices', '2020-01-01')",
    "drop_partitions('device_events; DROP TABLE devices', '2020-01-01')",
    "drop_partitions('device_events_default', '2020-01-01')",
    "drop_partitions(NULL, '2020-01-01')",
    "delete_event_keys(now(), 1)",
    "delete_event_keys('infinity', 1)",
    "delete_event_keys(NULL, 1)",
    "delete_event_keys('2020-01-01', NULL)",
  ];
  const before = await forEachLog(listPartitions);
  for (const call of tries)
    assert.is((await system.inside(null, () => system.attempt(`SELECT ${call}`))).error?.code, "22023", call);
  assert.equal(await forEachLog(listPartitions), before);
});

test("the months are those of UTC, wherever the session believes to be", async () => {
  for (const zone of ["Pacific/Kiritimati", "Pacific/Niue"]) {
    await system.client.query(`SET timezone = '${zone}'`);
    assert.is(await ensure(system), 0, zone);
  }
  await ensure(system, 5);
  await owner.client.query("SET timezone = 'UTC'");
  const found = await owner.client.query<{ bound: string }>(
    "SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE relname = $1",
    [`audit_logs_${await nameMonth(5)}`],
  );
  assert.match(
    found.rows[0]?.bound ?? "",
    /^FOR VALUES FROM \('\d{4}-\d\d-01 00:00:00\+00'\) TO \('\d{4}-\d\d-01 00:00:00\+00'\)$/,
  );
});
