// Presence through a whole cloud: kept by session in the database, told live, true across late wills, takeovers, silence and restarts.
import * as assert from "uvu/assert";
import { encodeWill } from "#protocol";
import { type Clock, createSimClock, type SimClock } from "../../../cloud/clock.ts";
import { SILENT_MS } from "../../../cloud/presence/presence.ts";
import { LOOK_MS } from "../../../cloud/presence/watch-ingest.ts";
import { createTestCloud, type Owner, type TestCloud } from "../../support/cloud.ts";
import { eventually } from "../../support/eventually.ts";
import {
  BOOT,
  connectDevice,
  type DeviceCredentials,
  type DeviceOptions,
  type MqttDevice,
} from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";

const test = suite("presence");
let cloud: TestCloud;
let clock: SimClock;
/** Timers set for the next look: each tells that the one before is done. */
let looks = 0;
let owner: Owner;
let who: DeviceCredentials;
const open: MqttDevice[] = [];

test.before(async () => {
  clock = createSimClock(new Date("2026-06-01T12:00:00Z"));
  const watched: Clock = {
    now: clock.now,
    setTimer(delayMs, fn) {
      if (delayMs === LOOK_MS) looks += 1;
      return clock.setTimer(delayMs, fn);
    },
  };
  cloud = await createTestCloud({ clock: watched });
  owner = await cloud.createOwner();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  who = await cloud.createDevice(owner);
});
test.after.each(() => {
  for (const device of open.splice(0)) device.cut();
});

async function connect(options: DeviceOptions = {}): Promise<MqttDevice> {
  const device = await connectDevice(cloud.mqttPort, who, options);
  open.push(device);
  if (device.connack.returnCode !== 0) throw new Error(`CONNACK ${device.connack.returnCode}`);
  return device;
}

const getDevice = async () =>
  (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}`, as: owner.token })).json.device;

async function seeOnline(online: boolean, because: string): Promise<void> {
  await eventually(async () => (await getDevice()).online === online, { withinMs: 2_000, because });
}

const listSessions = () =>
  cloud.db.kysely
    .selectFrom("device_sessions")
    .select(["boot_id as boot", "session", "end_reason as reason", "last_heard_at as heardAt"])
    .where("device_id", "=", who.deviceId)
    .orderBy("boot_id")
    .orderBy("session")
    .execute();

/** Time passes as it does for the program: whenever it looks, its look is done before time goes on. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= LOOK_MS) {
    const before = looks;
    clock.advance(LOOK_MS);
    await eventually(() => looks > before, { withinMs: 5_000, because: "the look is done, and the next one set" });
  }
}

test("a hello brings the trap online with all it says of itself, in the tables and live", async () => {
  const live = await cloud.follow(owner.token);
  const device = await connect({ session: 2 });
  await device.hello({ version: "1.2.3", state: "armed", batteryMv: 3_900, rssi: -70 });
  const told = await live.see("device", (data) => data.id === who.deviceId && data.online);
  const shown = await getDevice();
  assert.equal(told, shown);
  assert.equal(
    [shown.online, shown.firmwareVersion, shown.trapState, shown.batteryMv, shown.rssi, shown.bootId, shown.hardware],
    [true, "1.2.3", "armed", 3_900, -70, BOOT, "esp32-devkit"],
  );
  assert.equal(
    (await listSessions()).map(({ boot, session, reason }) => [boot, session, reason]),
    [[BOOT, 2, null]],
  );
  live.stop();
});

test("a cut connection is a will, a goodbye is one: each ends the session and is told live", async () => {
  const live = await cloud.follow(owner.token);
  const device = await connect({ session: 1 });
  await device.hello();
  device.cut();
  await live.see("device", (data) => data.id === who.deviceId && !data.online);
  const polite = await connect({ session: 2 });
  await polite.hello();
  polite.send({ cmd: "disconnect" });
  await eventually(async () => (await listSessions())[1]?.reason === "disconnected", {
    withinMs: 2_000,
    because: "the goodbye is kept",
  });
  assert.is((await listSessions())[0]?.reason, "will");
  assert.is((await getDevice()).online, false);
  live.stop();
});

test("a will of a session that is over does not overwrite the one that runs [PRES-1]", async () => {
  const first = await connect({ session: 1 });
  await first.hello();
  const second = await connect({ session: 2 });
  await second.hello();
  const live = await cloud.follow(owner.token);
  await second.say("will", encodeWill({ boot: BOOT, session: 1 }));
  assert.is((await getDevice()).online, true);
  assert.equal(
    (await listSessions()).map((one) => one.reason),
    ["superseded", null],
  );
  await second.event({ seq: 1, kind: "silenced" });
  await live.see("event");
  assert.equal(
    live.events.map((one) => one.type),
    ["ready", "event"],
  );
  live.stop();
});

test("a trap that reconnects before its old connection is missed is never told to be offline", async () => {
  const live = await cloud.follow(owner.token);
  for (const session of [1, 2, 3]) await (await connect({ session })).hello();
  await live.see("device", (data) => data.id === who.deviceId);
  assert.equal(
    live.events.filter((one) => one.type === "device" && one.data.id === who.deviceId && !one.data.online),
    [],
  );
  assert.equal(
    (await listSessions()).map((one) => one.reason),
    ["superseded", "superseded", null],
  );
  live.stop();
});

test("a hello that was overtaken on its way is written down as over, and changes nothing [PRES-1]", async () => {
  const device = await connect({ boot: "0000000200000001", session: 5 });
  await device.hello({ version: "2.0.0" });
  device.cut();
  await seeOnline(false, "its session is over");
  const late = await connect({ boot: "0000000200000001", session: 4 });
  await late.hello({ version: "1.0.0" });
  assert.is((await getDevice()).firmwareVersion, "2.0.0");
  assert.equal(
    (await listSessions()).map(({ session, reason }) => [session, reason]),
    [
      [4, "superseded"],
      [5, "will"],
    ],
  );
});

test("a trap whose flash was replaced counts anew, and is believed", async () => {
  const before = await connect({ boot: "0000004400000001", session: 9 });
  await before.hello();
  before.cut();
  await seeOnline(false, "the old flash is gone");
  clock.advance(1_000);
  const after = await connect({ boot: "0000000100000002", session: 1 });
  await after.hello();
  assert.is((await getDevice()).online, true);
  assert.is((await getDevice()).bootId, "0000000100000002");
});

test("silence longer than one and a half keep alives is offline; a ping is a sign of life", async () => {
  const device = await connect();
  await device.hello();
  const talking = who;
  who = await cloud.createDevice(owner);
  const other = await connect();
  await other.hello();
  for (let passed = 0; passed < 120_000; passed += 20_000) {
    device.send({ cmd: "pingreq" });
    await device.take("pingresp");
    await pass(20_000);
  }
  await seeOnline(false, "the silent one is missed");
  assert.equal(
    (await listSessions()).map((one) => one.reason),
    ["silent"],
  );
  who = talking;
  assert.is((await getDevice()).online, true);
  const [session] = await listSessions();
  assert.ok(clock.now().getTime() - (session?.heardAt.getTime() ?? 0) <= 30_000, "its pings are kept");
});

test("a trap that was missed and is heard again on the same connection is online again", async () => {
  const device = await connect();
  await device.hello();
  await pass(120_000);
  await seeOnline(false, "it is missed");
  device.send({ cmd: "pingreq" });
  await device.take("pingresp");
  await pass(20_000);
  await seeOnline(true, "it is heard");
  assert.equal(
    (await listSessions()).map((one) => one.reason),
    [null],
  );
});

test("a clock that jumps an hour makes nobody offline", async () => {
  const device = await connect();
  await device.hello();
  await pass(60_000);
  device.send({ cmd: "pingreq" });
  await device.take("pingresp");
  await pass(10_000);
  clock.advance(3_600_000 - LOOK_MS);
  await pass(LOOK_MS);
  assert.is((await getDevice()).online, true);
});

test("a connection that outlives its credentials is found by its signs of life, and ended", async () => {
  const device = await connect();
  await device.hello();
  await cloud.db.kysely
    .updateTable("devices")
    .set({ mqtt_username: "00000000-0000-4000-8000-000000000000" })
    .where("id", "=", who.deviceId)
    .execute();
  device.send({ cmd: "pingreq" });
  await device.take("pingresp");
  await pass(20_000);
  await device.closed;
});

test("a released trap is disconnected at once and hears nothing more [CLAIM-6]", async () => {
  const device = await connect();
  await device.subscribe();
  await device.hello();
  const released = await cloud.ask({ method: "POST", url: `/api/v1/devices/${who.deviceId}/release`, as: owner.token });
  assert.is(released.status, 204);
  await device.closed;
  assert.equal(
    (await listSessions()).map((one) => one.reason),
    ["released"],
  );
  const again = await connectDevice(cloud.mqttPort, who, { session: 2 });
  assert.is(again.connack.returnCode, 4);
});

test("a restarted cloud tells the truth: who comes back was never away, who does not is missed [PRES-2]", async () => {
  const staying = await connect();
  await staying.hello();
  const stayingWho = who;
  who = await cloud.createDevice(owner);
  const leaving = await connect();
  await leaving.hello();
  const leavingWho = who;
  await cloud.stopCloud();
  await Promise.all([staying.closed, leaving.closed]);
  clock.advance(120_000);
  await cloud.startCloud();
  const live = await cloud.follow(owner.token);
  who = stayingWho;
  assert.is((await getDevice()).online, true, "the cloud was away, not the trap");
  const back = await connect({ session: 2 });
  await back.hello();
  for (let passed = 0; passed < SILENT_MS + 20_000; passed += 20_000) {
    back.send({ cmd: "pingreq" });
    await back.take("pingresp");
    await pass(20_000);
  }
  assert.is((await getDevice()).online, true);
  who = leavingWho;
  await seeOnline(false, "who did not come back is missed");
  const missed = live.events.filter((one) => one.type === "device" && !one.data.online).map((one) => one.data.id);
  assert.is(missed.includes(leavingWho.deviceId), true);
  assert.is(missed.includes(stayingWho.deviceId), false);
  live.stop();
});
