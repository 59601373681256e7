// What traps tell of themselves from time to time, gathered for a moment and written together: nothing is lost, nobody waits for nothing, and
// no trap pays for another.
import * as assert from "uvu/assert";
import type { Telemetry } from "#protocol";
import type { TraplineDatabase } from "../../../cloud/db/connection.ts";
import {
  BATCH_MAX,
  createTelemetryIngest,
  GATHER_MS,
  type TelemetryIngest,
} from "../../../cloud/devices/telemetry-ingest.ts";
import type { DeviceScope } from "../../../cloud/mqtt/device-door.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createGate, type Gate } from "../mqtt/broker-fixture.ts";
import { createClaimedTrap } from "./claimed.ts";
import { listNotices } from "./notices.ts";

const test = suite("telemetry");
const TELEMETRY: Telemetry = {
  boot: "00000001deadbeef",
  uptimeMs: 61_000,
  state: "armed",
  batteryMv: 2970,
  rssi: -61,
  memFree: 1200,
  memTotal: 2500,
  falseTriggers: 2,
  outbox: 0,
  refusals: 1,
};
/** More than the column takes; the contract lets no trap say it. */
const TOO_MUCH = 2 ** 40;
let rooms: Rooms;
let owner: Owner;
let telemetry: TelemetryIngest;
/** Statements of each transaction that was begun to write telemetry. */
let written: number[];
/** Set: what the database answers instead of working. */
let failure: Error | null;
/** Transactions that have been begun wait for it. */
let gate: Gate;

test.before(async () => {
  rooms = await createRooms();
  owner = await rooms.createOwner();
});
test.before.each(() => {
  written = [];
  failure = null;
  gate = createGate();
  gate.open();
  telemetry = createTelemetryIngest({ db: { ...rooms.db, system: watchSystem }, clock: rooms.clock });
});
test.after.each(() => telemetry.stop());
test.after(() => rooms.stop());

const watchSystem: TraplineDatabase["system"] = (fn) => {
  const place = written.push(0) - 1;
  if (failure !== null) return Promise.reject(failure);
  return rooms.db.system(async (trx) => {
    await gate.wait;
    const watched = trx.withPlugin({
      transformQuery({ node }) {
        written[place] = (written[place] ?? 0) + 1;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    return fn(watched);
  });
};

/** Say it and be acknowledged; time does not pass. */
const say = (scope: DeviceScope, changes: Partial<Telemetry> = {}) =>
  telemetry.take(scope, { name: "telemetry", value: { ...TELEMETRY, ...changes } }, rooms.clock.now());

const gather = () => rooms.clock.advance(GATHER_MS);

async function getDevice(id: string) {
  return (await rooms.ask({ url: `/api/v1/devices/${id}`, as: owner.token })).json.device;
}

let made = 0;

/** So many claimed traps of the owner, put into the table. */
async function createCrowd(count: number): Promise<DeviceScope[]> {
  const rows = Array.from({ length: count }, () => {
    made += 1;
    const credentialId = `crowd-${made}`;
    const serial = { serial_number: `TL-CROWD-${made}`, mac_address: `crowd-${made}` };
    return { tenant_id: owner.tenantId, name: "Loft", kind: "snap" as const, mqtt_username: credentialId, ...serial };
  });
  const inserted = await rooms.db.kysely
    .insertInto("devices")
    .values(rows)
    .returning(["id as deviceId", "tenant_id as tenantId", "mqtt_username as credentialId"])
    .execute();
  return inserted.map((row) => ({ ...row, credentialId: row.credentialId ?? "" }));
}

const listRows = (crowd: DeviceScope[]) =>
  rooms.db.kysely
    .selectFrom("devices")
    .select(["id", "battery_mv", "telemetry", "updated_at"])
    .where(
      "id",
      "in",
      crowd.map((one) => one.deviceId),
    )
    .execute();

test("telemetry is kept and told live to its tenant", async () => {
  const { id, scope } = await createClaimedTrap(rooms, owner);
  const saidAt = rooms.clock.now();
  const notices = await listNotices(rooms, () => {
    const said = say(scope);
    gather();
    return said;
  });
  const device = await getDevice(id);
  assert.equal([device.trapState, device.batteryMv, device.rssi], ["armed", 2970, -61]);
  const { boot: _boot, state: _state, batteryMv: _mv, rssi: _rssi, ...rest } = TELEMETRY;
  assert.equal(device.telemetry, rest);
  assert.is(device.lastSeen, saidAt.toISOString());
  assert.equal(notices, [{ tenantId: owner.tenantId, type: "device", data: device }]);
});

test("a crowd of 500 traps is written in one statement, and each of them is told live", async () => {
  const crowd = await createCrowd(500);
  const notices = await listNotices(rooms, async () => {
    const said = crowd.map((scope, index) => say(scope, { batteryMv: 2_000 + index }));
    gather();
    await Promise.all(said);
  });
  assert.equal(written, [2], "one for the traps, one for the notices");
  const rows = new Map((await listRows(crowd)).map((row) => [row.id, row.battery_mv]));
  assert.equal(
    crowd.map((one) => rows.get(one.deviceId)),
    crowd.map((_one, index) => 2_000 + index),
  );
  assert.equal(new Set(notices.map((one) => one.data.id)), new Set(crowd.map((one) => one.deviceId)));
});

test("nobody is acknowledged before the moment is over and the transaction has committed [ALERT-1]", async () => {
  const [scope] = await createCrowd(1);
  assert.ok(scope);
  gate = createGate();
  let isAcknowledged = false;
  const said = say(scope).then(() => {
    isAcknowledged = true;
  });
  rooms.clock.advance(GATHER_MS - 1);
  assert.equal(written, []);
  rooms.clock.advance(1);
  assert.is(written.length, 1);
  assert.is(isAcknowledged, false);
  gate.open();
  await said;
  assert.is((await listRows([scope]))[0]?.battery_mv, 2970);
});

test("of what one trap tells twice the last word counts, in one batch and in two", async () => {
  const [one, other] = await createCrowd(2);
  assert.ok(one && other);
  const first = [say(one, { batteryMv: 1 }), say(other, { batteryMv: 10 }), say(one, { batteryMv: 2 })];
  gather();
  await Promise.all(first);
  assert.equal(written, [2]);
  assert.equal(new Set((await listRows([one, other])).map((row) => row.battery_mv)), new Set([2, 10]));
  const second = [say(one, { batteryMv: 3 })];
  gather();
  second.push(say(one, { batteryMv: 4 }));
  await second[0];
  gather();
  await Promise.all(second);
  assert.is((await listRows([one]))[0]?.battery_mv, 4);
});

test("what comes while a batch is being written is the next one, and more than a batch holds is written at once", async () => {
  const crowd = await createCrowd(BATCH_MAX + 20);
  gate = createGate();
  const said = crowd.slice(0, BATCH_MAX).map((scope) => say(scope));
  assert.is(written.length, 1, "a full batch waits for nobody");
  said.push(...crowd.slice(BATCH_MAX).map((scope) => say(scope)));
  gather();
  assert.is(written.length, 1, "and the next one waits for it");
  gate.open();
  await Promise.all(said);
  assert.equal(written, [2, 2]);
});

test("a released trap in a batch changes nothing, is told to nobody and is no error; the others are kept", async () => {
  const [released, kept] = await createCrowd(2);
  assert.ok(released && kept);
  await rooms.ask({ method: "POST", url: `/api/v1/devices/${released.deviceId}/release`, as: owner.token });
  const notices = await listNotices(rooms, async () => {
    const said = [say(released), say(kept)];
    gather();
    assert.equal(await Promise.all(said), [[], []]);
  });
  assert.equal(
    notices.map((one) => one.data.id),
    [kept.deviceId],
  );
  assert.is((await listRows([released]))[0]?.telemetry, null);
});

test("a scope that mixes one tenant with another's trap reaches nothing [TENANT-2]", async () => {
  const [scope] = await createCrowd(1);
  assert.ok(scope);
  const said = say({ ...scope, tenantId: (await rooms.createOwner()).tenantId });
  gather();
  await said;
  assert.is((await listRows([scope]))[0]?.telemetry, null);
});

test("a value that cannot be stored costs its own trap alone", async () => {
  const crowd = await createCrowd(9);
  const said = crowd.map((scope, index) => say(scope, index === 5 ? { batteryMv: TOO_MUCH } : {}));
  gather();
  const outcomes = await Promise.allSettled(said);
  assert.equal(
    outcomes.map((one) => one.status),
    crowd.map((_one, index) => (index === 5 ? "rejected" : "fulfilled")),
  );
  assert.is((await listRows(crowd)).filter((row) => row.battery_mv === 2970).length, 8);
});

test("a database that is away costs the whole batch, once, and nobody is acknowledged", async () => {
  failure = Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
  const crowd = await createCrowd(3);
  const said = crowd.map((scope) => getRejection(say(scope)));
  gather();
  assert.equal(await Promise.all(said), [failure, failure, failure]);
  assert.is(written.length, 1);
  failure = null;
  const again = crowd.map((scope) => say(scope));
  gather();
  await Promise.all(again);
  assert.equal(written, [0, 2]);
});

test("stopping writes what waits without waiting for more, and what still comes at once", async () => {
  const [one, other] = await createCrowd(2);
  assert.ok(one && other);
  const said = say(one);
  await telemetry.stop();
  await said;
  await say(other);
  assert.equal(
    (await listRows([one, other])).map((row) => row.battery_mv),
    [2970, 2970],
  );
  assert.equal(written, [2, 2]);
});
