// Updates through a whole cloud, with a scripted trap: published, offered, fetched in chunks, proven by the next boot, or not.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { encodeUpdateProgress, FIRMWARE_BYTES_MAX, FIRMWARE_CHUNK_BYTES, type UpdateProgress } from "#protocol";
import { createTestCloud, itemAt, type Owner, type TestCloud } from "../../support/cloud.ts";
import { connectDevice, type DeviceCredentials, type DeviceOptions, type MqttDevice } from "../../support/mqtt.ts";
import { suite } from "../../support/suite.ts";

const test = suite("updates");
const OLD_BOOT = "0000000500000001";
const NEW_BOOT = "0000000600000002";
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

let published = 0;

/** A bundle nobody has published before. */
async function publish(size = 2_500) {
  published += 1;
  const bytes = Buffer.alloc(size, `/* bundle ${published} */\n`);
  const url = `/api/v1/firmware?version=9.${published}.0`;
  const answer = await cloud.ask({ url, as: owner.token, body: bytes });
  assert.is(answer.status, 201, answer.text);
  return { bytes, firmware: answer.json.firmware };
}

const offer = (firmwareId: string, as = owner.token) =>
  cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as, body: { firmwareId } });

const getUpdate = async () =>
  itemAt((await cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, as: owner.token })).json.updates);

const say = (device: MqttDevice, progress: Partial<UpdateProgress> & Pick<UpdateProgress, "id" | "phase">) =>
  device.say("update", encodeUpdateProgress({ code: 0, received: 0, ...progress }));

async function fetchChunk(id: string, number: number | string): Promise<{ status: number; bytes: Buffer }> {
  const response = await fetch(`${cloud.httpAddress}/device/v1/firmware/${id}/chunks/${number}`);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("a bundle goes the whole way, each step told live, and is done only by a new boot that runs its hash [UPDATE-1]", async () => {
  const live = await cloud.follow(owner.token);
  const { bytes, firmware } = await publish();
  assert.is(firmware.sha256, createHash("sha256").update(bytes).digest("hex"));
  const device = await connect();
  const offered = await offer(firmware.id);
  assert.is(offered.status, 201);
  const { id } = offered.json.update;
  const told = await device.told("offer");
  assert.equal(told, {
    id,
    firmware: firmware.id,
    version: firmware.version,
    size: bytes.length,
    sha256: firmware.sha256,
    chunk: FIRMWARE_CHUNK_BYTES,
  });
  await say(device, { id, phase: "accepted" });
  const chunks: Buffer[] = [];
  for (let at = 0; at < told.size; at += told.chunk) {
    chunks.push((await fetchChunk(told.firmware, at / told.chunk)).bytes);
    await say(device, { id, phase: "fetching", received: Math.min(at + told.chunk, told.size) });
  }
  assert.equal(Buffer.concat(chunks), bytes);
  await say(device, { id, phase: "verified", received: told.size });
  assert.is((await getUpdate()).status, "verified");
  device.cut();
  await connect({ boot: NEW_BOOT, sha256: told.sha256 });
  const booted = await live.see("update", (data) => data.id === id && data.status === "booted");
  assert.equal(booted, await getUpdate());
  assert.is((await getUpdate()).bootedAt !== null, true);
  assert.equal(
    live.events.filter((one) => one.type === "update").map((one) => [one.data.status, one.data.received]),
    [
      ["offered", 0],
      ["accepted", 0],
      ...[512, 1_024, 1_536, 2_048, 2_500].map((received) => ["fetching", received]),
      ["verified", 2_500],
      ["booted", 2_500],
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

test("one version is one content for ever; the same again is what it was", async () => {
  const { bytes, firmware } = await publish();
  const url = `/api/v1/firmware?version=${firmware.version}`;
  const same = await cloud.ask({ url, as: owner.token, body: bytes });
  assert.equal([same.status, same.json.firmware], [200, firmware]);
  const other = await cloud.ask({ url, as: owner.token, body: Buffer.from("other") });
  assert.equal([other.status, other.json.code], [409, "firmware-conflict"]);
  const fresh = "/api/v1/firmware?version=race-1";
  const race = await Promise.all(
    ["a", "b", "c", "d"].map((one) => cloud.ask({ url: fresh, as: owner.token, body: Buffer.from(one) })),
  );
  assert.equal(race.map((one) => one.status).sort(), [201, 409, 409, 409]);
  const { versions } = (await cloud.ask({ url: "/api/v1/firmware", as: owner.token })).json;
  assert.is(versions.filter((one) => one.version === "race-1").length, 1);
});

const text = Buffer.from("text");
const refusedBundles: [name: string, query: string, body: unknown, status: number, code: string][] = [
  ["without a version", "", text, 400, "bad-input"],
  ["with an empty version", "?version=", text, 400, "bad-input"],
  ["with a version of other characters", "?version=1%200", text, 400, "bad-input"],
  ["with a version that is too long", `?version=${"1".repeat(33)}`, text, 400, "bad-input"],
  ["of nothing", "?version=bad", Buffer.alloc(0), 400, "bad-firmware"],
  ["of bytes that are no text", "?version=bad", Buffer.from([1, 2, 3]), 400, "bad-firmware"],
  ["as JSON", "?version=bad", { a: 1 }, 415, "wrong-content-type"],
  ["larger than a slot", "?version=bad", Buffer.alloc(FIRMWARE_BYTES_MAX + 1, "a"), 413, "body-too-large"],
];
for (const [name, query, body, status, code] of refusedBundles) {
  test(`a bundle ${name} is refused with ${status}`, async () => {
    const answer = await cloud.ask({ url: `/api/v1/firmware${query}`, as: owner.token, body });
    assert.equal([answer.status, answer.json.code], [status, code], answer.text);
  });
}

test("a bundle as large as a slot is taken, and its chunks are all of it", async () => {
  const { bytes, firmware } = await publish(FIRMWARE_BYTES_MAX);
  const count = FIRMWARE_BYTES_MAX / FIRMWARE_CHUNK_BYTES;
  const chunks = await Promise.all(Array.from({ length: count }, (_, number) => fetchChunk(firmware.id, number)));
  assert.equal(Buffer.concat(chunks.map((one) => one.bytes)), bytes);
  assert.is((await fetchChunk(firmware.id, count)).status, 404);
});

test("a chunk beyond the end, of no bundle, or by no number is not there", async () => {
  const { firmware } = await publish(FIRMWARE_CHUNK_BYTES + 1);
  assert.is((await fetchChunk(firmware.id, 1)).bytes.length, 1);
  assert.is((await fetchChunk(firmware.id, 2)).status, 404);
  assert.is((await fetchChunk("00000000-0000-4000-8000-000000000000", 0)).status, 404);
  for (const number of ["-1", "x", "1.5", "01", "99999999999999999999"]) {
    assert.is((await fetchChunk(firmware.id, number)).status, 400, number);
  }
  assert.is((await fetchChunk("none", 0)).status, 400);
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
  const refused = await cloud.ask({ url: "/api/v1/firmware?version=1", as: member.token, body: text });
  assert.is(refused.status, 403);
});
