// A plan's limit of devices holds where a trap is claimed, by button and by code, and says so to the person.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createTrap, type Trap } from "./trap.ts";

const test = suite("claiming within a plan");
let rooms: Rooms;

test.before(async () => {
  rooms = await createRooms();
});
test.after(() => rooms.stop());

async function createOwner(maxDevices: number | null): Promise<Owner> {
  const owner = await rooms.createOwner();
  await rooms.db.kysely
    .insertInto("subscriptions")
    .values({ tenant_id: owner.tenantId, tier: "free", max_devices: maxDevices })
    .execute();
  return owner;
}

const claim = (trap: Trap, owner: Owner) =>
  rooms.ask({ url: "/api/v1/claiming/claims", body: { serialNumber: trap.serial, name: "Loft" }, as: owner.token });

async function countDevices(owner: Owner): Promise<number> {
  const answer = await rooms.ask({ url: "/api/v1/devices", as: owner.token });
  return answer.json.devices.length;
}

test("by button: the device beyond the plan is refused, its window stays open for whoever may claim it", async () => {
  const [bound, free] = [await createOwner(1), await createOwner(null)];
  const [first, second] = [await createTrap(rooms, {}), await createTrap(rooms, {})];
  await first.claim();
  await second.claim();
  assert.is((await claim(first, bound)).status, 201);
  const refused = await claim(second, bound);
  assert.is(refused.status, 409);
  assert.is(refused.json.code, "device-limit-reached");
  assert.match(refused.text, /The plan allows 1 devices?\./);
  assert.is(await countDevices(bound), 1);
  assert.is((await claim(second, free)).status, 201);
});

test("by code: the trap is refused, and the code is good again once there is room", async () => {
  const owner = await createOwner(0);
  const made = await rooms.ask({ url: "/api/v1/claim-codes", body: { deviceName: "Cellar" }, as: owner.token });
  const trap = await createTrap(rooms, {});
  const code = String(made.json.code);
  assert.is((await trap.claim(code)).status, "code-refused");
  assert.is(await countDevices(owner), 0);
  await rooms.db.kysely
    .updateTable("subscriptions")
    .set({ max_devices: 1 })
    .where("tenant_id", "=", owner.tenantId)
    .execute();
  assert.is((await trap.claim(code)).status, "code-claimed");
  assert.is(await countDevices(owner), 1);
});
