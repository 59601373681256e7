// Nothing is acknowledged before its commit, PUBACKs keep the order of their messages, and what is not kept is not acknowledged.
import * as assert from "uvu/assert";
import { encodeEvent } from "#protocol";
import { eventually } from "../../support/eventually.ts";
import { BOOT, eventOf, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";
import { type BrokerFixture, connectProven, createGate, deviceAt, startBroker } from "./broker-fixture.ts";

const test = suite("mqtt acknowledgement");
let fixture: BrokerFixture;
test.before.each(async () => {
  fixture = await startBroker({ commitMs: 300, waitMs: 300, atOnce: 2 });
});
test.after.each(() => fixture.stop());

const event = (seq: number) => encodeEvent({ ...eventOf(BOOT), seq });

/** A round trip on the same connection: whatever was due before it has arrived. */
async function settle(device: MqttDevice): Promise<void> {
  device.send({ cmd: "pingreq" });
  await device.take("pingresp");
}

test("no PUBACK and no ack before the commit, both after it [ALERT-1]", async () => {
  const device = await connectProven(fixture, deviceAt(0));
  await device.subscribe();
  const gate = createGate();
  fixture.setIngest(async () => {
    await gate.wait;
    return [{ name: "ack", value: { boot: BOOT, seq: 1 } }];
  });
  device.publish("event", event(1));
  await eventually(() => fixture.taken.length === 1, { withinMs: 1_000, because: "the ingest has begun" });
  await settle(device);
  assert.equal(device.inbox, []);
  gate.open();
  await eventually(() => device.inbox.length === 2, { withinMs: 1_000, because: "ack and PUBACK arrive" });
  assert.equal(
    device.inbox.map((packet) => packet.cmd),
    ["publish", "puback"],
    "the ack leaves first: a trap that has its PUBACK has its ack",
  );
  device.cut();
});

test("messages of one connection are taken one after the other, and their PUBACKs keep the order", async () => {
  const device = await connectProven(fixture, deviceAt(0));
  const gates = [createGate(), createGate(), createGate()];
  let underWay = 0;
  let underWayMax = 0;
  fixture.setIngest(async (_device, message) => {
    underWay += 1;
    underWayMax = Math.max(underWayMax, underWay);
    if (message.name === "event") await gates[message.value.seq - 1]?.wait;
    underWay -= 1;
    return [];
  });
  const ids = [1, 2, 3].map((seq) => device.publish("event", event(seq)));
  for (const gate of [...gates].reverse()) gate.open();
  await eventually(() => device.inbox.length === 3, { withinMs: 1_000, because: "three PUBACKs arrive" });
  assert.equal(
    device.inbox.map((packet) => packet.messageId),
    ids,
  );
  assert.is(underWayMax, 1);
  device.cut();
});

test("an ingest that fails is not acknowledged, ends the connection, and what came behind it is not taken", async () => {
  const device = await connectProven(fixture, deviceAt(0));
  const gate = createGate();
  fixture.setIngest(async () => {
    await gate.wait;
    return [];
  });
  device.publish("event", event(1));
  device.publish("event", event(2));
  await eventually(() => fixture.taken.length === 1, { withinMs: 1_000, because: "the first has begun" });
  gate.fail(new Error("the database is gone"));
  await device.closed;
  assert.is(device.inbox.filter((packet) => packet.cmd === "puback").length, 0);
  assert.is(fixture.taken.length, 1);
});

test("a commit that does not come in time is not acknowledged, and its place is not given away meanwhile", async () => {
  const stuck = createGate();
  fixture.setIngest(async (scope, message) => {
    if (message.name === "event" && scope.deviceId !== deviceAt(2).deviceId) await stuck.wait;
    return [];
  });
  const two = await Promise.all([0, 1].map((number) => connectProven(fixture, deviceAt(number))));
  const third = await connectProven(fixture, deviceAt(2));
  for (const device of two) device.publish("event", event(1));
  await eventually(() => fixture.taken.length === 2, { withinMs: 1_000, because: "both turns are taken" });
  third.publish("event", event(1));
  await Promise.all([...two, third].map((device) => device.closed));
  assert.is(fixture.taken.length, 2, "the third never had its turn");
  stuck.open();
  const again = await connectProven(fixture, deviceAt(2));
  await again.say("event", event(1));
  again.cut();
});

test("a stop lets what is under way commit and be acknowledged, and ends no session", async () => {
  const device = await connectProven(fixture, deviceAt(0));
  const gate = createGate();
  fixture.setIngest(async () => {
    await gate.wait;
    return [];
  });
  const id = device.publish("event", event(1));
  await eventually(() => fixture.taken.length === 1, { withinMs: 1_000, because: "the event is under way" });
  const stopped = fixture.stop();
  gate.open();
  await stopped;
  await device.closed;
  assert.is((await device.take("puback")).messageId, id);
  assert.equal(fixture.ended, []);
  fixture = await startBroker();
});
