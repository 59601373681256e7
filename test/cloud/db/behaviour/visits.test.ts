// Alerts and the visits they lead to: one open alert for each trap and type, one visit for each sprung trap, opened and ended with it.
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "../walls/role-session.ts";
import { type FilledTenant, fillTwoTenants } from "../walls/two-tenants.ts";

const test = suite("alerts and visits");
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let ingest: RoleSession;
let a: FilledTenant;
let b: FilledTenant;

test.before(async () => {
  database = await createTestDatabase();
  [owner, app, ingest] = [
    await openSession(database.url),
    await openSession(database.urls.app),
    await openSession(database.urls.ingest),
  ];
  ({ a, b } = await fillTwoTenants(owner.client));
  await owner.client.query("DELETE FROM tasks; DELETE FROM device_alerts");
});
test.after(async () => {
  await Promise.all([owner, app, ingest].map((one) => one.stop()));
  await database.stop();
});

interface Raise {
  type?: string;
  status?: string;
  at?: string;
  tenant?: FilledTenant;
}

/** The id, or the code of the error. */
async function raise(
  session: RoleSession,
  { type = "sprung", status = "new", at = "2026-03-01T10:00:00Z", tenant = a }: Raise,
) {
  const done = await session.attempt(
    `INSERT INTO device_alerts (tenant_id, device_id, alert_type, severity, alert_status, triggered_at)
      VALUES ($1, $2, $3, 'critical', $4, $5) RETURNING id`,
    [tenant.tenantId, tenant.id("devices"), type, status, at],
  );
  return done.error?.code ?? String(done.rows[0]?.id);
}

interface Task {
  tenant_id: string;
  device_id: string | null;
  site_id: string | null;
  alert_id: string | null;
  title: string;
  priority: string;
  status: string;
  due_date: Date | null;
  completed_at: Date | null;
  completed_by: string | null;
}

/** As the owner sees them, in a transaction of its own, which sees what is committed; or as the session that is under way. */
async function listTasks(session: RoleSession): Promise<Task[]> {
  return (await session.client.query<Task>("SELECT * FROM tasks ORDER BY created_at, id")).rows;
}

test("a trap has one open alert of each type, and a new one once that is resolved", async () => {
  await owner.inside(null, async () => {
    const first = await raise(owner, {});
    assert.is(await raise(owner, {}), "23505");
    assert.is(await raise(owner, { status: "acknowledged" }), "23505");
    assert.match(await raise(owner, { type: "battery-low" }), /-/);
    assert.match(await raise(owner, { tenant: b }), /-/);
    assert.match(await raise(owner, { status: "resolved" }), /-/);
    await owner.attempt("UPDATE device_alerts SET alert_status = 'resolved' WHERE id = $1", [first]);
    const second = await raise(owner, {});
    assert.match(second, /-/);
    const reopened = await owner.attempt("UPDATE device_alerts SET alert_status = 'new' WHERE id = $1", [first]);
    assert.is(reopened.error?.constraint, "device_alerts_one_open");
  });
});

test("a sprung trap opens one visit, at its site, with the hurry of its kind", async () => {
  for (const [kind, priority, hours] of [
    ["live-catch", "urgent", 1],
    ["snap", "high", 24],
  ] as const)
    await owner.inside(null, async () => {
      await owner.attempt("UPDATE devices SET kind = $1", [kind]);
      const alert = await raise(owner, {});
      const [task, ...more] = await listTasks(owner);
      assert.equal(more, []);
      assert.equal(
        [task?.tenant_id, task?.device_id, task?.site_id, task?.alert_id, task?.title, task?.priority, task?.status],
        [a.tenantId, a.id("devices"), a.id("sites"), alert, "Visit Trap of a", priority, "open"],
      );
      assert.is(task?.due_date?.getTime(), Date.UTC(2026, 2, 1, 10 + hours));
    });
});

test("alerts of other types, and those that are settled as they come, open none", async () => {
  await owner.inside(null, async () => {
    for (const type of ["battery-low", "sensor-fault", "fault", "offline"]) await raise(owner, { type });
    await raise(owner, { status: "resolved" });
    assert.equal(await listTasks(owner), []);
  });
});

test("acknowledging opens no second visit, and resolving ends the one there is, in the name of who did it", async () => {
  await owner.inside(null, async () => {
    const alert = await raise(owner, {});
    await owner.attempt("UPDATE device_alerts SET alert_status = 'acknowledged' WHERE id = $1", [alert]);
    await owner.attempt("UPDATE device_alerts SET alert_status = 'new' WHERE id = $1", [alert]);
    assert.equal(
      (await listTasks(owner)).map((one) => one.status),
      ["open"],
    );
    const set = "alert_status = 'resolved', resolved_at = '2026-03-01T12:00:00Z', resolved_by = $2";
    await owner.attempt(`UPDATE device_alerts SET ${set} WHERE id = $1`, [alert, a.userId]);
    const [task] = await listTasks(owner);
    assert.equal(
      [task?.status, task?.completed_by, task?.completed_at?.getTime()],
      ["done", a.userId, Date.UTC(2026, 2, 1, 12)],
    );
    await owner.attempt("UPDATE device_alerts SET alert_status = 'resolved', resolved_at = now() WHERE id = $1", [
      alert,
    ]);
    assert.is((await listTasks(owner))[0]?.completed_at?.getTime(), Date.UTC(2026, 2, 1, 12));
  });
});

test("a visit that a person has ended stays as they left it", async () => {
  for (const status of ["done", "cancelled"])
    await owner.inside(null, async () => {
      const alert = await raise(owner, {});
      await owner.attempt("UPDATE tasks SET status = $1, completed_at = '2026-03-01T11:00:00Z'", [status]);
      await owner.attempt("UPDATE device_alerts SET alert_status = 'resolved', resolved_at = now() WHERE id = $1", [
        alert,
      ]);
      const [task] = await listTasks(owner);
      assert.equal([task?.status, task?.completed_at?.getTime()], [status, Date.UTC(2026, 2, 1, 11)]);
    });
});

test("a visit that was given to somebody, or is under way, ends with the alert", async () => {
  for (const status of ["assigned", "in_progress"])
    await owner.inside(null, async () => {
      const alert = await raise(owner, {});
      await owner.attempt("UPDATE tasks SET status = $1", [status]);
      await owner.attempt("UPDATE device_alerts SET alert_status = 'resolved' WHERE id = $1", [alert]);
      const [task] = await listTasks(owner);
      assert.equal([task?.status, task?.completed_at !== null], ["done", true]);
    });
});

test("what a trap says opens and ends visits of its own tenant, though it may neither read nor write them", async () => {
  await owner.client.query("DELETE FROM tasks");
  await ingest.client.query("BEGIN");
  await ingest.client.query("SELECT set_config('app.current_tenant_id', $1, true)", [a.tenantId]);
  const alert = await raise(ingest, {});
  assert.is(await raise(ingest, { tenant: b }), "42501");
  assert.is((await ingest.attempt("SELECT FROM tasks")).error?.code, "42501");
  await ingest.client.query("COMMIT");
  const others = await app.inside(b, () => listTasks(app));
  assert.equal(others, []);
  const own = await app.inside(a, () => listTasks(app));
  assert.equal(
    own.map((one) => [one.tenant_id, one.alert_id]),
    [[a.tenantId, alert]],
  );
  const settled = await app.inside(b, () =>
    app.attempt("UPDATE device_alerts SET alert_status = 'resolved' WHERE id = $1", [alert]),
  );
  assert.is(settled.count, 0);
  assert.equal(
    (await listTasks(owner)).map((one) => one.status),
    ["open"],
  );
  await owner.client.query("DELETE FROM tasks; DELETE FROM device_alerts");
});

test("an alert that does not come to be leaves no visit behind", async () => {
  await ingest.inside(a, async () => {
    await raise(ingest, {});
    assert.is(await raise(ingest, {}), "23505");
  });
  assert.equal(await listTasks(owner), []);
});

test("a visit says when it ended exactly when it has", async () => {
  await owner.inside(null, async () => {
    await raise(owner, {});
    for (const set of ["status = 'done'", "status = 'cancelled'", "completed_at = now()"])
      assert.is((await owner.attempt(`UPDATE tasks SET ${set}`)).error?.constraint, "tasks_completed_whole", set);
    assert.is((await owner.attempt("UPDATE tasks SET status = 'lost'")).error?.constraint, "tasks_status_listed");
  });
});

test("a visit keeps its own past when the alert's is gone", async () => {
  await owner.inside(null, async () => {
    const alert = await raise(owner, {});
    await owner.attempt("DELETE FROM device_alerts WHERE id = $1", [alert]);
    assert.equal(
      (await listTasks(owner)).map((one) => [one.alert_id, one.title]),
      [[null, "Visit Trap of a"]],
    );
  });
});
