// Updates through a whole cloud, with a scripted trap: offered, fetched in chunks, proven by the next boot, or not, or taken back after it.
// What may be published is publishing.test.ts.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import {
  CODE_UPDATE_ROLLED_BACK,
  CODE_UPDATE_UNSIGNED,
  CODE_UPDATE_WRONG_HASH,
  encodeUpdateProgress,
  FIRMWARE_CHUNK_BYTES,
  type UpdateProgress,
} from "#protocol";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { connectDevice, type DeviceCredentials, type DeviceOptions, type MqttDevice } from "../../support/mqtt.ts";
import { readSigned } from "../../support/signed-firmware.ts";
import { suite } from "../../support/suite.ts";

const test = suite("updates");
const OLD_BOOT = "0000000500000001";
const NEW_BOOT = "0000000600000002";
const THIRD_BOOT = "0000000700000003";
const HASH_BEFORE = "e".repeat(64);
let cloud: TestCloud;
let owner: Owner;
let who: DeviceCredentials;
const open: MqttDevice[] = [];

test.before(async () => {
  cloud = await createTestCloud();
  owner = await cloud.createOwner();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  who = await cloud.createDevice(owner);
});
test.after.each(() => {
  for (const device of open.splice(0)) device.cut();
});

async function connect(options: DeviceOptions & { sha256?: string } = {}): Promise<MqttDevice> {
  const device = await connectDevice(cloud.mqttPort, who, { boot: OLD_BOOT, ...options });
  open.push(device);
  await device.subscribe();
  await device.hello(options.sha256 === undefined ? {} : { sha256: options.sha256 });
  return device;
}

/** One of the signed firmwares the tests keep, published now or before. */
async function publish(name = "usual") {
  const { file, firmware: inside } = readSigned(name);
  const answer = await cloud.ask({ url: "/api/v1/firmware", as: owner.token, body: file });
  assert.ok(answer.status === 201 || answer.status === 200, answer.text);
  return { file, inside, firmware: answer.json.firmware };
}

const offer = (firmwareId: string, as = owner.token) =>
  cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as, body: { firmwareId } });

const getUpdate = async () =>
  itemAt((await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as: owner.token })).json.updates);

/** What the tenant's log has of the trap's updates, in order. */
async function listActivity(): Promise<string[]> {
  const rows = await cloud.db.kysely
    .selectFrom("activity_logs")
    .select(["action", "details"])
    .where("device_id", "=", who.deviceId)
    .where("action", "in", ["firmware_updated", "device_updated"])
    .orderBy("created_at")
    .execute();
  return rows.map(({ action, details }) => `${action} ${Object(details).update ?? "booted"}`);
}

const say = (device: MqttDevice, progress: Partial<UpdateProgress> & Pick<UpdateProgress, "id" | "phase">) =>
  device.say("update", encodeUpdateProgress({ code: 0, received: 0, ...progress }));

async function fetchChunk(id: string, number: number | string): Promise<{ status: number; bytes: Buffer }> {
  const response = await fetch(`${cloud.httpAddress}/device/v1/firmware/${id}/chunks/${number}`);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("a firmware goes the whole way, each step told live, and is done only by a new boot that runs its hash [UPDATE-1]", async () => {
  const live = await cloud.follow(owner.token);
  const { file, inside, firmware } = await publish();
  assert.is(firmware.sha256, createHash("sha256").update(inside).digest("hex"));
  const device = await connect();
  const offered = await offer(firmware.id);
  assert.is(offered.status, 201);
  const { id } = offered.json.update;
  const told = await device.told("offer");
  assert.equal(told, {
    id,
    firmware: firmware.id,
    version: firmware.version,
    size: file.length,
    sha256: firmware.sha256,
    chunk: FIRMWARE_CHUNK_BYTES,
  });
  await say(device, { id, phase: "accepted" });
  const chunks: Buffer[] = [];
  const steps: number[] = [];
  for (let at = 0; at < told.size; at += told.chunk) {
    chunks.push((await fetchChunk(told.firmware, at / told.chunk)).bytes);
    steps.push(Math.min(at + told.chunk, told.size));
    await say(device, { id, phase: "fetching", received: steps.at(-1) ?? 0 });
  }
  assert.equal(Buffer.concat(chunks), file);
  await say(device, { id, phase: "verified", received: told.size });
  assert.is((await getUpdate()).status, "verified");
  device.cut();
  await connect({ boot: NEW_BOOT, sha256: told.sha256 });
  const booted = await live.see("update", (data) => data.id === id && data.status === "booted");
  assert.equal(booted, await getUpdate());
  assert.is((await getUpdate()).bootedAt !== null, true);
  assert.equal([booted.counter, booted.signedBy], [7, firmware.signedBy]);
  assert.equal(
    live.events.filter((one) => one.type === "update").map((one) => [one.data.status, one.data.received]),
    [
      ["offered", 0],
      ["accepted", 0],
      ...steps.map((received) => ["fetching", received]),
      ["verified", file.length],
      ["booted", file.length],
    ],
  );
  live.stop();
});

test("a trap that was away is offered at its hello, and again at each until it accepts", async () => {
  const { firmware } = await publish();
  const first = await connect();
  first.cut();
  const { id } = (await offer(firmware.id)).json.update;
  const second = await connect({ session: 2 });
  assert.is((await second.told("offer")).id, id);
  const third = await connect({ session: 3 });
  assert.is((await third.told("offer")).id, id);
  await say(third, { id, phase: "accepted" });
  const fourth = await connect({ session: 4 });
  await fourth.event({ seq: 1, kind: "silenced" });
  await fourth.told("ack");
  assert.is(fourth.inbox.filter((packet) => packet.cmd === "publish").length, 0);
});

test("a trap that was never heard is offered at its first hello", async () => {
  const { firmware } = await publish();
  const { id } = (await offer(firmware.id)).json.update;
  assert.is((await (await connect()).told("offer")).id, id);
});

test("a trap that loses power while it fetches is offered anew, from the start", async () => {
  const { firmware } = await publish();
  const device = await connect();
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "fetching", received: 1_024 });
  device.cut();
  const again = await connect({ boot: NEW_BOOT });
  assert.is((await again.told("offer")).id, id);
  const update = await getUpdate();
  assert.equal([update.status, update.received], ["offered", 0]);
});

test("a trap that had verified and comes back with the old hash has failed, whatever it says afterwards", async () => {
  const { firmware } = await publish();
  const device = await connect();
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "verified", received: 2_500 });
  device.cut();
  const again = await connect({ boot: NEW_BOOT });
  assert.is((await getUpdate()).status, "failed");
  await say(again, { id, phase: "verified", received: 2_500 });
  assert.is((await getUpdate()).status, "failed");
  assert.is((await offer(firmware.id)).status, 201, "and it may be offered again");
});

test("a hello with the new hash in the same boot proves nothing", async () => {
  const { firmware } = await publish();
  const device = await connect();
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "verified", received: 2_500 });
  await connect({ session: 2, sha256: firmware.sha256 });
  assert.is((await getUpdate()).status, "verified");
});

test("a refusal is told with its code", async () => {
  const { firmware } = await publish();
  const device = await connect();
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "refused", code: 34 });
  const update = await getUpdate();
  assert.equal([update.status, update.code], ["refused", 34]);
});

test("one trap has one update at a time, also if ten are offered at once", async () => {
  const { firmware } = await publish();
  const answers = await Promise.all(Array.from({ length: 10 }, () => offer(firmware.id)));
  assert.equal(answers.map((one) => one.status).sort(), [201, ...Array.from({ length: 9 }, () => 409)]);
  assert.is(itemAt(answers.filter((one) => one.status === 409)).json.code, "update-conflict");
});

test("progress of an update that is another trap's, or nobody's, changes nothing and is acknowledged", async () => {
  const { firmware } = await publish();
  const { id } = (await offer(firmware.id)).json.update;
  const victim = who;
  const { token, tenantId, userId, email } = await cloud.createOwner();
  who = await cloud.createDevice({ token, tenantId, userId, email });
  const stranger = await connect();
  await say(stranger, { id, phase: "refused", code: 1 });
  await say(stranger, { id: "00000000-0000-4000-8000-000000000000", phase: "accepted" });
  who = victim;
  assert.is((await getUpdate()).status, "offered");
});

test("the chunks of a firmware as large as a slot are all of its file", async () => {
  const { file, firmware } = await publish("as large as a slot");
  const count = Math.ceil(file.length / FIRMWARE_CHUNK_BYTES);
  const chunks = await Promise.all(Array.from({ length: count }, (_, number) => fetchChunk(firmware.id, number)));
  assert.equal(Buffer.concat(chunks.map((one) => one.bytes)), file);
  assert.is((await fetchChunk(firmware.id, count)).status, 404);
});

test("a chunk beyond the end, of no firmware, or by no number is not there", async () => {
  const { file, firmware } = await publish();
  const last = Math.floor(file.length / FIRMWARE_CHUNK_BYTES);
  assert.is((await fetchChunk(firmware.id, last)).bytes.length, file.length % FIRMWARE_CHUNK_BYTES);
  assert.is((await fetchChunk(firmware.id, last + 1)).status, 404);
  assert.is((await fetchChunk("00000000-0000-4000-8000-000000000000", 0)).status, 404);
  for (const number of ["-1", "x", "1.5", "01", "99999999999999999999"]) {
    assert.is((await fetchChunk(firmware.id, number)).status, 400, number);
  }
  assert.is((await fetchChunk("none", 0)).status, 400);
});

/** A trap whose update has gone as far as a new boot with the new bytes. */
async function bootNext() {
  const { firmware } = await publish();
  const device = await connect({ sha256: HASH_BEFORE });
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "verified", received: 1 });
  device.cut();
  const again = await connect({ boot: NEW_BOOT, sha256: firmware.sha256 });
  assert.is((await getUpdate()).status, "booted");
  return { id, firmware, device: again };
}

test("an update whose trial failed after it had booted has failed, with the code the trap gives, in words of the log too [UPDATE-1]", async () => {
  const live = await cloud.follow(owner.token);
  const { id, device } = await bootNext();
  device.cut();
  const back = await connect({ boot: THIRD_BOOT, sha256: HASH_BEFORE });
  await live.see("update", (data) => data.id === id && data.status === "failed" && data.code === null);
  await say(back, { id, phase: "refused", code: CODE_UPDATE_ROLLED_BACK });
  await live.see("update", (data) => data.id === id && data.code === CODE_UPDATE_ROLLED_BACK);
  const update = await getUpdate();
  assert.equal([update.status, update.code], ["failed", CODE_UPDATE_ROLLED_BACK]);
  assert.equal(await listActivity(), ["firmware_updated booted", "device_updated failed"]);
  live.stop();
});

test("a trap that says it has gone back has failed, though its hello told nothing of it", async () => {
  const { id, device } = await bootNext();
  await say(device, { id, phase: "refused", code: CODE_UPDATE_ROLLED_BACK });
  const update = await getUpdate();
  assert.equal([update.status, update.code], ["failed", CODE_UPDATE_ROLLED_BACK]);
});

test("a firmware that the loader refused has failed with the loader's code", async () => {
  const { firmware } = await publish();
  const device = await connect();
  const { id } = (await offer(firmware.id)).json.update;
  await say(device, { id, phase: "verified", received: 1 });
  device.cut();
  const back = await connect({ boot: NEW_BOOT });
  await say(back, { id, phase: "refused", code: CODE_UPDATE_WRONG_HASH });
  const update = await getUpdate();
  assert.equal([update.status, update.code], ["failed", CODE_UPDATE_WRONG_HASH]);
});

test("a trap that is given its former firmware by cable long after is no failed update", async () => {
  const { device } = await bootNext();
  device.cut();
  await connect({ boot: "0000000f00000009", sha256: HASH_BEFORE });
  assert.is((await getUpdate()).status, "booted");
});

test("what counts less than the trap runs, or as much with other bytes, is refused with both counters", async () => {
  const usual = await publish();
  const next = await publish("next");
  const asCounted = await publish("as counted as next");
  await connect({ sha256: next.firmware.sha256 });
  for (const { firmware } of [usual, asCounted]) {
    const answer = await offer(firmware.id);
    assert.equal([answer.status, answer.json.code], [409, "update-outdated"]);
    assert.match(answer.json.detail, `runs version 2.1.0 with counter 8`);
    assert.match(answer.json.detail, `version ${firmware.version} has counter ${firmware.counter}`);
  }
  const { updates } = (await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as: owner.token })).json;
  assert.equal(updates, []);
  const own = who;
  who = await cloud.createDevice(owner);
  await connect({ sha256: usual.firmware.sha256 });
  assert.is((await offer(asCounted.firmware.id)).status, 201, "and to a trap that runs a lower one it may be offered");
  who = own;
});

test("what was published unsigned, in former days, is listed, offered and fetched no more, and an open offer of it has failed", async () => {
  const { id } = await cloud.db.kysely
    .insertInto("firmware_versions")
    .values({
      tenant_id: owner.tenantId,
      type: "firmware",
      version: "0.9.0",
      sha256: "d".repeat(64),
      content: Buffer.from("x"),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const { versions } = (await cloud.ask({ url: "/api/v1/firmware", as: owner.token })).json;
  assert.not.ok(versions.some((one) => one.id === id));
  assert.is((await offer(id)).json.code, "firmware-not-found");
  assert.is((await fetchChunk(id, 0)).status, 404);
  await cloud.db.kysely
    .insertInto("device_updates")
    .values({
      tenant_id: owner.tenantId,
      device_id: who.deviceId,
      firmware_scope_id: owner.tenantId,
      firmware_version_id: id,
    })
    .execute();
  const device = await connect();
  assert.is(device.inbox.filter((packet) => packet.cmd === "publish").length, 0);
  const update = await getUpdate();
  assert.equal([update.status, update.code], ["failed", CODE_UPDATE_UNSIGNED]);
});

test("a stranger can neither see nor offer, and a member without the role cannot either [TENANT-2]", async () => {
  const { firmware } = await publish();
  const stranger = await cloud.createOwner();
  assert.equal((await cloud.ask({ url: "/api/v1/firmware", as: stranger.token })).json.versions, []);
  assert.is((await offer(firmware.id, stranger.token)).json.code, "device-not-found");
  const list = await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as: stranger.token });
  assert.is(list.status, 404);
  const own = who;
  who = await cloud.createDevice(stranger);
  assert.is((await offer(firmware.id, stranger.token)).json.code, "firmware-not-found");
  who = own;
  const member = await cloud.createOwner();
  await cloud.db.kysely
    .updateTable("user_tenant_memberships")
    .set({ role: "operator" })
    .where("user_id", "=", member.userId)
    .execute();
  who = await cloud.createDevice(member);
  assert.is((await offer(firmware.id, member.token)).status, 403);
  const refused = await cloud.ask({ url: "/api/v1/firmware", as: member.token, body: readSigned("usual").file });
  assert.is(refused.status, 403);
});
