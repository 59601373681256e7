// The walls between devices and tenants, at every door of the broker: CONNECT, will, PUBLISH, SUBSCRIBE, forward, takeover, revocation.
import type { IConnectPacket } from "mqtt-packet";
import * as assert from "uvu/assert";
import { downTopics, encodeWill, UP_NAMES, upTopic } from "#protocol";
import { eventually } from "../../support/eventually.ts";
import { BOOT, connectDevice, connectPacket, type DeviceCredentials, openMqtt, willOf } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";
import { type BrokerFixture, connectProven, createGate, deviceAt, knownOf, startBroker } from "./broker-fixture.ts";

const test = suite("mqtt walls");
let fixture: BrokerFixture;
test.before.each(async () => {
  fixture = await startBroker({ lookUpMs: 300, commitMs: 300 });
});
test.after.each(() => fixture.stop());

const own = deviceAt(0);
const neighbour = deviceAt(1);
const stranger = deviceAt(2);
const payload = encodeWill({ boot: BOOT, session: 1 });
const GRANTED = [1, 1, 1, 1, 1];

async function isAlive(device: Awaited<ReturnType<typeof connectDevice>>): Promise<boolean> {
  device.send({ cmd: "pingreq" });
  return (await device.take("pingresp")).cmd === "pingresp";
}

const refusedConnects: [name: string, change: Partial<IConnectPacket>, code: number, reason: string][] = [
  ["a wrong password", { password: Buffer.from("wrong") }, 4, "credentials"],
  ["no password", { password: undefined }, 4, "credentials"],
  ["a user name that is no UUID", { username: "admin", clientId: "admin" }, 4, "credentials"],
  ["another's client id", { clientId: stranger.credentialId }, 2, "client-id"],
  ["a keep alive longer than the contract's", { keepalive: 31 }, 2, "keep-alive"],
  ["no keep alive", { keepalive: 0 }, 2, "keep-alive"],
  ["MQTT 3.1", { protocolId: "MQIsdp", protocolVersion: 3, clientId: "short" }, 5, "protocol-version"],
  ["a will of a neighbour", { will: willOf(neighbour, BOOT, 1) }, 5, "foreign-will"],
  ["a will of another tenant's device", { will: willOf(stranger, BOOT, 1) }, 5, "foreign-will"],
  [
    "a will on an own topic that is not the will's",
    will({ topic: upTopic(own.tenantId, own.deviceId, "event") }),
    5,
    "foreign-will",
  ],
  ["a will that is to be kept", will({ retain: true }), 5, "retained"],
  ["a will that says nothing", will({ payload: Buffer.from("gone") }), 5, "malformed-will"],
  ["a will without a seal", will({ payload: Buffer.from(payload) }), 5, "malformed-will"],
  [
    "a will that another key has sealed",
    { will: willOf({ ...own, key: neighbour.key ?? "" }, BOOT, 1) },
    5,
    "unproven",
  ],
  [
    "a will whose seal is another session's",
    will({ payload: Buffer.from(willOf(own, BOOT, 1).payload.toString().replace('"session":1', '"session":2')) }),
    5,
    "unproven",
  ],
];
function will(change: Partial<NonNullable<IConnectPacket["will"]>>): Partial<IConnectPacket> {
  return { will: { ...willOf(own, BOOT, 1), ...change } };
}
for (const [name, change, code, reason] of refusedConnects) {
  test(`CONNECT with ${name} is refused with ${code}, and counted`, async () => {
    const raw = await openMqtt(fixture.port);
    raw.send({ ...connectPacket(own), ...change });
    assert.is((await raw.take("connack")).returnCode, code);
    await raw.closed;
    assert.equal(fixture.broker.refusals(), { [reason]: 1 });
    assert.is(fixture.connections.find(own.credentialId), null);
  });
}

test("MQTT 5 is told that its version is not spoken here", async () => {
  const raw = await openMqtt(fixture.port);
  raw.send({ ...connectPacket(own), protocolVersion: 5 });
  assert.is((await raw.take("connack")).returnCode, 1);
  await raw.closed;
});

test("credentials that cannot be looked up are not called wrong", async () => {
  fixture.setAuthenticate(() => Promise.reject(new Error("no database")));
  const failed = await connectDevice(fixture.port, own);
  assert.is(failed.connack.returnCode, 3);
  fixture.setAuthenticate(() => createGate().wait.then(() => null));
  const stuck = await connectDevice(fixture.port, own);
  assert.is(stuck.connack.returnCode, 3);
  await Promise.all([failed.closed, stuck.closed]);
});

test("a session is always clean, whatever the client wishes", async () => {
  const first = await connectDevice(fixture.port, own, { change: { clean: false } });
  await first.subscribe();
  first.cut();
  await eventually(() => fixture.connections.find(own.credentialId) === null, {
    withinMs: 1_000,
    because: "it is gone",
  });
  await fixture.link.send(own, { name: "ack", value: { boot: BOOT, seq: 1 } });
  const second = await connectDevice(fixture.port, own, { change: { clean: false } });
  assert.is(second.connack.sessionPresent, false);
  assert.ok(await isAlive(second));
  assert.equal(second.inbox, []);
  second.cut();
});

/** What a device might wish to hear of, seen from device `who`. */
function filtersAround(who: DeviceCredentials): string[] {
  const strangers = [own, neighbour, stranger, deviceAt(3)].filter((one) => one !== who);
  const base = `tenant/${who.tenantId}/device/${who.deviceId}`;
  const wild = [
    "#",
    "+",
    "/#",
    "+/#",
    "+/+",
    "+/+/+/+/+/+",
    "$SYS/#",
    "$SYS/+/new/clients",
    "$share/g/#",
    `$share/g/${base}/#`,
  ];
  const around = [
    `${base}/#`,
    `${base}/+/+`,
    `${base}/down/#`,
    `${base}/down/+`,
    `${base}/down`,
    `${base}/down/ack/#`,
    `${base}/down/other`,
    `${base}/DOWN/ack`,
    `/${base}/down/ack`,
    `tenant/${who.tenantId}/device/+/down/ack`,
    `tenant/+/device/${who.deviceId}/down/ack`,
    `tenant/${who.tenantId}/#`,
    "tenant/#",
    ...UP_NAMES.map((name) => upTopic(who.tenantId, who.deviceId, name)),
  ];
  const foreign = strangers.flatMap((one) => [
    ...downTopics(one.tenantId, one.deviceId),
    `tenant/${one.tenantId}/device/${one.deviceId}/#`,
    upTopic(one.tenantId, one.deviceId, "event"),
    upTopic(one.tenantId, one.deviceId, "will"),
    upTopic(one.tenantId, one.deviceId, "result"),
    `tenant/${who.tenantId}/device/${one.deviceId}/down/command`,
    `tenant/${one.tenantId}/device/${who.deviceId}/down/command`,
  ]);
  return [...wild, ...around, ...foreign].filter((one) => !downTopics(who.tenantId, who.deviceId).includes(one));
}

for (const who of [own, stranger]) {
  test(`a device of tenant ${who.tenantId.slice(-1)} hears nothing by any foreign filter [TENANT-1]`, async () => {
    const device = await connectDevice(fixture.port, who);
    const others = [own, neighbour, stranger, deviceAt(3)].filter((one) => one !== who);
    const talking = await Promise.all(others.map((one) => connectProven(fixture, one)));
    for (const one of talking) await one.subscribe();
    const filters = filtersAround(who);
    assert.ok(filters.length >= 58, `${filters.length} filters`);
    for (const [index, topic] of filters.entries()) {
      device.send({ cmd: "subscribe", messageId: index + 1, subscriptions: [{ topic, qos: 1 }] });
      const { granted } = await device.take("suback");
      assert.equal(granted, [128], topic);
    }
    assert.is(fixture.broker.refusals()["foreign-filter"], filters.length);
    for (const [index, one] of others.entries()) {
      await fixture.link.send(one, { name: "command", value: { id: 7, command: "identify" } });
      await talking[index]?.hello();
    }
    assert.ok(await isAlive(device));
    assert.equal(device.inbox, []);
    for (const one of [device, ...talking]) one.cut();
  });
}

for (const filter of ["", "abc#", "#/a", "ab/c+/d", "a/".repeat(120)]) {
  test(`SUBSCRIBE to "${filter.slice(0, 8)}", which is no filter, ends the connection`, async () => {
    const device = await connectDevice(fixture.port, own);
    device.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] });
    await device.closed;
    assert.equal(device.inbox, []);
  });
}

test("one foreign filter refuses the whole SUBSCRIBE, and nothing of it is in force afterwards [TENANT-1]", async () => {
  const device = await connectProven(fixture, own, { change: { clean: false } });
  const topics = [
    ...downTopics(own.tenantId, own.deviceId),
    ...downTopics(stranger.tenantId, stranger.deviceId).slice(0, 1),
  ];
  device.send({ cmd: "subscribe", messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) });
  assert.equal(
    (await device.take("suback")).granted,
    topics.map(() => 128),
  );
  await fixture.link.send(own, { name: "ack", value: { boot: BOOT, seq: 1 } });
  await fixture.link.send(stranger, { name: "ack", value: { boot: BOOT, seq: 1 } });
  assert.ok(await isAlive(device));
  assert.equal(device.inbox, []);
  assert.equal(await device.subscribe(), GRANTED);
  await fixture.link.send(own, { name: "ack", value: { boot: BOOT, seq: 2 } });
  assert.equal(await device.told("ack"), { boot: BOOT, seq: 2 });
  device.cut();
});

const foreignPublishes: [name: string, topic: string, change: object, reason: string][] = [
  ["a neighbour's topic", upTopic(neighbour.tenantId, neighbour.deviceId, "will"), {}, "foreign-topic"],
  ["another tenant's topic", upTopic(stranger.tenantId, stranger.deviceId, "will"), {}, "foreign-topic"],
  ["its own device under another tenant", upTopic(stranger.tenantId, own.deviceId, "will"), {}, "foreign-topic"],
  ["its own down topic", downTopics(own.tenantId, own.deviceId)[0] ?? "", {}, "foreign-topic"],
  ["an unknown topic", `tenant/${own.tenantId}/device/${own.deviceId}/up/other`, {}, "unknown-topic"],
  ["$SYS", "$SYS/x/heartbeat", {}, "unknown-topic"],
  ["a topic of 120 levels", "a/".repeat(60), {}, "unknown-topic"],
  ["a message that is to be kept", upTopic(own.tenantId, own.deviceId, "will"), { retain: true }, "retained"],
  ["a message of QoS 2", upTopic(own.tenantId, own.deviceId, "will"), { qos: 2 }, "qos-2"],
];
for (const [name, topic, change, reason] of foreignPublishes) {
  test(`PUBLISH of ${name} ends the connection, unacknowledged and counted [TENANT-1]`, async () => {
    const device = await connectDevice(fixture.port, own);
    device.send({ cmd: "publish", topic, payload, qos: 1, messageId: 5, dup: false, retain: false, ...change });
    await device.closed;
    assert.equal(device.inbox, []);
    assert.equal(fixture.taken, []);
    assert.equal(fixture.broker.refusals(), { [reason]: 1 });
  });
}

test("a device keeps its connection when somebody else connects in its name without its password", async () => {
  const victim = await connectDevice(fixture.port, own);
  await victim.subscribe();
  for (const change of [
    { password: Buffer.from("guess") },
    { username: stranger.credentialId, password: Buffer.from(stranger.password) },
  ]) {
    const thief = await openMqtt(fixture.port);
    thief.send({ ...connectPacket(own), ...change });
    assert.ok([2, 4].includes((await thief.take("connack")).returnCode ?? 0));
    await thief.closed;
  }
  assert.ok(await isAlive(victim));
  victim.cut();
});

test("a device that connects anew takes over when it has proven itself, and the session before is not told to be over [SEAL-2]", async () => {
  const first = await connectDevice(fixture.port, own, { session: 1 });
  await first.subscribe();
  await first.hello();
  const second = await connectDevice(fixture.port, own, { session: 2 });
  await second.subscribe();
  assert.ok(await isAlive(first), "until the other has proven itself");
  await second.hello();
  await first.closed;
  await fixture.link.send(own, { name: "ack", value: { boot: BOOT, seq: 3 } });
  assert.equal(await second.told("ack"), { boot: BOOT, seq: 3 });
  assert.equal(fixture.ended, []);
  second.cut();
  await eventually(() => fixture.ended.length === 1, { withinMs: 1_000, because: "the second session ends" });
  assert.equal(fixture.ended[0]?.session, { boot: BOOT, session: 2 });
  assert.is(fixture.ended[0]?.reason, "will");
});

test("twenty connections of one device at once leave the one that proved itself last, which works", async () => {
  const many = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const device = await connectDevice(fixture.port, own).catch(() => null); // too many at once: the newest are left
      await device?.hello().catch(() => device.cut());
      return device;
    }),
  ).then((all) => all.filter((one) => one !== null));
  const left = await eventually(
    () => {
      const open = many.filter((one) => !one.isClosed());
      return open.length === 1 ? open : null;
    },
    { withinMs: 3_000, because: "one is left" },
  );
  const last = left[0];
  assert.equal(await last?.subscribe(), GRANTED);
  await fixture.link.send(own, { name: "ack", value: { boot: BOOT, seq: 1 } });
  assert.equal(await last?.told("ack"), { boot: BOOT, seq: 1 });
  last?.cut();
});

test("a device whose credentials are revoked is cut off at once: nothing is taken from it or told to it [CLAIM-6]", async () => {
  const device = await connectDevice(fixture.port, own);
  await device.subscribe();
  await device.hello();
  fixture.link.disconnect(own);
  const sent = fixture.link.send(own, { name: "command", value: { id: 1, command: "identify" } });
  device.publish("will", payload);
  await Promise.all([sent, device.closed]);
  assert.equal(device.inbox, []);
  assert.is(fixture.taken.length, 1, "the hello before, and nothing after");
  assert.equal(fixture.ended, [], "whoever revoked has ended the session");
});

test("credentials that are revoked while they are looked up do not get in", async () => {
  const gate = createGate();
  fixture.setAuthenticate(async () => {
    await gate.wait;
    return knownOf(own);
  });
  const raw = await openMqtt(fixture.port);
  raw.send(connectPacket(own));
  await eventually(() => fixture.connections.list().some((one) => one.connect !== null), {
    withinMs: 1_000,
    because: "the look-up has begun",
  });
  fixture.link.disconnect(own);
  gate.open();
  await raw.closed;
  assert.is(fixture.connections.find(own.credentialId), null);
});

test("a goodbye is told as one, a cut as a will, and neither without a hello", async () => {
  const polite = await connectDevice(fixture.port, own, { session: 4 });
  await polite.hello();
  polite.send({ cmd: "disconnect" });
  await eventually(() => fixture.ended.length === 1, { withinMs: 1_000, because: "the goodbye is told" });
  assert.equal(fixture.ended[0]?.reason, "disconnected");
  const silent = await connectDevice(fixture.port, own, { session: 5, will: false });
  silent.cut();
  const cut = await connectDevice(fixture.port, own, { session: 6, will: false });
  await cut.hello();
  cut.cut();
  await eventually(() => fixture.ended.length === 2, { withinMs: 1_000, because: "the cut is told" });
  assert.equal(fixture.ended[1], {
    device: fixture.taken[0]?.device,
    session: { boot: BOOT, session: 6 },
    reason: "will",
  });
});
