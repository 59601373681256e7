// What traps say of themselves, and what their hello makes us tell them, through the ingest the broker calls.
import * as assert from "uvu/assert";
import { CODE_OK, CODE_OUT_OF_RANGE, type Hello } from "#protocol";
import type { Device, DeviceCommand } from "../../../cloud/devices/devices.ts";
import { createDeviceIngest, type DeviceIngest } from "../../../cloud/devices/devices-ingest.ts";
import { suite } from "../../support/suite.ts";
import { createRooms, type Json, type Owner, type Rooms } from "../http/rooms.ts";
import { type ClaimedTrap, createClaimedTrap, SETTINGS } from "./claimed.ts";
import { listNotices } from "./notices.ts";

const test = suite("devices ingest");
const BOOT = "00000001deadbeef";
const HELLO: Hello = {
  boot: BOOT,
  session: 1,
  version: "1.0.0",
  sha256: "ab".repeat(32),
  hardware: "esp32-devkit",
  reason: 1,
  uptimeMs: 3_600_000,
  state: "armed",
  rev: 0,
  batteryMv: 3000,
  rssi: -60,
};
let rooms: Rooms;
let ingest: DeviceIngest;
let owner: Owner;
let claimed: ClaimedTrap;

test.before(async () => {
  rooms = await createRooms();
  ingest = createDeviceIngest({ db: rooms.db });
  owner = await rooms.createOwner();
});
test.before.each(async () => {
  claimed = await createClaimedTrap(rooms, owner);
});
test.after(() => rooms.stop());

const sayHello = (changes: Partial<Hello> = {}) =>
  ingest.hello(claimed.scope, { name: "hello", value: { ...HELLO, ...changes } }, rooms.clock.now());
const sayResult = (id: number, code = CODE_OK, scope = claimed.scope) =>
  ingest.result(scope, { name: "result", value: { id, code } }, rooms.clock.now());

async function getDevice(): Promise<Json<Device>> {
  return (await rooms.ask({ url: `/api/v1/devices/${claimed.id}`, as: owner.token })).json.device;
}
async function order(command: string): Promise<number> {
  const url = `/api/v1/devices/${claimed.id}/commands`;
  return (await rooms.ask({ url, body: { command }, as: owner.token })).json.command.id;
}
async function listCommands(): Promise<Json<DeviceCommand>[]> {
  return (await rooms.ask({ url: `/api/v1/devices/${claimed.id}/commands`, as: owner.token })).json.commands;
}

test("the configuration in force is kept beside the wished one", async () => {
  const value = { rev: 4, ...SETTINGS };
  const notices = await listNotices(rooms, async () => {
    assert.equal(await ingest.reported(claimed.scope, { name: "reported", value }, rooms.clock.now()), []);
  });
  const device = await getDevice();
  assert.equal(notices, [{ tenantId: owner.tenantId, type: "device", data: device }]);
  assert.equal(device.config, { desired: null, revision: 0, reported: SETTINGS, reportedRevision: 4 });
});

test("an answer closes its command, once, and is told live", async () => {
  const id = await order("identify");
  const notices = await listNotices(rooms, () => sayResult(id, CODE_OUT_OF_RANGE));
  assert.is(notices[0]?.data.command?.code, CODE_OUT_OF_RANGE);
  assert.is(notices[0]?.data.id, claimed.id);
  await sayResult(id, CODE_OK);
  const [command] = await listCommands();
  assert.equal(
    [command?.id, command?.code, command?.answeredAt],
    [id, CODE_OUT_OF_RANGE, rooms.clock.now().toISOString()],
  );
});

test("an answer to nothing, or to another trap's command, changes nothing", async () => {
  const id = await order("identify");
  const other = await createClaimedTrap(rooms, await rooms.createOwner());
  assert.equal(await sayResult(id, CODE_OK, other.scope), []);
  assert.equal(await sayResult(2_147_483_647), []);
  assert.is((await listCommands())[0]?.answeredAt, null);
});

test("a hello brings what waits: commands in order until they are answered or a minute old, settings until they are in force", async () => {
  const [first, second] = [await order("identify"), await order("silence")];
  await rooms.ask({ method: "PUT", url: `/api/v1/devices/${claimed.id}/config`, body: SETTINGS, as: owner.token });
  const all = [
    { name: "command", value: { id: first, command: "identify" } },
    { name: "command", value: { id: second, command: "silence" } },
    { name: "config", value: { rev: 1, ...SETTINGS } },
  ];
  assert.equal(await sayHello(), all);
  assert.equal(await sayHello({ session: 2 }), all, "told again, since nothing was answered");
  await sayResult(first);
  assert.equal(await sayHello({ session: 3, rev: 1 }), [all[1]]);
  rooms.clock.advance(60_000);
  assert.equal(await sayHello({ session: 4, rev: 1 }), []);
});

test("a reboot that happened is answered by the hello after it, and not ordered again", async () => {
  const id = await order("reboot");
  rooms.clock.advance(5_000);
  assert.equal(await sayHello({ boot: "00000002deadbeef", uptimeMs: 1_000 }), []);
  const [command] = await listCommands();
  assert.equal([command?.id, command?.code], [id, CODE_OK]);
});

test("a trap that comes with a higher revision of another time gets the wish under a higher one still", async () => {
  await rooms.ask({ method: "PUT", url: `/api/v1/devices/${claimed.id}/config`, body: SETTINGS, as: owner.token });
  assert.equal(await sayHello({ rev: 41 }), [{ name: "config", value: { rev: 42, ...SETTINGS } }]);
  const device = await getDevice();
  assert.equal(device.config, { desired: SETTINGS, revision: 42, reported: null, reportedRevision: 41 });
});

test("what a released trap still says changes nothing and is no error", async () => {
  await rooms.ask({ method: "POST", url: `/api/v1/devices/${claimed.id}/release`, as: owner.token });
  const value = { rev: 4, ...SETTINGS };
  const notices = await listNotices(rooms, async () => {
    assert.equal(await ingest.reported(claimed.scope, { name: "reported", value }, rooms.clock.now()), []);
    assert.equal(await sayHello(), []);
  });
  assert.equal(notices, []);
  const row = await rooms.db.kysely
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", claimed.id)
    .executeTakeFirstOrThrow();
  assert.equal([row.trap_state, row.last_seen, row.reported_config], [null, null, null]);
});

test("a scope that mixes one tenant with another's trap reaches nothing [TENANT-2]", async () => {
  const scope = { ...claimed.scope, tenantId: (await rooms.createOwner()).tenantId };
  await ingest.reported(scope, { name: "reported", value: { rev: 4, ...SETTINGS } }, rooms.clock.now());
  assert.is((await getDevice()).config.reported, null);
});
