// How a connection proves itself and is welcomed: the nonce, the hello, the counts; who is superseded by whom, who is waited for, and what
// leaves when [SEAL-1] [SEAL-2].
import * as assert from "uvu/assert";
import { type DownName, encodeEvent, encodeHello, parseTopic, splitSealed } from "#protocol";
import { UNPROVEN_MAX } from "../../../cloud/mqtt/connections.ts";
import { eventually } from "../../support/eventually.ts";
import { BOOT, connectDevice, eventOf, helloOf, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";
import { type BrokerFixture, connectProven, createGate, deviceAt, startBroker } from "./broker-fixture.ts";

const test = suite("mqtt proving");
let fixture: BrokerFixture;
test.before.each(async () => {
  fixture = await startBroker({ proveMs: 400 });
});
test.after.each(() => fixture.stop());

const own = deviceAt(0);
const hello = encodeHello(helloOf(BOOT, 1));
const event = encodeEvent({ ...eventOf(BOOT), seq: 1 });

const REFUSED: [name: string, say: (device: MqttDevice) => void][] = [
  ["an event before the hello", (device) => device.publish("event", event)],
  ["a hello without a seal", (device) => device.publishBytes("hello", hello)],
  ["a hello that is no record", (device) => device.publish("hello", "hello")],
  [
    "a hello of another session than the one it is sealed for",
    (device) => device.publish("hello", encodeHello(helloOf(BOOT, 2))),
  ],
  [
    "a hello that is not the first message by its count",
    (device) => {
      if (device.seal !== null) device.seal.said = 1;
      device.publish("hello", hello);
    },
  ],
  [
    "a hello sealed as another message",
    (device) => device.publishBytes("hello", device.seal?.close("event", hello) ?? ""),
  ],
];
for (const [name, say] of REFUSED) {
  test(`${name} ends the connection, unacknowledged, and is not taken`, async () => {
    const device = await connectDevice(fixture.port, own);
    say(device);
    await device.closed;
    assert.equal(device.inbox, []);
    assert.equal([fixture.taken, fixture.heard, fixture.ended], [[], [], []]);
    assert.equal(fixture.broker.refusals(), { unproven: 1 });
    assert.is(fixture.connections.find(own.credentialId), null);
  });
}

const LATER: [name: string, say: (device: MqttDevice) => void][] = [
  ["without a seal", (device) => device.publishBytes("event", event)],
  [
    "behind a gap",
    (device) => {
      device.seal?.close("event", event);
      device.publish("event", event);
    },
  ],
  ["sealed as another message", (device) => device.publishBytes("event", device.seal?.close("result", event) ?? "")],
  ["of another session, a second hello", (device) => device.publish("hello", encodeHello(helloOf(BOOT, 2)))],
];
for (const [name, say] of LATER) {
  test(`a message ${name} ends a proven connection as well, and its session with it`, async () => {
    const device = await connectProven(fixture, own);
    say(device);
    await device.closed;
    assert.equal(fixture.taken, []);
    await eventually(() => fixture.ended.length === 1, { withinMs: 1_000, because: "the session ends" });
    assert.equal(fixture.broker.refusals(), { unproven: 1 });
  });
}

test("a message said twice is taken once, and the second time ends the connection", async () => {
  const device = await connectProven(fixture, own);
  const payload = device.seal?.close("event", event) ?? "";
  device.publishBytes("event", payload);
  await device.take("puback");
  device.publishBytes("event", payload);
  await device.closed;
  assert.is(fixture.taken.length, 1);
});

test("whoever does not prove himself in time is cut off and counted; whoever has is left alone", async () => {
  const proven = await connectProven(fixture, own);
  const silent = await connectDevice(fixture.port, deviceAt(1));
  silent.send({ cmd: "pingreq" });
  await silent.closed;
  assert.equal(fixture.broker.refusals(), { unproven: 1 });
  assert.equal(
    fixture.heard.filter((one) => one.device.deviceId === deviceAt(1).deviceId),
    [],
  );
  await proven.event({ seq: 1 });
  proven.cut();
});

test("of those who have not proven themselves the newest few are kept, and none ends a proven one", async () => {
  const proven = await connectProven(fixture, own);
  const unproven: MqttDevice[] = [];
  for (let i = 0; i <= UNPROVEN_MAX; i++) unproven.push(await connectDevice(fixture.port, own));
  await unproven[0]?.closed;
  assert.equal(
    unproven.map((one) => one.isClosed()),
    unproven.map((_, index) => index === 0),
  );
  await proven.event({ seq: 1 });
  for (const one of [proven, ...unproven]) one.cut();
});

test("a hello that was late does not end the session after it [PRES-1]", async () => {
  const late = await connectDevice(fixture.port, own, { session: 4 });
  const current = await connectProven(fixture, own, { session: 5 });
  late.publish("hello", encodeHello(helloOf(BOOT, 4)));
  await late.closed;
  await current.event({ seq: 1 });
  assert.is(fixture.taken.length, 1);
  assert.equal(fixture.ended, []);
  current.cut();
});

test("what is said to a trap while its hello commits waits for the answers to it, and the counts arrive as they grow", async () => {
  const device = await connectDevice(fixture.port, own);
  await device.subscribe();
  const gate = createGate();
  fixture.setIngest(async () => {
    await gate.wait;
    return [
      { name: "welcome", value: { boot: BOOT, session: 1 } },
      { name: "ack", value: { boot: BOOT, seq: 7 } },
    ];
  });
  device.publish("hello", hello);
  await eventually(() => fixture.taken.length === 1, { withinMs: 1_000, because: "the hello is on its way" });
  const sent = fixture.link.send(own, { name: "command", value: { id: 1, command: "identify" } });
  device.send({ cmd: "pingreq" });
  await device.take("pingresp");
  assert.equal(device.inbox, []);
  gate.open();
  await sent;
  await device.take("puback");
  await Promise.all(
    [2, 3, 4].map((id) => fixture.link.send(own, { name: "command", value: { id, command: "identify" } })),
  );
  const told = await eventually(
    () => {
      const packets = device.inbox.flatMap((packet) => (packet.cmd === "publish" ? [packet] : []));
      return packets.length === 6 ? packets : null;
    },
    { withinMs: 1_000, because: "everything has arrived" },
  );
  const names = told.map((packet) => parseTopic(packet.topic)?.name as DownName);
  assert.equal(names, ["welcome", "ack", "command", "command", "command", "command"]);
  const counts = told.map((packet) => splitSealed(packet.payload.toString("latin1")));
  assert.equal(
    counts.map((split) => (split.ok ? split.count : 0)),
    [1, 2, 3, 4, 5, 6],
  );
  for (const name of names) if (name === "welcome" || name === "ack" || name === "command") await device.told(name);
  device.cut();
});

test("every connection has a nonce of its own, and gets it again when it asks again", async () => {
  const nonces: string[] = [];
  for (let i = 0; i < 3; i++) {
    const device = await connectDevice(fixture.port, own, { begun: false });
    const topic = `tenant/${own.tenantId}/device/${own.deviceId}/down/session`;
    for (const messageId of [1, 2]) {
      device.send({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos: 1 }] });
      await device.take("suback");
      nonces.push((await device.take("publish")).payload.toString());
    }
    device.cut();
  }
  assert.is(new Set(nonces).size, 3);
});
