// Telemetry of a crowd through a whole cloud: it is written together, however few messages may be under way at once, and what waits to be
// written when the cloud stops is written and acknowledged.
import * as assert from "uvu/assert";
import { encodeTelemetry } from "#protocol";
import { type Clock, createSimClock } from "../../../cloud/clock.ts";
import { GATHER_MS } from "../../../cloud/devices/telemetry-ingest.ts";
import { createTestCloud, type Owner, type TestCloud } from "../../support/cloud.ts";
import { eventually } from "../../support/eventually.ts";
import { BOOT, connectDevice, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";

const test = suite("telemetry of a crowd");
const CROWD = 40;
let cloud: TestCloud;
let owner: Owner;
const open: MqttDevice[] = [];

test.before(async () => {
  cloud = await createTestCloud({ limits: { broker: { atOnce: 1 } } });
  owner = await cloud.createOwner();
});
test.after.each(() => {
  for (const device of open.splice(0)) device.cut();
});
test.after(() => cloud.stop());

async function connect(): Promise<MqttDevice> {
  const device = await connectDevice(cloud.mqttPort, await cloud.createDevice(owner));
  open.push(device);
  await device.hello();
  return device;
}

const sayTelemetry = (device: MqttDevice, batteryMv: number) =>
  device.say(
    "telemetry",
    encodeTelemetry({
      boot: BOOT,
      uptimeMs: 61_000,
      state: "armed",
      batteryMv,
      rssi: -61,
      memFree: 1200,
      memTotal: 2500,
      falseTriggers: 0,
      outbox: 0,
      refusals: 0,
    }),
  );

/** Rows that were written in one transaction were changed at one moment. */
async function listWritten(batteryMv: number): Promise<Date[]> {
  const rows = await cloud.db.kysely
    .selectFrom("devices")
    .select("updated_at")
    .where("battery_mv", "=", batteryMv)
    .execute();
  return rows.map((row) => row.updated_at);
}

test("a crowd is acknowledged after few transactions, though one message at a time may be under way", async () => {
  const crowd: MqttDevice[] = [];
  for (let count = 0; count < CROWD; count += 1) crowd.push(await connect());
  await Promise.all(crowd.map((device) => sayTelemetry(device, 3_001)));
  const moments = await listWritten(3_001);
  assert.is(moments.length, CROWD);
  const transactions = new Set(moments.map((at) => at.getTime())).size;
  assert.ok(transactions <= CROWD / 4, `${transactions} transactions`);
});

test("what waits to be written when the cloud stops is written and acknowledged", async () => {
  // Time that never passes ends no waiting.
  const clock = createSimClock(new Date("2026-06-01T12:00:00Z"));
  let waiting = 0;
  const watched: Clock = {
    now: clock.now,
    setTimer(delayMs, fn) {
      if (delayMs === GATHER_MS) waiting += 1;
      return clock.setTimer(delayMs, fn);
    },
  };
  await cloud.stopCloud();
  await cloud.startCloud({ clock: watched });
  const said = sayTelemetry(await connect(), 3_002);
  await eventually(() => waiting > 0, { withinMs: 5_000, because: "the message waits for others" });
  assert.equal(await listWritten(3_002), []);
  await cloud.stopCloud();
  await said;
  assert.is((await listWritten(3_002)).length, 1);
});
