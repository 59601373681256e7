// Events on their way through a whole cloud: what is kept, which state it leaves, what people see of it, and of whose.
import * as assert from "uvu/assert";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { BOOT, connectDevice, type DeviceCredentials, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";

const test = suite("events");
let cloud: TestCloud;
let owner: Owner;
let who: DeviceCredentials;

test.before(async () => {
  cloud = await createTestCloud();
  owner = await cloud.createOwner();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  who = await cloud.createDevice(owner);
});

async function connect(boot = BOOT, session = 1): Promise<MqttDevice> {
  const device = await connectDevice(cloud.mqttPort, who, { boot, session });
  await device.subscribe();
  await device.hello({ state: "armed" });
  return device;
}

const listEvents = async (query = "", as = owner.token) =>
  (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events${query}`, as })).json.events;
const getState = async () =>
  (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}`, as: owner.token })).json.device.trapState;

test("an event is acknowledged by name, listed with its interval, and told live in the order: event, alert, trap", async () => {
  const live = await cloud.follow(owner.token);
  const device = await connect();
  await live.see("device", (data) => data.id === who.deviceId && data.online);
  const from = live.events.length;
  await device.event({ seq: 1, age: 500 });
  assert.equal(await device.told("ack"), { boot: BOOT, seq: 1 });
  await live.see("device", (data) => data.id === who.deviceId && data.trapState === "sprung");
  assert.equal(
    live.events.slice(from).map((one) => one.type),
    ["event", "alert", "device"],
  );
  const event = itemAt(await listEvents());
  assert.equal(live.events[from]?.data, event);
  assert.is(event.kind, "sprung");
  assert.is(event.latencyMs, 499, "the age, less what the oscillator may be off");
  assert.ok(Date.parse(event.occurredEarliest) < Date.parse(event.occurredLatest));
  assert.ok(Date.parse(event.occurredLatest) <= Date.parse(event.receivedAt));
  live.stop();
  device.cut();
});

test("a repeat changes nothing, not even what the trap has done since, and is acknowledged again [EVENT-1]", async () => {
  const device = await connect();
  await device.event({ seq: 1 });
  await device.event({ seq: 2, kind: "armed" });
  const live = await cloud.follow(owner.token);
  await device.event({ seq: 1, age: 2_000 });
  for (const seq of [1, 2, 1]) assert.equal(await device.told("ack"), { boot: BOOT, seq });
  assert.is(await getState(), "armed");
  assert.is((await listEvents()).length, 2);
  const alerts = (await cloud.ask({ url: "/api/v1/alerts", as: owner.token })).json.alerts;
  assert.is(alerts.filter((one: { deviceId: string }) => one.deviceId === who.deviceId).length, 1);
  assert.equal(
    live.events.map((one) => one.type),
    ["ready"],
  );
  live.stop();
  device.cut();
});

test("events that arrive out of order leave the state of the highest sequence", async () => {
  const device = await connect();
  await device.event({ seq: 3, kind: "armed" });
  await device.event({ seq: 2, kind: "sprung" });
  assert.is(await getState(), "armed");
  device.cut();
});

test("the history of an outbox does not overrule what the hello says, yet raises its alerts", async () => {
  const first = await connect("0000000100000001");
  first.cut();
  const second = await connect("0000000200000002", 1);
  await second.event({ boot: "0000000100000001", seq: 9, age: 60_000, exact: false });
  await second.event({ seq: 1, age: 30_000, kind: "disarmed" });
  assert.is(await getState(), "armed", "as the hello said");
  const open = (await cloud.ask({ url: "/api/v1/alerts?status=open", as: owner.token })).json.alerts;
  assert.is(open.filter((one: { deviceId: string }) => one.deviceId === who.deviceId).length, 1);
  const old = itemAt(await listEvents(), 1);
  assert.is(old.exact, false);
  second.cut();
});

test("an event of a boot that is over happened after the trap was last heard in the boot before", async () => {
  const first = await connect("0000000100000001");
  await first.event({ seq: 1, kind: "armed" });
  first.cut();
  const second = await connect("0000000200000002", 1);
  await second.event({ seq: 1, exact: false, age: 5_000 });
  const events = await listEvents();
  const [sprung, armed] = [itemAt(events), itemAt(events, 1)];
  assert.is(sprung.kind, "sprung");
  assert.is(sprung.occurredEarliest, armed.occurredEarliest, "the last thing known before");
  second.cut();
});

test("the past is listed newest first, page by page, without a gap or a repeat", async () => {
  const device = await connect();
  for (let seq = 1; seq <= 7; seq++) await device.event({ seq, kind: seq % 2 === 0 ? "armed" : "silenced" });
  const seen: number[] = [];
  let query = "?limit=3";
  for (let pages = 0; pages < 4; pages++) {
    const { json } = await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events${query}`, as: owner.token });
    seen.push(...json.events.map((one: { sequence: number }) => one.sequence));
    if (json.next === null) break;
    query = `?limit=3&before=${json.next}`;
  }
  assert.equal(seen, [7, 6, 5, 4, 3, 2, 1]);
  device.cut();
});

test("another tenant sees nothing of it: not the list, not the stream [TENANT-2]", async () => {
  const stranger = await cloud.createOwner();
  const live = await cloud.follow(stranger.token);
  const device = await connect();
  await device.event({ seq: 1 });
  const answer = await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events`, as: stranger.token });
  assert.is(answer.status, 404);
  assert.is(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  const own = await cloud.follow(owner.token);
  await device.event({ seq: 2, kind: "armed" });
  await own.see("event", (data) => data.deviceId === who.deviceId && data.kind === "armed");
  assert.equal(
    live.events.map((one) => one.type),
    ["ready"],
  );
  for (const one of [live, own]) one.stop();
  device.cut();
});

for (const query of ["?limit=0", "?limit=x", "?limit=501", "?before=1", "?before="]) {
  test(`${query} is refused as bad input`, async () => {
    const answer = await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/events${query}`, as: owner.token });
    assert.is(answer.status, 400);
    assert.is(answer.json.code, "bad-input");
  });
}

test("numbers at the edge of the contract are kept, not choked on", async () => {
  const device = await connect();
  await device.event({ seq: Number.MAX_SAFE_INTEGER, age: Number.MAX_SAFE_INTEGER, value: -2147483648, kind: "fault" });
  const event = itemAt(await listEvents());
  assert.is(event.sequence, Number.MAX_SAFE_INTEGER);
  assert.is(event.value, -2147483648);
  device.cut();
});

test("a trap whose credentials are void is not heard, though its connection stands", async () => {
  const device = await connect();
  await cloud.db.kysely
    .updateTable("devices")
    .set({ unclaimed_at: new Date() })
    .where("id", "=", who.deviceId)
    .execute();
  device.publish("event", `{"v":1,"boot":"${BOOT}","seq":1,"age":0,"exact":true,"kind":"sprung","value":0}`);
  await device.closed;
  assert.equal(
    device.inbox.filter((packet) => packet.cmd !== "suback"),
    [],
  );
  const rows = await cloud.db.kysely
    .selectFrom("device_events")
    .select("id")
    .where("device_id", "=", who.deviceId)
    .execute();
  assert.is(rows.length, 0);
});
