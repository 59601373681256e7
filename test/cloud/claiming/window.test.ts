// Claiming by button: the window, who sees it, who wins it, and how it ends [CLAIM-4] [CLAIM-7].
import * as assert from "uvu/assert";
import { sweepClaiming } from "../../../cloud/claiming/queries/sweep-claiming.ts";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createTrap, type Trap } from "./trap.ts";

const test = suite("claiming window");
const WINDOW_MS = 600_000;
let rooms: Rooms;
let owner: Owner;

test.before(async () => {
  rooms = await createRooms();
  owner = await rooms.createOwner();
});
test.after(() => rooms.stop());

async function listNearby(by: { from?: string; serialNumber?: string }): Promise<string[]> {
  const query = by.serialNumber === undefined ? "" : `?serialNumber=${encodeURIComponent(by.serialNumber)}`;
  const answer = await rooms.ask({ url: `/api/v1/claiming/nearby${query}`, as: owner.token, from: by.from });
  assert.is(answer.status, 200, answer.text);
  return answer.json.traps.map((trap: { serialNumber: string }) => trap.serialNumber);
}

const claim = (trap: Trap, as = owner, name = "Loft") =>
  rooms.ask({ url: "/api/v1/claiming/claims", body: { serialNumber: trap.serial, name }, as: as.token });

test("a window of ten minutes opens and is seen from the same address, or by serial number from anywhere", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.1" });
  const answer = await trap.claim();
  assert.is(answer.status, "open");
  assert.is(answer.expiresInS, 600);
  assert.equal(await listNearby({ from: "203.0.113.1" }), [trap.serial]);
  assert.equal(await listNearby({ from: "::ffff:203.0.113.1" }), [trap.serial]);
  assert.equal(await listNearby({ from: "203.0.113.2" }), []);
  assert.equal(await listNearby({ from: "203.0.113.2", serialNumber: ` ${trap.serial.toLowerCase()} ` }), [
    trap.serial,
  ]);
  assert.equal(await listNearby({ from: "203.0.113.1", serialNumber: "TL-OTHER" }), []);
});

test("on IPv6 a household is a network of 64 bits", async () => {
  const trap = await createTrap(rooms, { from: "2001:db8:7:7::10" });
  await trap.claim();
  assert.equal(await listNearby({ from: "2001:db8:7:7:aaaa::1" }), [trap.serial]);
  assert.equal(await listNearby({ from: "2001:db8:7:8::10" }), []);
});

test("what is shown of a trap nearby is its label and the window's end", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.3" });
  await trap.claim();
  const answer = await rooms.ask({ url: "/api/v1/claiming/nearby", as: owner.token, from: "203.0.113.3" });
  const expiresAt = new Date(rooms.clock.now().getTime() + WINDOW_MS).toISOString();
  assert.equal(answer.json.traps, [{ serialNumber: trap.serial, macAddress: trap.mac, kind: "snap", expiresAt }]);
});

test("claiming makes the trap the tenant's, with the name it was given", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.4" });
  await trap.claim();
  const answer = await claim(trap, owner, "  Cellar, left  ");
  assert.is(answer.status, 201);
  const { device } = answer.json;
  assert.equal([device.name, device.serialNumber, device.macAddress], ["Cellar, left", trap.serial, trap.mac]);
  assert.equal([device.online, device.trapState, device.kind], [false, null, "snap"]);
  assert.is(device.claimedAt, rooms.clock.now().toISOString());
  const seen = await rooms.ask({ url: `/api/v1/devices/${device.id}`, as: owner.token });
  assert.equal(seen.json.device, device);
  assert.equal(await listNearby({ from: "203.0.113.4" }), [], "and it is nearby no longer");
});

test("a window that nobody used is over after ten minutes, and sweeping leaves nothing of it", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.5" });
  await trap.claim();
  rooms.clock.advance(WINDOW_MS - 1);
  assert.equal(await listNearby({ from: "203.0.113.5" }), [trap.serial]);
  rooms.clock.advance(1);
  assert.equal(await listNearby({ from: "203.0.113.5" }), []);
  assert.is((await claim(trap)).json.code, "window-not-found");
  assert.is((await trap.pickUp()).status, "closed");
  const swept = await rooms.db.system((trx) => sweepClaiming(trx, rooms.clock.now()));
  assert.ok(swept.windows > 0);
  assert.ok(swept.challenges > 0);
  const left = await rooms.db.kysely
    .selectFrom("device_claiming_queue")
    .select("serial_number")
    .where("claimed_at", "is", null)
    .execute();
  assert.equal(left, []);
  assert.is((await trap.pickUp()).status, "closed", "swept or not makes no difference");
});

test("holding the button again extends the window", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.6" });
  await trap.claim();
  rooms.clock.advance(WINDOW_MS - 1000);
  assert.is((await trap.claim()).expiresInS, 600);
  rooms.clock.advance(WINDOW_MS - 1000);
  assert.equal(await listNearby({ from: "203.0.113.6" }), [trap.serial]);
});

test("a trap that moves shows its window at the new place only", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.7" });
  await trap.claim();
  const text = trap.claimText(await trap.getChallenge());
  await rooms.ask({ url: "/device/v1/claiming", body: text, from: "203.0.113.8" });
  assert.equal(await listNearby({ from: "203.0.113.7" }), []);
  assert.equal(await listNearby({ from: "203.0.113.8" }), [trap.serial]);
});

test("the second to claim is told that it is taken, be it another tenant or the same", async () => {
  const trap = await createTrap(rooms, { from: "203.0.113.9" });
  await trap.claim();
  assert.is((await claim(trap)).status, 201);
  const other = await rooms.createOwner();
  for (const who of [other, owner]) {
    const answer = await claim(trap, who);
    assert.is(answer.status, 409);
    assert.is(answer.json.code, "claim-taken");
  }
});

test("a trap that is in no window, or that nobody knows, is not found", async () => {
  const trap = await createTrap(rooms);
  const other = await rooms.createOwner();
  for (const serial of [trap.serial, "TL-NEVER", "  ", "' or 1=1"]) {
    const answer = await claim({ ...trap, serial }, other);
    assert.is(answer.status, serial.trim() === "" ? 400 : 404, answer.text);
  }
});

test("a thousand serial numbers guessed are five looked at [threat 9]", async () => {
  const guesser = await rooms.createOwner();
  const trap = await createTrap(rooms);
  const statuses = new Map<number, number>();
  for (let i = 0; i < 1000; i++) {
    const { status } = await claim({ ...trap, serial: `TL-GUESS-${i}` }, guesser);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.equal(Object.fromEntries(statuses), { 404: 5, 429: 995 });
  rooms.clock.advance(600_000);
  assert.is((await claim(trap, guesser)).status, 404, "after ten minutes there are five more");
});

test("claiming many traps that are there is no guessing", async () => {
  const installer = await rooms.createOwner();
  for (let i = 0; i < 25; i++) {
    const trap = await createTrap(rooms);
    await trap.claim();
    assert.is((await claim(trap, installer)).status, 201);
  }
});

const BAD: [field: string, body: unknown][] = [
  ["serialNumber", { name: "x" }],
  ["serialNumber", { serialNumber: "x".repeat(33), name: "x" }],
  ["serialNumber", { serialNumber: 5, name: "x" }],
  ["name", { serialNumber: "TL-0001" }],
  ["name", { serialNumber: "TL-0001", name: " " }],
  ["name", { serialNumber: "TL-0001", name: "x".repeat(101) }],
  ["name", { serialNumber: "TL-0001", name: "x\u0000" }],
];
for (const [field, body] of BAD) {
  test(`a claim of ${JSON.stringify(body).slice(0, 50)} is refused and ${field} is named`, async () => {
    const answer = await rooms.ask({ url: "/api/v1/claiming/claims", body, as: owner.token });
    assert.is(answer.status, 400);
    assert.is(answer.json.errors[0]?.field, field);
  });
}
