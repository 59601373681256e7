// Claimed traps over HTTP: seen, commanded, configured, released.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { type ClaimedTrap, createClaimedTrap, SETTINGS } from "./claimed.ts";

const test = suite("devices");
let rooms: Rooms;
let owner: Owner;
let claimed: ClaimedTrap;

test.before(async () => {
  rooms = await createRooms();
});
test.before.each(async () => {
  owner = await rooms.createOwner();
  claimed = await createClaimedTrap(rooms, owner);
  rooms.link.sent.length = 0;
  rooms.link.disconnected.length = 0;
});
test.after(() => rooms.stop());

const get = (path = "") => rooms.ask({ url: `/api/v1/devices${path}`, as: owner.token });
const post = (path: string, body?: object) =>
  rooms.ask({ method: "POST", url: `/api/v1/devices/${claimed.id}/${path}`, as: owner.token, body });
const configure = (body: object) =>
  rooms.ask({ method: "PUT", url: `/api/v1/devices/${claimed.id}/config`, as: owner.token, body });

test("the list shows the tenant's traps and nobody else's", async () => {
  const other = await rooms.createOwner();
  await createClaimedTrap(rooms, other);
  const answer = await get();
  assert.is(answer.status, 200);
  assert.equal(
    answer.json.devices.map((one: { id: string }) => one.id),
    [claimed.id],
  );
});

test("a trap that has not spoken yet is shown with what is known", async () => {
  const { device } = (await get(`/${claimed.id.toUpperCase()}`)).json;
  assert.equal(device, {
    id: claimed.id,
    name: "Loft",
    kind: "snap",
    serialNumber: claimed.trap.serial,
    macAddress: claimed.trap.mac,
    hardware: "esp32-devkit",
    online: false,
    lastSeen: null,
    trapState: null,
    batteryMv: null,
    rssi: null,
    firmwareVersion: null,
    firmwareSha256: null,
    bootId: null,
    telemetry: null,
    config: { desired: null, revision: 0, reported: null, reportedRevision: 0 },
    claimedAt: rooms.clock.now().toISOString(),
    releasedAt: null,
  });
});

for (const command of ["identify", "reboot", "silence"]) {
  test(`${command} is kept, sent to the trap, and listed as waiting`, async () => {
    const answer = await post("commands", { command });
    assert.is(answer.status, 201);
    const made = answer.json.command;
    assert.equal([made.command, made.answeredAt, made.code], [command, null, null]);
    assert.equal(rooms.link.sent, [
      { device: claimed.scope, message: { name: "command", value: { id: made.id, command } } },
    ]);
    assert.equal((await get(`/${claimed.id}/commands`)).json.commands, [made]);
  });
}

for (const command of ["release", "explode", "", 5, null, ["reboot"]]) {
  test(`${JSON.stringify(command)} is no command for a person to give`, async () => {
    const answer = await post("commands", { command });
    assert.is(answer.status, 400);
    assert.is(answer.json.errors[0]?.field, "command");
    assert.is(rooms.link.sent.length, 0);
  });
}

test("at most twenty commands wait for an answer; those that expired count no more", async () => {
  for (let i = 0; i < 20; i++) assert.is((await post("commands", { command: "identify" })).status, 201);
  const refused = await post("commands", { command: "identify" });
  assert.is(refused.status, 409);
  assert.is(refused.json.code, "too-many-commands");
  rooms.clock.advance(60_000);
  assert.is((await post("commands", { command: "identify" })).status, 201);
});

test("a link that fails or hangs does not fail the command: it is sent again at the next hello", async () => {
  rooms.link.onSend = () => Promise.reject(new Error("the socket is gone"));
  assert.is((await post("commands", { command: "identify" })).status, 201);
  rooms.link.onSend = () => {
    // The request waits for the link; the clock's bound ends the waiting.
    queueMicrotask(() => rooms.clock.advance(2_000));
    return new Promise(() => undefined);
  };
  assert.is((await post("commands", { command: "identify" })).status, 201);
  rooms.link.onSend = async () => undefined;
});

test("settings are wished, numbered and sent; the same wish again is the same number", async () => {
  const first = await configure(SETTINGS);
  assert.is(first.status, 200);
  assert.equal(first.json.device.config, { desired: SETTINGS, revision: 1, reported: null, reportedRevision: 0 });
  const again = await configure(SETTINGS);
  assert.is(again.json.device.config.revision, 1);
  const changed = await configure({ ...SETTINGS, buzzer: false });
  assert.is(changed.json.device.config.revision, 2);
  assert.equal(
    rooms.link.sent.map((one) => one.message),
    [
      { name: "config", value: { rev: 1, ...SETTINGS } },
      { name: "config", value: { rev: 1, ...SETTINGS } },
      { name: "config", value: { rev: 2, ...SETTINGS, buzzer: false } },
    ],
  );
});

test("two who configure at once get two numbers", async () => {
  const wishes = Array.from({ length: 8 }, (_, i) => configure({ ...SETTINGS, telemetryS: 100 + i }));
  const revisions = (await Promise.all(wishes)).map((answer) => answer.status);
  assert.equal(revisions, Array(8).fill(200));
  assert.is((await get(`/${claimed.id}`)).json.device.config.revision, 8);
});

const BAD_SETTINGS: [field: string, changes: object][] = [
  ["telemetryS", { telemetryS: 9 }],
  ["telemetryS", { telemetryS: 86_401 }],
  ["telemetryS", { telemetryS: 60.5 }],
  ["telemetryS", { telemetryS: "60" }],
  ["confirmMs", { confirmMs: 4 }],
  ["confirmMs", { confirmMs: 1001 }],
  ["armDelayMs", { armDelayMs: 99 }],
  ["armDelayMs", { armDelayMs: 60_001 }],
  ["buzzer", { buzzer: 1 }],
  ["buzzer", { buzzer: undefined }],
];
for (const [field, changes] of BAD_SETTINGS) {
  test(`settings with ${JSON.stringify(changes)} are refused and ${field} is named`, async () => {
    const answer = await configure({ ...SETTINGS, ...changes });
    assert.is(answer.status, 400);
    assert.is(answer.json.errors[0]?.field, field);
    assert.is(rooms.link.sent.length, 0);
  });
}

test("a released trap is gone from every view, its open alerts resolved, its sessions ended, its past kept", async () => {
  const { tenantId } = owner;
  const key = { tenant_id: tenantId, device_id: claimed.id };
  const at = rooms.clock.now();
  const boot = "00000001deadbeef";
  const db = rooms.db.kysely;
  await db
    .insertInto("device_alerts")
    .values({ ...key, alert_type: "sprung", severity: "critical", triggered_at: at })
    .execute();
  await db
    .insertInto("device_sessions")
    .values({ ...key, boot_id: boot, session: 1, connected_at: at, last_heard_at: at })
    .execute();
  assert.is((await post("release")).status, 204);
  assert.equal((await get()).json.devices, []);
  for (const path of ["", "/commands"]) assert.is((await get(`/${claimed.id}${path}`)).status, 404);
  assert.is((await post("commands", { command: "identify" })).status, 404);
  assert.is((await configure(SETTINGS)).status, 404);
  assert.is((await post("release")).status, 404, "and cannot be released twice");
  const alert = await db
    .selectFrom("device_alerts")
    .selectAll()
    .where("device_id", "=", claimed.id)
    .executeTakeFirstOrThrow();
  assert.equal(
    [alert.alert_status, alert.resolved_at, alert.resolved_by],
    ["resolved", rooms.clock.now(), owner.userId],
  );
  const session = await db
    .selectFrom("device_sessions")
    .selectAll()
    .where("device_id", "=", claimed.id)
    .executeTakeFirstOrThrow();
  assert.equal([session.ended_at, session.end_reason], [rooms.clock.now(), "released"]);
  const row = await db.selectFrom("devices").selectAll().where("id", "=", claimed.id).executeTakeFirstOrThrow();
  assert.equal([row.unclaimed_at, row.mqtt_password, row.online], [rooms.clock.now(), null, false]);
});

test("the release is told to the trap before its connection is ended", async () => {
  const order: string[] = [];
  rooms.link.onSend = async () => void order.push(`sent with ${rooms.link.disconnected.length} disconnected`);
  await post("release");
  rooms.link.onSend = async () => undefined;
  assert.equal(order, ["sent with 0 disconnected"]);
  assert.equal(rooms.link.disconnected, [claimed.scope]);
  const [told] = rooms.link.sent;
  assert.is(told?.message.name === "command" && told.message.value.command, "release");
});

test("ten releases at once release once", async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => post("release")));
  assert.equal(answers.map((one) => one.status).sort(), [204, ...Array(9).fill(404)]);
});
