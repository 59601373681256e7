// New credentials at the owner's wish: the old password is void at once, the trap is given the next when it proves itself, as often as it
// must ask, and stays its owner's all the while [CLAIM-8].
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { type ClaimedTrap, createClaimedTrap } from "../devices/claimed.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";

const test = suite("rotation");
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

const rotate = (id = claimed.id, as = owner) =>
  rooms.ask({ method: "POST", url: `/api/v1/devices/${id}/credentials`, as: as.token });

async function pickUp(): Promise<{ user: string; password: string }> {
  const answer = await claimed.trap.pickUp();
  if (answer.credentials === null || answer.password === null) throw new Error(`no credentials: ${answer.status}`);
  return { user: answer.credentials.user, password: answer.password };
}

/** With a password that it has used. */
async function createUsed(): Promise<{ user: string; password: string }> {
  assert.is((await rotate()).status, 204);
  const used = await pickUp();
  assert.ok(await rooms.authenticate(used.user, used.password));
  return used;
}

test("the old password is void at once, the connection is ended, and the trap is given another that works [CLAIM-8]", async () => {
  const old = await createUsed();
  rooms.link.disconnected.length = 0;
  assert.is((await rotate()).status, 204);
  assert.equal(rooms.link.disconnected, [claimed.scope]);
  assert.is(await rooms.authenticate(old.user, old.password), null);
  const fresh = await pickUp();
  assert.is(fresh.user, old.user);
  assert.is.not(fresh.password, old.password);
  assert.is(await rooms.authenticate(old.user, old.password), null);
  assert.equal((await rooms.authenticate(fresh.user, fresh.password))?.deviceId, claimed.id);
  assert.equal((await claimed.trap.pickUp()).status, "confirmed", "after their first use they are given to nobody");
});

test("an answer that was lost, or not written down before the power went, is given again until the first use", async () => {
  await createUsed();
  await rotate();
  const lost = await pickUp();
  rooms.clock.advance(3_600_000);
  const kept = await pickUp();
  assert.is(await rooms.authenticate(lost.user, lost.password), null);
  assert.ok(await rooms.authenticate(kept.user, kept.password));
});

test("a second wish before the first was picked up is the same wish; one after it voids what was picked up", async () => {
  await createUsed();
  assert.is((await rotate()).status, 204);
  assert.is((await rotate()).status, 204);
  const first = await pickUp();
  assert.is((await rotate()).status, 204);
  assert.is(await rooms.authenticate(first.user, first.password), null);
  const second = await pickUp();
  assert.ok(await rooms.authenticate(second.user, second.password));
});

test("a wish and a pickup at once never leave a trap with a password that neither works nor is given again", async () => {
  for (let round = 0; round < 10; round++) {
    await createUsed();
    await rotate();
    const [answer, wished] = await Promise.all([claimed.trap.pickUp(), rotate()]);
    assert.is(wished.status, 204);
    const isGood = answer.password !== null && (await rooms.authenticate(claimed.scope.credentialId, answer.password));
    if (isGood) continue;
    const next = await pickUp();
    assert.ok(await rooms.authenticate(next.user, next.password));
  }
});

test("meanwhile the trap belongs to nobody else: neither claiming mode nor a code of another makes it theirs [threat 10]", async () => {
  await createUsed();
  await rotate();
  const thief = await rooms.createOwner();
  assert.is((await claimed.trap.claim()).status, "open", "held again, it comes for its credentials");
  const body = { serialNumber: claimed.trap.serial, name: "Mine now" };
  assert.is((await rooms.ask({ url: "/api/v1/claiming/claims", body, as: thief.token })).status, 409);
  const { code } = (await rooms.ask({ url: "/api/v1/claim-codes", body: { deviceName: "x" }, as: thief.token })).json;
  assert.is((await claimed.trap.claim(code)).status, "code-refused");
  const { user, password } = await pickUp();
  assert.is((await rooms.authenticate(user, password))?.tenantId, owner.tenantId);
});

test("released meanwhile, it is let go and given nothing", async () => {
  await createUsed();
  await rotate();
  const url = `/api/v1/devices/${claimed.id}/release`;
  assert.is((await rooms.ask({ method: "POST", url, as: owner.token })).status, 204);
  assert.is((await claimed.trap.pickUp()).status, "released");
  assert.is((await rotate()).status, 404);
});

test("the owner sees the trap offline until it has come back, and both stories know of it without a secret [AUDIT-1]", async () => {
  await rooms.db.kysely.updateTable("devices").set({ online: true }).where("id", "=", claimed.id).execute();
  const old = await createUsed();
  const seen = (await rooms.ask({ url: `/api/v1/devices/${claimed.id}`, as: owner.token })).json.device;
  assert.is(seen.online, false);
  const of = { tenant: owner.tenantId, what: "rotated" };
  const audit = await rooms.db.kysely
    .selectFrom("audit_logs")
    .selectAll()
    .where("tenant_id", "=", of.tenant)
    .where("action", "=", "update")
    .execute();
  assert.equal(
    audit.map((row) => [row.user_id, row.resource_type, row.resource_id, row.new_values]),
    [[owner.userId, "device", claimed.id, { credentials: of.what }]],
  );
  const activity = await rooms.db.kysely
    .selectFrom("activity_logs")
    .selectAll()
    .where("tenant_id", "=", of.tenant)
    .where("action", "=", "device_updated")
    .execute();
  assert.equal(
    activity.map((row) => [row.user_id, row.device_id, row.details]),
    [[owner.userId, claimed.id, { credentials: of.what }]],
  );
  assert.not.ok(JSON.stringify([audit, activity]).includes(old.password));
  assert.not.ok(rooms.logText().includes(old.password));
});

test("a device of the mousetrap days, which cannot prove itself, keeps its password", async () => {
  const old = await createUsed();
  await rooms.db.kysely.updateTable("devices").set({ serial_number: null }).where("id", "=", claimed.id).execute();
  rooms.link.disconnected.length = 0;
  const refused = await rotate();
  assert.equal([refused.status, refused.json.code], [409, "device-unprovable"]);
  assert.equal(rooms.link.disconnected, []);
  assert.ok(await rooms.authenticate(old.user, old.password));
});

test("another tenant's trap is not there, and nothing happens to it [TENANT-2]", async () => {
  const old = await createUsed();
  const stranger = await rooms.createOwner();
  rooms.link.disconnected.length = 0;
  assert.is((await rotate(claimed.id, stranger)).status, 404);
  assert.equal(rooms.link.disconnected, []);
  assert.ok(await rooms.authenticate(old.user, old.password));
});
