// The promise on which everything rests, with a real database behind a real broker: nothing is acknowledged before its transaction has
// committed [ALERT-1]. A variant that acknowledges early is put to the same test, which must catch it.
import pg from "pg";
import * as assert from "uvu/assert";
import { encodeEvent } from "#protocol";
import { applyEventToAlerts } from "../../../cloud/alerts/queries/apply-event-to-alerts.ts";
import { notifyDevice } from "../../../cloud/devices/queries/notify-device.ts";
import { createEventIngest } from "../../../cloud/events/events-ingest.ts";
import type { Ingest } from "../../../cloud/mqtt/device-door.ts";
import { eventually } from "../../support/eventually.ts";
import { BOOT, eventOf } from "../../support/mqtt.ts";
import { createTestDatabase, cutSessions, type TestDatabase } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import {
  type BrokerFixture,
  connectProven,
  createGate,
  DEVICES,
  deviceAt,
  startBroker,
} from "../mqtt/broker-fixture.ts";

const test = suite("commit before acknowledgement");
let database: TestDatabase;
let fixture: BrokerFixture;
let committing: Ingest;
const own = deviceAt(0);
let sequence = 0;

test.before(async () => {
  database = await createTestDatabase();
  for (const [index, device] of DEVICES.entries()) {
    await database.db.kysely
      .insertInto("tenants")
      .values({ id: device.tenantId, name: "T", slug: device.tenantId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await database.db.kysely
      .insertInto("devices")
      .values({
        id: device.deviceId,
        tenant_id: device.tenantId,
        name: "Trap",
        kind: "snap",
        mac_address: `24:0a:c4:00:00:0${index}`,
        mqtt_username: device.credentialId,
      })
      .execute();
  }
  const events = createEventIngest({ db: database.db, applyToAlerts: applyEventToAlerts, notifyDevice });
  committing = async (device, message, at) => (message.name === "event" ? events(device, message, at) : []);
});
test.after(() => database.stop());
test.before.each(async () => {
  fixture = await startBroker({ commitMs: 2_000 });
});
test.after.each(() => fixture.stop());

async function countEvents(): Promise<number> {
  const row = await database.db.kysely
    .selectFrom("device_events")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

async function countWaiting(): Promise<number> {
  const row = await database.db.kysely
    .selectFrom((eb) => eb.fn<{ granted: boolean }>("pg_lock_status", []).as("locks"))
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("granted", "=", false)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Holds the trap's row while an event comes in, and looks at what the trap is told meanwhile and afterwards. */
async function checkAcknowledgedAfterCommit(ingest: Ingest): Promise<void> {
  fixture.setIngest(ingest);
  const device = await connectProven(fixture, own);
  await device.subscribe();
  const before = await countEvents();
  sequence += 1;
  const held = createGate();
  const locked = createGate();
  const holding = database.db.system(async (trx) => {
    await trx.selectFrom("devices").select("id").where("id", "=", own.deviceId).forUpdate().execute();
    locked.open();
    await held.wait;
  });
  try {
    await locked.wait;
    device.publish("event", encodeEvent({ ...eventOf(BOOT), seq: sequence }));
    await eventually(async () => (await countWaiting()) > 0, { withinMs: 1_000, because: "the transaction waits" });
    device.send({ cmd: "pingreq" });
    await device.take("pingresp");
    assert.equal(
      device.inbox.map((packet) => packet.cmd),
      [],
      "nothing is said before the commit",
    );
    assert.is(await countEvents(), before);
  } finally {
    held.open();
    await holding;
  }
  await device.take("puback");
  assert.is(await countEvents(), before + 1, "when the PUBACK arrives, the event is kept");
  assert.equal(await device.told("ack"), { boot: BOOT, seq: sequence });
  device.cut();
}

test("neither ack nor PUBACK leaves before the event's transaction has committed [ALERT-1]", async () => {
  await checkAcknowledgedAfterCommit(committing);
});

test("a cloud that acknowledged early would be caught by that test", async () => {
  let underWay: Promise<unknown> = Promise.resolve();
  const early: Ingest = async (device, message, at) => {
    underWay = committing(device, message, at);
    return [{ name: "ack", value: { boot: BOOT, seq: sequence } }];
  };
  const caught = await getRejection(checkAcknowledgedAfterCommit(early));
  assert.match(String(caught), /nothing is said before the commit/);
  await underWay;
});

test("a transaction that fails at its very commit is not acknowledged, and a repeat is welcome", async () => {
  await runScript(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_events AFTER INSERT ON device_events
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();`);
  fixture.setIngest(committing);
  const device = await connectProven(fixture, own);
  await device.subscribe();
  const before = await countEvents();
  sequence += 1;
  const payload = encodeEvent({ ...eventOf(BOOT), seq: sequence });
  device.publish("event", payload);
  await device.closed;
  assert.equal(
    device.inbox.map((packet) => packet.cmd),
    [],
  );
  assert.is(await countEvents(), before);
  await runScript("DROP TRIGGER refuse_events ON device_events; DROP FUNCTION refuse();");
  const again = await connectProven(fixture, own);
  await again.say("event", payload);
  assert.is(await countEvents(), before + 1);
  again.cut();
});

test("a repeat is one row, and is acknowledged each time [EVENT-1]", async () => {
  fixture.setIngest(committing);
  sequence += 1;
  const payload = encodeEvent({ ...eventOf(BOOT), seq: sequence });
  const before = await countEvents();
  for (const _ of [1, 2, 3]) {
    const device = await connectProven(fixture, own);
    await device.subscribe();
    await device.say("event", payload);
    assert.equal(await device.told("ack"), { boot: BOOT, seq: sequence });
    device.cut();
  }
  assert.is(await countEvents(), before + 1);
});

test("while the database is away nothing is acknowledged; when it is back everything goes on by itself", async () => {
  fixture.setIngest(committing);
  const device = await connectProven(fixture, own);
  sequence += 1;
  const payload = encodeEvent({ ...eventOf(BOOT), seq: sequence });
  const locked = createGate();
  const holding = database.db.system(async (trx) => {
    await trx.selectFrom("devices").select("id").where("id", "=", own.deviceId).forUpdate().execute();
    locked.open();
    await eventually(async () => (await countWaiting()) > 0, { withinMs: 1_000, because: "the event waits" });
    assert.ok((await cutSessions(database, "trapline-ingest")) > 0);
  });
  await locked.wait;
  device.publish("event", payload);
  await holding;
  await device.closed;
  assert.is(device.inbox.filter((packet) => packet.cmd === "puback").length, 0);
  const again = await connectProven(fixture, own);
  await again.say("event", payload);
  again.cut();
});

async function runScript(script: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(script);
  await client.end();
}
