// The cloud as a whole: the way of a trap from its identity to an answered alert through public doors alone, health, restarts of the
// program and cuts of the database under it, and an end that leaves nothing running.
import { createServer, type Server } from "node:net";
import * as assert from "uvu/assert";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { eventually } from "../../support/eventually.ts";
import { connectDevice, type DeviceCredentials } from "../../support/mqtt.ts";
import { cutSessions } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { createTrap } from "../claiming/trap.ts";
import { talk } from "./talking-trap.ts";

const test = suite("cloud");
let cloud: TestCloud;
let owner: Owner;

test.before(async () => {
  cloud = await createTestCloud();
  owner = await cloud.createOwner();
});
test.after(() => cloud.stop());

test("a trap is registered, claimed, online, sprung and answered through public doors alone", async () => {
  const live = await cloud.follow(owner.token);
  const trap = await createTrap(cloud);
  assert.is((await trap.claim()).status, "open");
  const { traps } = (await cloud.ask({ url: "/api/v1/claiming/nearby", as: owner.token })).json;
  assert.ok(traps.some((one) => one.serialNumber === trap.serial));
  const claim = { serialNumber: trap.serial, name: "Kitchen" };
  const { device } = (await cloud.ask({ url: "/api/v1/claiming/claims", as: owner.token, body: claim })).json;
  const { credentials, password } = await trap.pickUp();
  if (credentials === null || password === null) throw new Error("there are no credentials");
  assert.equal([credentials.host, credentials.port], ["127.0.0.1", cloud.mqttPort]);
  const who: DeviceCredentials = {
    tenantId: credentials.tenant,
    deviceId: credentials.device,
    credentialId: credentials.user,
    password,
    key: trap.key,
  };
  const connected = await connectDevice(cloud.mqttPort, who);
  assert.equal(await connected.subscribe(), [1, 1, 1, 1, 1]);
  await connected.hello();
  await live.see("device", (data) => data.id === device.id && data.online);
  const snapAt = performance.now();
  await connected.event({ seq: 1 });
  const alert = await live.see("alert", (data) => data.deviceId === device.id && data.status === "new");
  assert.ok(performance.now() - snapAt < 1_000, "from the spring to the notice in under a second");
  for (const [word, status] of [
    ["acknowledge", "acknowledged"],
    ["resolve", "resolved"],
  ]) {
    await cloud.ask({ method: "POST", url: `/api/v1/alerts/${alert.id}/${word}`, as: owner.token });
    await live.see("alert", (data) => data.id === alert.id && data.status === status);
  }
  const released = await cloud.ask({ method: "POST", url: `/api/v1/devices/${device.id}/release`, as: owner.token });
  assert.is(released.status, 204);
  await connected.told("command");
  await connected.closed;
  assert.is((await connectDevice(cloud.mqttPort, who, { session: 2 })).connack.returnCode, 4);
  live.stop();
});

test("it says that it is well while the database answers", async () => {
  for (const url of ["/health", "/api/v1/health"]) {
    const answer = await cloud.ask({ url });
    assert.equal([answer.status, answer.text], [200, '{"status":"ok"}']);
  }
});

test("when every database connection is cut, it goes on by itself: people, traps and the live stream", async () => {
  const who = await cloud.createDevice(owner);
  const live = await cloud.follow(owner.token);
  const device = await connectDevice(cloud.mqttPort, who);
  await device.subscribe();
  await device.hello();
  await cutSessions(cloud.database, "trapline%");
  await live.see("resync");
  const answer = await eventually(
    async () => {
      const asked = await cloud.ask({ url: "/api/v1/devices", as: owner.token });
      return asked.status === 200 ? asked : null;
    },
    { withinMs: 10_000, because: "people are answered again" },
  );
  assert.ok(answer.json.devices.length > 0);
  await device.event({ seq: 1 });
  await device.told("ack");
  await live.see("alert", (data) => data.deviceId === who.deviceId);
  device.cut();
  live.stop();
});

test("a restart under traps that talk loses nothing that was acknowledged, and doubles nothing", async () => {
  const devices = await Promise.all([1, 2, 3].map(() => cloud.createDevice(owner)));
  const acknowledged = new Map<string, Set<number>>(devices.map((one) => [one.deviceId, new Set<number>()]));
  let isOver = false;
  const talking = devices.map((who) =>
    talk(cloud.mqttPort, who, acknowledged.get(who.deviceId) ?? new Set(), () => isOver),
  );
  const total = () => [...acknowledged.values()].reduce((sum, one) => sum + one.size, 0);
  for (let round = 1; round <= 3; round++) {
    const before = total();
    await eventually(() => total() > before + 10, { withinMs: 10_000, because: "the traps talk" });
    await cloud.stopCloud();
    await cloud.startCloud();
  }
  const before = total();
  await eventually(() => total() > before + 10, { withinMs: 10_000, because: "the traps talk again" });
  isOver = true;
  await Promise.all(talking);
  for (const who of devices) {
    const rows = await cloud.db.kysely
      .selectFrom("device_events")
      .select("sequence")
      .where("device_id", "=", who.deviceId)
      .execute();
    const kept = new Set(rows.map((row) => row.sequence));
    assert.is(kept.size, rows.length, "no event is there twice");
    for (const sequence of acknowledged.get(who.deviceId) ?? []) assert.ok(kept.has(sequence), `event ${sequence}`);
  }
});

test("a port that is taken is named by its error, and leaves nothing behind", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const { port } = blocker.address() as { port: number };
  for (const taken of ["mqttPort", "httpPort"] as const) {
    const failed = await getRejection(createTestCloud({ config: { [taken]: port } }));
    assert.is((failed as { code?: string }).code, "EADDRINUSE");
  }
  await stopServer(blocker);
});

test("a database that is not there is an error at the start, not a cloud that pretends", async () => {
  const failed = await getRejection(
    createTestCloud({ config: { databaseUrl: "postgres://nobody:nothing@127.0.0.1:1/none" } }),
  );
  assert.is((failed as { code?: string }).code, "ECONNREFUSED");
});

test("what a stranger pours into either door ends nothing and is answered below 500", async () => {
  const who = await cloud.createDevice(owner);
  const device = await connectDevice(cloud.mqttPort, who);
  await device.hello();
  for (const name of ["event", "telemetry", "reported", "update", "result", "will"] as const) {
    await device.say(name, '{"v":1,"boot":"?"}');
  }
  assert.ok(Object.keys(cloud.refusals()).some((reason) => reason.startsWith("message-")));
  for (const url of [
    "/api/v1/none",
    "/api/v1/devices/none",
    "/api/v1/alerts/none/resolve",
    "/device/v1/none",
    "/%00",
    "//",
  ]) {
    for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
      const answer = await cloud.ask({ method, url, as: owner.token });
      assert.ok(answer.status >= 400 && answer.status < 500, `${method} ${url} answered ${answer.status}`);
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
    }
  }
  assert.is((await cloud.ask({ url: "/health" })).status, 200);
  device.cut();
});

test("secrets stay out of the log [SECRET-1]", async () => {
  const who = await cloud.createDevice(owner);
  const device = await connectDevice(cloud.mqttPort, who);
  await device.hello();
  const wrong = await connectDevice(cloud.mqttPort, { ...who, password: "a wrong but telling password" });
  await wrong.closed;
  device.cut();
  const log = cloud.logText();
  for (const secret of [who.password, String(who.key), owner.token, "a wrong but telling password", "5e".repeat(32)]) {
    assert.not.match(log, secret);
  }
});

test("what a person did is told with who did it", async () => {
  const who = await cloud.createDevice(owner);
  const device = await connectDevice(cloud.mqttPort, who);
  await device.hello();
  await device.event({ seq: 1, kind: "fault" });
  const { alerts } = (await cloud.ask({ url: "/api/v1/alerts?status=new", as: owner.token })).json;
  const alert = itemAt(alerts.filter((one) => one.deviceId === who.deviceId));
  const answered = await cloud.ask({ method: "POST", url: `/api/v1/alerts/${alert.id}/acknowledge`, as: owner.token });
  assert.is(answered.json.alert.acknowledgedBy?.name, owner.email);
  device.cut();
});

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
