// Alerts through a whole cloud: one open per trap and type whatever happens at once, answered by who may, told live, seen by nobody else.
import * as assert from "uvu/assert";
import { applyEventToAlerts } from "../../../cloud/alerts/queries/apply-event-to-alerts.ts";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { connectDevice, type DeviceCredentials, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";

const test = suite("alerts");
let cloud: TestCloud;
let owner: Owner;
let who: DeviceCredentials;
let device: MqttDevice;

test.before(async () => {
  cloud = await createTestCloud();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  owner = await cloud.createOwner();
  who = await cloud.createDevice(owner, { kind: "live-catch", name: "Loft" });
  device = await connectDevice(cloud.mqttPort, who);
  await device.hello();
});
test.after.each(() => device.cut());

const list = async (query = "", as = owner.token) =>
  (await cloud.ask({ url: `/api/v1/alerts${query}`, as })).json.alerts;
const answer = (id: string, word: string, as = owner.token) =>
  cloud.ask({ method: "POST", url: `/api/v1/alerts/${id}/${word}`, as });

test("a spring raises an alert in the event's transaction, and it goes its way, each step by name and live", async () => {
  const live = await cloud.follow(owner.token);
  await device.event({ seq: 1 });
  const told = await live.see("alert", (data) => data.status === "new");
  const alert = itemAt(await list());
  assert.equal(told, alert);
  assert.is(alert.type, "sprung");
  assert.is(alert.severity, "critical");
  assert.is(alert.deviceName, "Loft");
  assert.match(String(alert.message), /^Loft has sprung/);
  const events = (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events`, as: owner.token })).json.events;
  assert.is(alert.eventId, itemAt(events).id);
  assert.is(alert.triggeredAt, itemAt(events).occurredLatest);

  const acknowledged = await answer(alert.id, "acknowledge");
  assert.is(acknowledged.status, 200);
  assert.is(acknowledged.json.alert.status, "acknowledged");
  assert.equal(acknowledged.json.alert.acknowledgedBy, { id: owner.userId, name: owner.email });
  assert.equal(await live.see("alert", (data) => data.status === "acknowledged"), acknowledged.json.alert);

  const resolved = await answer(alert.id, "resolve");
  assert.equal(resolved.json.alert.resolvedBy, { id: owner.userId, name: owner.email });
  assert.is(resolved.json.alert.acknowledgedAt, acknowledged.json.alert.acknowledgedAt);
  assert.equal(await live.see("alert", (data) => data.status === "resolved"), resolved.json.alert);
  live.stop();
});

test("answering twice is no error, changes nothing and is not told again; acknowledging what is resolved is", async () => {
  await device.event({ seq: 1 });
  const { id } = itemAt(await list());
  const first = await answer(id, "acknowledge");
  const live = await cloud.follow(owner.token);
  assert.equal((await answer(id, "acknowledge")).json, first.json);
  const done = await answer(id, "resolve");
  assert.equal((await answer(id, "resolve")).json, done.json);
  const late = await answer(id, "acknowledge");
  assert.is(late.status, 409);
  assert.is(late.json.code, "alert-resolved");
  await live.see("alert");
  await device.event({ seq: 2 });
  await live.see("event");
  assert.is(live.events.filter((one) => one.type === "alert" && one.data.id === id).length, 1);
  live.stop();
});

test("ten people who answer at once are one answer, told once", async () => {
  await device.event({ seq: 1 });
  const { id } = itemAt(await list());
  const live = await cloud.follow(owner.token);
  const answers = await Promise.all(Array.from({ length: 10 }, () => answer(id, "acknowledge")));
  assert.equal(new Set(answers.map((one) => JSON.stringify(one.json))).size, 1);
  await answer(id, "resolve");
  await live.see("alert", (data) => data.status === "resolved");
  assert.is(live.events.filter((one) => one.data.status === "acknowledged").length, 1);
  live.stop();
});

test("springs upon springs are one open alert, on one connection or two [ALERT-2]", async () => {
  await Promise.all([1, 2, 3, 4, 5].map((seq) => device.publish("event", springOf(device.boot, seq))));
  for (let count = 0; count < 5; count++) await device.take("puback");
  assert.is((await list()).length, 1);
  const alert = itemAt(await list());
  const events = (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events`, as: owner.token })).json.events;
  assert.is(events.length, 5);
  assert.is(alert.eventId, itemAt(events, 4).id, "the first raised it");
});

test("two transactions that raise the same alert leave one, also where the trap's row is not held [ALERT-2]", async () => {
  await device.event({ seq: 1, kind: "silenced" });
  const event = await cloud.db.kysely
    .selectFrom("device_events")
    .select("id")
    .where("device_id", "=", who.deviceId)
    .executeTakeFirstOrThrow();
  const now = new Date();
  const cause = { id: event.id, kind: "sprung", occurredLatest: now, receivedAt: now } as const;
  const trap = { name: "Loft", kind: "snap" } as const;
  await Promise.all([1, 2, 3, 4].map(() => cloud.db.ingest(who, (trx) => applyEventToAlerts(trx, who, trap, cause))));
  assert.is((await list()).length, 1);
});

test("another spring after the answer is another animal: the answered alert is done, and a new one asks", async () => {
  await device.event({ seq: 1 });
  const { id } = itemAt(await list());
  await answer(id, "acknowledge");
  await device.event({ seq: 2, kind: "rearmed" });
  assert.is(itemAt(await list("?status=open")).id, id, "rearming alone settles nothing");
  const live = await cloud.follow(owner.token);
  await device.event({ seq: 3 });
  const raised = await live.see("alert", (data) => data.status === "new");
  assert.is.not(raised.id, id);
  const all = await list();
  assert.equal(
    all.map((one: { id: string; status: string }) => [one.id, one.status]),
    [
      [raised.id, "new"],
      [id, "resolved"],
    ],
  );
  assert.is(itemAt(all, 1).resolvedBy, null);
  live.stop();
});

test("a low battery is settled by a good one, and by nobody's hand", async () => {
  await device.event({ seq: 1, kind: "battery-low", value: 3_300 });
  await device.event({ seq: 2, kind: "battery-low", value: 3_290 });
  const low = itemAt(await list("?status=new"));
  assert.is(low.type, "battery-low");
  await device.event({ seq: 3, kind: "battery-ok", value: 4_100 });
  const settled = itemAt(await list());
  assert.is(settled.id, low.id);
  assert.is(settled.status, "resolved");
  assert.is(settled.resolvedBy, null);
  await device.event({ seq: 4, kind: "battery-ok" });
  assert.is((await list()).length, 1);
});

test("the list is the tenant's own, by status, newest first and bounded", async () => {
  await device.event({ seq: 1 });
  await device.event({ seq: 2, kind: "fault" });
  await device.event({ seq: 3, kind: "sensor-fault" });
  const fault = itemAt(await list(), 1);
  await answer(fault.id, "resolve");
  const types = async (query: string) => (await list(query)).map((one: { type: string }) => one.type);
  assert.equal(await types(""), ["sensor-fault", "fault", "sprung"]);
  assert.equal(await types("?status=open"), ["sensor-fault", "sprung"]);
  assert.equal(await types("?status=resolved"), ["fault"]);
  assert.equal(await types("?status=acknowledged"), []);
  assert.equal(await types("?limit=1"), ["sensor-fault"]);
  const bad = await cloud.ask({ url: "/api/v1/alerts?status=loud", as: owner.token });
  assert.is(bad.status, 400);
});

test("a stranger finds nothing, and changes nothing [TENANT-2]", async () => {
  const stranger = await cloud.createOwner();
  await device.event({ seq: 1 });
  const { id } = itemAt(await list());
  assert.equal(await list("", stranger.token), []);
  for (const word of ["acknowledge", "resolve"]) {
    const refused = await answer(id, word, stranger.token);
    assert.is(refused.status, 404);
    assert.is(refused.json.code, "alert-not-found");
    assert.is((await answer("none", word)).status, 400);
    assert.is((await cloud.ask({ method: "POST", url: `/api/v1/alerts/${id}/${word}` })).status, 401);
  }
  assert.is(itemAt(await list()).status, "new");
});

test("whoever may only look may not answer", async () => {
  await device.event({ seq: 1 });
  const { id } = itemAt(await list());
  await cloud.db.kysely
    .updateTable("user_tenant_memberships")
    .set({ role: "viewer" })
    .where("user_id", "=", owner.userId)
    .execute();
  assert.is((await answer(id, "acknowledge")).status, 403);
  assert.is(itemAt(await list()).status, "new");
});

function springOf(boot: string, seq: number): string {
  return `{"v":1,"boot":"${boot}","seq":${seq},"age":0,"exact":true,"kind":"sprung","value":0}`;
}
