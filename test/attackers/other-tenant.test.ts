// Another tenant with a trap of their own, whose key is valid, and who has overheard everything of a neighbour's trap: what they prove is
// that they are who they are, and nothing else [TENANT-1] [SEAL-1].
import * as assert from "uvu/assert";
import { downTopics, encodeEvent, encodeHello, upTopic } from "#protocol";
import { createTestCloud, type Owner, type TestCloud } from "../support/cloud.ts";
import {
  BOOT,
  connectDevice,
  connectPacket,
  type DeviceCredentials,
  eventOf,
  helloOf,
  type MqttDevice,
} from "../support/mqtt.ts";
import { createSealEnd } from "../support/seals.ts";
import { suite } from "../support/suite.ts";

const test = suite("another tenant's trap", { limitMs: 60_000 });
let cloud: TestCloud;
let owner: Owner;
let victim: DeviceCredentials;
let thief: DeviceCredentials;
let device: MqttDevice;
test.before(async () => {
  cloud = await createTestCloud();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  owner = await cloud.createOwner();
  victim = await cloud.createDevice(owner);
  thief = await cloud.createDevice(await cloud.createOwner());
  device = await connectDevice(cloud.mqttPort, victim);
  await device.subscribe();
  await device.hello({ state: "armed" });
});
test.after.each(() => device.cut());

const unproven = () => cloud.refusals().unproven ?? 0;

async function assertUntouched(): Promise<void> {
  await device.event({ seq: 1, kind: "armed" });
  assert.equal(await device.told("ack"), { boot: BOOT, seq: 1 }, "it is still connected");
  const { events } = (await cloud.ask({ url: `/api/v1/devices/${victim.deviceId}/events`, as: owner.token })).json;
  assert.equal(
    events.map((one) => one.kind),
    ["armed"],
  );
  const found = (await cloud.ask({ url: `/api/v1/devices/${victim.deviceId}`, as: owner.token })).json.device;
  assert.equal([found.online, found.firmwareVersion, found.trapState], [true, "1.0.0", "armed"]);
}

test("on the victim's topics its own proof is worth nothing, however it is sealed", async () => {
  for (const seals of ["own", "victim's device id"] as const) {
    const attack = await connectDevice(cloud.mqttPort, thief);
    await attack.hello();
    const foreign = { key: thief.key ?? "", deviceId: victim.deviceId };
    const seal = seals === "own" ? attack.seal : createSealEnd("trap", foreign, { boot: BOOT, session: 1 }, "00");
    const payload = seal?.close("event", encodeEvent({ ...eventOf(BOOT), seq: 9 })) ?? "";
    const topic = upTopic(victim.tenantId, victim.deviceId, "event");
    attack.send({ cmd: "publish", topic, payload, qos: 1, messageId: 77, dup: false, retain: false });
    await attack.closed;
  }
  await assertUntouched();
});

test("with the victim's password it gets in, and its key opens nothing there", async () => {
  const before = unproven();
  const attack = await connectDevice(cloud.mqttPort, { ...victim, key: thief.key }, { will: false, session: 9 });
  assert.is(attack.connack.returnCode, 0);
  attack.publish("hello", encodeHello({ ...helloOf(BOOT, 9), version: "6.6.6" }));
  await attack.closed;
  const willing = await connectDevice(cloud.mqttPort, { ...victim, key: thief.key }, { session: 9 });
  assert.is(willing.connack.returnCode, 5, "its will neither");
  assert.is(unproven(), before + 2);
  await assertUntouched();
});

test("what the victim says, said again as its own, is refused: a seal names its connection", async () => {
  const before = unproven();
  const attack = await connectDevice(cloud.mqttPort, thief);
  await attack.hello();
  const overheard = device.seal?.close("event", encodeEvent({ ...eventOf(BOOT), seq: 1, kind: "sprung" })) ?? "";
  attack.publishBytes("event", overheard);
  await attack.closed;
  assert.is(unproven(), before + 1);
});

test("the victim's topics are closed to its ears, and its client id to its name", async () => {
  const attack = await connectDevice(cloud.mqttPort, thief);
  await attack.hello();
  for (const topic of downTopics(victim.tenantId, victim.deviceId)) {
    attack.send({ cmd: "subscribe", messageId: 5, subscriptions: [{ topic, qos: 1 }] });
    assert.equal((await attack.take("suback")).granted, [128]);
  }
  const named = await connectDevice(cloud.mqttPort, thief, { change: { clientId: connectPacket(victim).clientId } });
  assert.is(named.connack.returnCode, 2);
  attack.cut();
  await assertUntouched();
});

test("with the victim's key all of it is the victim's word", async () => {
  const attack = await connectDevice(cloud.mqttPort, victim, { session: 9 });
  await attack.hello({ version: "6.6.6" });
  await attack.event({ seq: 9 });
  await device.closed;
  const found = (await cloud.ask({ url: `/api/v1/devices/${victim.deviceId}`, as: owner.token })).json.device;
  assert.equal([found.firmwareVersion, found.trapState], ["6.6.6", "sprung"]);
  attack.cut();
});
