// What people do and what happens is kept in the transaction that does it, with whom and from where, and never with a secret [AUDIT-1].
import * as assert from "uvu/assert";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { suite } from "../../support/suite.ts";

const test = suite("audit");
let cloud: TestCloud;
let owner: Owner;

test.before(async () => {
  cloud = await createTestCloud();
  owner = await cloud.createOwner();
});
test.after(() => cloud.stop());

const listAudit = (tenantId: string | null) =>
  cloud.db.kysely
    .selectFrom("audit_logs")
    .selectAll()
    .where("tenant_id", tenantId === null ? "is" : "=", tenantId)
    .orderBy("created_at")
    .execute();
const listActivity = (tenantId: string) =>
  cloud.db.kysely
    .selectFrom("activity_logs")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("created_at")
    .execute();

/** The one entry of this action; a test that finds none or several fails here. */
async function getAudit(action: string) {
  const found = (await listAudit(owner.tenantId)).filter((row) => row.action === action);
  assert.is(found.length, 1, `entries of ${action}`);
  return itemAt(found);
}

test("who registered, from where, with which program", async () => {
  const entry = await getAudit("register");
  assert.is(entry.user_id, owner.userId);
  assert.is(entry.resource_id, owner.tenantId);
  assert.is(entry.ip_address, "127.0.0.1");
  assert.is(entry.user_agent, "node");
  assert.is(entry.result, "success");
});

test("a log-in that failed is kept with the person it was tried for, and without what was typed", async () => {
  const body = { email: owner.email, password: "not this one, surely" };
  assert.is((await cloud.ask({ url: "/api/v1/login", body })).status, 401);
  assert.is((await cloud.ask({ url: "/api/v1/login", body: { ...body, email: "nobody@example.com" } })).status, 401);
  const denied = (await listAudit(null)).filter((row) => row.result === "denied");
  assert.equal(
    denied.map((row) => [row.action, row.user_id]),
    [
      ["login", owner.userId],
      ["login", null],
    ],
  );
  assert.not.match(JSON.stringify(denied), /not this one|nobody@/);
});

test("configuring a trap keeps what it was and what it became; the same wish again is no second entry", async () => {
  const device = await cloud.createDevice(owner);
  const body = { telemetryS: 60, confirmMs: 50, armDelayMs: 5_000, buzzer: true };
  const configure = (change: object) =>
    cloud.ask({
      method: "PUT",
      url: `/api/v1/devices/${device.deviceId}/config`,
      as: owner.token,
      body: { ...body, ...change },
    });
  assert.is((await configure({})).status, 200);
  assert.is((await configure({})).status, 200);
  assert.is((await configure({ buzzer: false })).status, 200);
  const entries = (await listAudit(owner.tenantId)).filter((row) => row.action === "configure");
  assert.equal(
    entries.map((row) => [row.resource_id, row.old_values, row.new_values]),
    [
      [device.deviceId, null, body],
      [device.deviceId, body, { ...body, buzzer: false }],
    ],
  );
});

test("a command and a release are kept once each, and the timeline knows of the release", async () => {
  const device = await cloud.createDevice(owner);
  const post = (word: string, body?: object) =>
    cloud.ask({ method: "POST", url: `/api/v1/devices/${device.deviceId}/${word}`, as: owner.token, body });
  assert.is((await post("commands", { command: "identify" })).status, 201);
  assert.is((await post("release")).status, 204);
  assert.equal((await getAudit("command")).new_values, { command: "identify" });
  assert.is((await getAudit("release")).resource_id, device.deviceId);
  const deleted = (await listActivity(owner.tenantId)).filter((row) => row.action === "device_deleted");
  assert.equal(
    deleted.map((row) => [row.device_id, row.user_id, row.source]),
    [[device.deviceId, owner.userId, "api"]],
  );
});

test("a claim code is kept when it is made and taken back, the code itself is not", async () => {
  const made = await cloud.ask({ url: "/api/v1/claim-codes", as: owner.token, body: { deviceName: "Cellar" } });
  assert.is(made.status, 201);
  const code = (JSON.parse(made.text) as { code: string }).code;
  assert.is((await cloud.ask({ method: "DELETE", url: `/api/v1/claim-codes/${code}`, as: owner.token })).status, 204);
  await getAudit("create");
  await getAudit("delete");
  assert.not.match(JSON.stringify(await listAudit(owner.tenantId)), new RegExp(code));
});

test("what is refused or rolled back leaves no entry", async () => {
  const before = (await listAudit(owner.tenantId)).length;
  const id = "99999999-9999-4999-8999-999999999999";
  assert.is((await cloud.ask({ method: "POST", url: `/api/v1/devices/${id}/release`, as: owner.token })).status, 404);
  assert.is((await cloud.ask({ method: "POST", url: `/api/v1/alerts/${id}/resolve`, as: owner.token })).status, 404);
  assert.is((await listAudit(owner.tenantId)).length, before);
});

test("logging out is the end of both stories", async () => {
  const other = await cloud.createOwner();
  assert.is((await cloud.ask({ method: "POST", url: "/api/v1/logout", as: other.token })).status, 204);
  const actions = (await listAudit(other.tenantId)).map((row) => row.action);
  assert.equal(actions.sort(), ["login", "logout", "register"]);
  const happened = (await listActivity(other.tenantId)).map((row) => row.action);
  assert.equal(happened.sort(), ["user_login", "user_logout"]);
});
