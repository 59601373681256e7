// What the devices' table does by itself: names for other programs, the status that follows what is known, limits of a plan, and a release
// that is final.
import * as assert from "uvu/assert";
import { eventually } from "../../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "../walls/role-session.ts";

const test = suite("devices by themselves");
let database: TestDatabase;
let owner: RoleSession;
/** Two of those that claim. */
let first: RoleSession;
let second: RoleSession;
let tenantId: string;
let made = 0;

test.before(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  [first, second] = [await openSession(database.urls.system), await openSession(database.urls.system)];
});
test.before.each(async () => {
  made += 1;
  const added = await owner.client.query("INSERT INTO tenants (name, slug) VALUES ('x', $1) RETURNING id", [
    `tenant-${made}`,
  ]);
  tenantId = added.rows[0].id;
});
test.after(async () => {
  await Promise.all([owner, first, second].map((one) => one.stop()));
  await database.stop();
});

async function subscribe(columns: string, values: string): Promise<void> {
  await owner.client.query(`INSERT INTO subscriptions (tenant_id, ${columns}) VALUES ('${tenantId}', ${values})`);
}

let macs = 0;

/** The id of the new row; or the code of the error. */
async function claim(session: RoleSession = first, more: Record<string, unknown> = {}): Promise<string> {
  macs += 1;
  const mac = `24:0a:c4:01:${(macs >> 8).toString(16).padStart(2, "0")}:${(macs & 255).toString(16).padStart(2, "0")}`;
  const values = { tenant_id: tenantId, name: "trap", kind: "snap", mac_address: mac, ...more };
  const names = Object.keys(values);
  const text = `INSERT INTO devices (${names.join(", ")}) VALUES (${names.map((_name, at) => `$${at + 1}`).join(", ")}) RETURNING id`;
  return session.client.query(text, Object.values(values)).then(
    (answer) => answer.rows[0].id,
    (error: { code?: string }) => error.code ?? "none",
  );
}

const ID = /^[0-9a-f-]{36}$/;

test("a plan's limit holds for whoever claims, and a released trap makes room", async () => {
  await subscribe("max_devices", "2");
  const [one] = [await claim(), await claim()];
  assert.is(await claim(), "TL001");
  assert.is(await claim(owner), "TL001");
  await owner.client.query("UPDATE devices SET unclaimed_at = now() WHERE id = $1", [one]);
  assert.match(await claim(), ID);
  assert.is(await claim(), "TL001");
});

test("the error names the rule and the number, and nothing else", async () => {
  await subscribe("max_devices", "0");
  await first.inside(null, async () => {
    const refused = await first.attempt(
      "INSERT INTO devices (tenant_id, name, kind, mac_address) VALUES ($1, 'x', 'snap', 'y')",
      [tenantId],
    );
    const { message, constraint, table, detail } = refused.error ?? {};
    assert.equal(
      [message, constraint, table, detail],
      ["the plan allows 0 devices", "devices_limit", "devices", undefined],
    );
  });
});

test("a row that is released already takes no place", async () => {
  await subscribe("max_devices", "0");
  assert.match(await claim(first, { unclaimed_at: new Date() }), ID);
  assert.is(await claim(), "TL001");
});

const PLANS: [what: string, columns: string, values: string, most: number][] = [
  ["a free plan allows two", "tier", "'free'", 2],
  ["a payment that is late allows what the plan did", "max_devices, status", "4, 'past_due'", 4],
  ["a trial allows what the plan will", "max_devices, status", "4, 'trialing'", 4],
  ["a plan that was canceled allows what is free", "max_devices, status", "50, 'canceled'", 2],
  ["a plan without a limit that was canceled allows what is free", "max_devices, status", "NULL, 'canceled'", 2],
];
for (const [what, columns, values, most] of PLANS)
  test(what, async () => {
    await subscribe(columns, values);
    for (let count = 0; count < most; count++) assert.match(await claim(), ID);
    assert.is(await claim(), "TL001");
  });

test("a plan without a limit, or no plan ever, allows as many as one likes", async () => {
  for (let count = 0; count < 5; count++) assert.match(await claim(), ID);
  await subscribe("max_devices", "NULL");
  for (let count = 0; count < 5; count++) assert.match(await claim(), ID);
});

test("the plan of today counts, not the one that was canceled before", async () => {
  await subscribe("max_devices, status, created_at", "0, 'canceled', now() - interval '1 year'");
  await subscribe("max_devices, status, created_at", "3, 'active', now() - interval '2 years'");
  for (let count = 0; count < 3; count++) assert.match(await claim(), ID);
  assert.is(await claim(), "TL001");
});

test("a smaller plan takes no trap away, and lets the ones there are be changed", async () => {
  await subscribe("max_devices", "3");
  for (let count = 0; count < 3; count++) await claim();
  await owner.client.query("UPDATE subscriptions SET max_devices = 1 WHERE tenant_id = $1", [tenantId]);
  const changed = await owner.client.query(
    "UPDATE devices SET name = 'still here', online = true WHERE tenant_id = $1",
    [tenantId],
  );
  assert.is(changed.rowCount, 3);
  assert.is(await claim(), "TL001");
});

/** Resolves when this session waits for a lock of another one. */
async function waitUntilBlocked(session: RoleSession): Promise<void> {
  const pid = (session.client as { processID?: number }).processID;
  await eventually(
    async () => {
      const found = await owner.client.query("SELECT FROM pg_locks WHERE pid = $1 AND NOT granted", [pid]);
      return (found.rowCount ?? 0) > 0;
    },
    { withinMs: 5_000, because: "the second claim waits for the first" },
  );
}

for (const [end, expected] of [
  ["COMMIT", /^TL001$/],
  ["ROLLBACK", ID],
] as const)
  test(`of two that claim the last place at once the second waits, and after ${end} knows`, async () => {
    await subscribe("max_devices", "1");
    await first.client.query("BEGIN");
    assert.match(await claim(first), ID);
    const late = claim(second);
    await waitUntilBlocked(second);
    await first.client.query(end);
    assert.match(await late, expected);
    const count = await owner.client.query("SELECT count(*)::int AS count FROM devices WHERE tenant_id = $1", [
      tenantId,
    ]);
    assert.equal(count.rows, [{ count: 1 }]);
  });

test("a released trap is claimed by a new row: nobody takes the old one back", async () => {
  const id = await claim(first, { serial_number: `TL-${made}` });
  await owner.client.query("UPDATE devices SET unclaimed_at = now() WHERE id = $1", [id]);
  for (const session of [owner, first]) {
    const back = await session.inside(null, () =>
      session.attempt("UPDATE devices SET unclaimed_at = NULL WHERE id = $1", [id]),
    );
    assert.equal([back.error?.code, back.error?.constraint], ["TL003", "devices_released"]);
  }
  assert.match(await claim(first, { serial_number: `TL-${made}` }), ID);
  assert.is(await claim(first, { serial_number: `TL-${made}` }), "23505");
});

interface Row {
  status: string;
  last_state_change: Date | null;
  alexa_endpoint_id: string;
  ifttt_device_id: string;
  deleted_at: Date | null;
}

async function change(id: string, set: string): Promise<Row> {
  const answer = await owner.client.query<Row>(`UPDATE devices SET ${set} WHERE id = $1 RETURNING *`, [id]);
  const [row] = answer.rows;
  assert.ok(row !== undefined);
  return row;
}

test("the status follows what is known of the device, unless a person has said otherwise", async () => {
  const id = await claim();
  const steps: [set: string, status: string][] = [
    ["name = name", "offline"],
    ["online = true", "online"],
    ["status = 'offline'", "online"],
    ["online = false", "offline"],
    ["status = 'online'", "offline"],
    ["status = 'maintenance'", "maintenance"],
    ["online = true", "maintenance"],
    ["status = 'online'", "online"],
    ["status = 'error'", "error"],
    ["online = false", "error"],
    ["status = 'online'", "offline"],
    ["is_active = false", "decommissioned"],
    ["status = 'online', online = true", "decommissioned"],
    ["is_active = true", "online"],
    ["unclaimed_at = now(), online = false", "decommissioned"],
    ["status = 'maintenance'", "decommissioned"],
  ];
  for (const [set, status] of steps) assert.is((await change(id, set)).status, status, set);
});

test("a row that comes in says what is known of it", async () => {
  for (const [more, status] of [
    [{ online: true }, "online"],
    [{ status: "online" }, "offline"],
    [{ status: "maintenance" }, "maintenance"],
    [{ unclaimed_at: new Date(), online: true }, "decommissioned"],
  ] as const) {
    const id = await claim(owner, more);
    assert.is((await change(id, "name = name")).status, status, JSON.stringify(more));
  }
});

test("the moment of the last state follows the trap's state", async () => {
  const id = await claim(owner, { last_state_change: "2000-01-01Z", trap_state: "armed" });
  const begun = (await change(id, "name = name")).last_state_change?.getTime() ?? 0;
  assert.ok(begun > Date.UTC(2001, 0));
  assert.is((await change(id, "trap_state = 'armed', battery_mv = 3000")).last_state_change?.getTime(), begun);
  assert.ok(((await change(id, "trap_state = 'sprung'")).last_state_change?.getTime() ?? 0) > begun);
});

test("every device has a name for Alexa and one for IFTTT, its own or one that follows from its id", async () => {
  const id = await claim();
  const row = await change(id, "name = name");
  assert.equal([row.alexa_endpoint_id, row.ifttt_device_id], [`trapline-${id}`, `trapline_${id.replaceAll("-", "")}`]);
  const own = await claim(owner, { alexa_endpoint_id: `own-${made}`, ifttt_device_id: `own_${made}` });
  const kept = await change(own, "name = name");
  assert.equal([kept.alexa_endpoint_id, kept.ifttt_device_id], [`own-${made}`, `own_${made}`]);
  assert.is(await claim(owner, { alexa_endpoint_id: `own-${made}` }), "23505");
  assert.is(await claim(owner, { ifttt_device_id: `own_${made}` }), "23505");
});

test("windows that are over are closed, and claimed ones a day later", async () => {
  await owner.client.query("DELETE FROM device_claiming_queue");
  const rows: [mac: string, expires: string, claimed: string][] = [
    ["open", "now() + interval '1 minute'", "NULL"],
    ["over", "now() - interval '1 second'", "NULL"],
    ["claimed lately", "now() - interval '23 hours'", "now() - interval '1 day'"],
    ["claimed long ago", "now() - interval '25 hours'", "now() - interval '2 days'"],
  ];
  for (const [mac, expires, claimed] of rows)
    await owner.client.query(
      `INSERT INTO device_claiming_queue (mac_address, expires_at, claimed_at) VALUES ($1, ${expires}, ${claimed})`,
      [mac.slice(0, 17)],
    );
  const closed = await first.client.query("SELECT cleanup_expired_claiming_devices() AS closed");
  assert.equal(closed.rows, [{ closed: 2 }]);
  const left = await owner.client.query("SELECT mac_address AS mac FROM device_claiming_queue ORDER BY 1");
  assert.equal(left.rows, [{ mac: "claimed lately" }, { mac: "open" }]);
  const again = await first.client.query("SELECT cleanup_expired_claiming_devices() AS closed");
  assert.equal(again.rows, [{ closed: 0 }]);
});
