// Claim codes: made, shown in groups, used once, revoked, expired, and not worth guessing [CLAIM-7] [threat 9].
import * as assert from "uvu/assert";
import { displayClaimCode, normalizeClaimCode } from "#protocol";
import { sweepClaiming } from "../../../cloud/claiming/queries/sweep-claiming.ts";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createTrap } from "./trap.ts";

const test = suite("claim codes");
const DAY_S = 24 * 60 * 60;
let rooms: Rooms;
let owner: Owner;

test.before(async () => {
  rooms = await createRooms();
});
test.before.each(async () => {
  rooms.clock.advance(600_000);
  owner = await rooms.createOwner();
});
test.after(() => rooms.stop());

const make = (body: object = { deviceName: "Attic" }, as = owner) =>
  rooms.ask({ url: "/api/v1/claim-codes", body, as: as.token });
const list = async (as = owner) => (await rooms.ask({ url: "/api/v1/claim-codes", as: as.token })).json.codes;
const revoke = (code: string, as = owner) =>
  rooms.ask({ method: "DELETE", url: `/api/v1/claim-codes/${encodeURIComponent(code)}`, as: as.token });
const after = (seconds: number) => new Date(rooms.clock.now().getTime() + seconds * 1000).toISOString();

test("a code is made for a name, shown in groups, good for a day", async () => {
  const answer = await make();
  assert.is(answer.status, 201);
  const { code, display, deviceName, status, expiresAt } = answer.json;
  assert.is(normalizeClaimCode(display), code);
  assert.is(display, displayClaimCode(code));
  assert.equal([deviceName, status, expiresAt], ["Attic", "active", after(DAY_S)]);
  assert.equal(await list(), [answer.json]);
});

test("a trap that shows the code is the tenant's, and the code is used up", async () => {
  const { code } = (await make()).json;
  const trap = await createTrap(rooms);
  assert.is((await trap.claim(code)).status, "code-claimed");
  const { devices } = (await rooms.ask({ url: "/api/v1/devices", as: owner.token })).json;
  assert.equal(
    devices.map((device) => [device.name, device.serialNumber]),
    [["Attic", trap.serial]],
  );
  const [used] = await list();
  assert.equal([used?.status, used?.deviceId], ["claimed", devices[0]?.id]);
  const other = await createTrap(rooms);
  assert.is((await other.claim(code)).status, "code-refused");
  assert.is((await trap.pickUp()).status, "ready");
});

test("a trap whose answer was lost shows the same code again and hears the same", async () => {
  const { code } = (await make()).json;
  const trap = await createTrap(rooms);
  for (let i = 0; i < 3; i++) assert.is((await trap.claim(code)).status, "code-claimed");
  assert.is((await rooms.ask({ url: "/api/v1/devices", as: owner.token })).json.devices.length, 1);
});

test("claimed but not yet picked up, another code of the same owner is accepted unused, one of another is not", async () => {
  const [first, second] = [(await make()).json.code, (await make()).json.code];
  const stranger = (await make({ deviceName: "Theirs" }, await rooms.createOwner())).json.code;
  const trap = await createTrap(rooms);
  await trap.claim(first);
  assert.is((await trap.claim(second)).status, "code-claimed");
  assert.is((await trap.claim(stranger)).status, "code-refused");
  const codes: { code: string; status: string }[] = await list();
  assert.is(codes.find((one) => one.code === second)?.status, "active");
});

test("a code closes the window the trap had open", async () => {
  const trap = await createTrap(rooms, { from: "198.51.100.1" });
  await trap.claim();
  await trap.claim((await make()).json.code);
  const nearby = await rooms.ask({ url: "/api/v1/claiming/nearby", as: owner.token, from: "198.51.100.1" });
  assert.equal(nearby.json.traps, []);
});

test("a code that is over is refused, to the millisecond, and swept", async () => {
  const { code } = (await make({ deviceName: "Short", expiresInS: 60 })).json;
  const [early, late] = [await createTrap(rooms), await createTrap(rooms)];
  const other = (await make({ deviceName: "Short", expiresInS: 60 })).json.code;
  rooms.clock.advance(59_999);
  assert.is((await early.claim(other)).status, "code-claimed");
  rooms.clock.advance(1);
  assert.is((await late.claim(code)).status, "code-refused");
  const find = async () => (await list()).find((one) => one.code === code)?.status;
  assert.is(await find(), "expired", "whoever lists sees it before the sweep");
  assert.ok((await rooms.db.system((trx) => sweepClaiming(trx, rooms.clock.now()))).codes > 0);
  assert.is(await find(), "expired");
});

test("a revoked code is refused at once", async () => {
  const { code, display } = (await make()).json;
  assert.is((await revoke(display.toLowerCase())).status, 204);
  assert.is((await (await createTrap(rooms)).claim(code)).status, "code-refused");
  assert.is((await revoke(code)).status, 404, "and is revoked once");
});

test("nobody sees or revokes another tenant's code", async () => {
  const { code } = (await make()).json;
  const other = await rooms.createOwner();
  assert.equal(await list(other), []);
  const answer = await revoke(code, other);
  assert.is(answer.status, 404);
  assert.is(answer.json.code, "claim-code-not-found");
  assert.is((await (await createTrap(rooms)).claim(code)).status, "code-claimed");
});

test("what can be no code is not found", async () => {
  for (const code of ["x", "0000000000", "ABCDEFGHJKL", "' or true", "../../me"]) {
    assert.is((await revoke(code)).status, 404, code);
  }
});

test("a tenant has at most twenty active codes", async () => {
  for (let i = 0; i < 20; i++) assert.is((await make()).status, 201);
  const refused = await make();
  assert.is(refused.status, 409);
  assert.is(refused.json.code, "claim-codes-exhausted");
  await revoke((await list())[0]!.code);
  assert.is((await make()).status, 201);
  rooms.clock.advance(DAY_S * 1000);
  assert.is((await make()).status, 201, "those that are over count no more");
});

const BAD: [field: string, body: object][] = [
  ["deviceName", {}],
  ["deviceName", { deviceName: "" }],
  ["deviceName", { deviceName: "x".repeat(101) }],
  ["expiresInS", { deviceName: "x", expiresInS: 59 }],
  ["expiresInS", { deviceName: "x", expiresInS: 7 * DAY_S + 1 }],
  ["expiresInS", { deviceName: "x", expiresInS: "60" }],
  ["expiresInS", { deviceName: "x", expiresInS: 60.5 }],
];
for (const [field, body] of BAD) {
  test(`${JSON.stringify(body).slice(0, 50)} makes no code and ${field} is named`, async () => {
    const answer = await make(body);
    assert.is(answer.status, 400);
    assert.is(answer.json.errors[0]?.field, field);
  });
}

test("a trap may guess five times in ten minutes", async () => {
  const trap = await createTrap(rooms, { from: "198.51.100.2" });
  for (let i = 0; i < 5; i++) assert.is((await trap.claim(`22222222${22 + i}`)).status, "code-refused");
  const { code } = (await make()).json;
  const refused = await trap.post("claiming", trap.claimText(await trap.getChallenge(), { code }));
  assert.is(refused.status, 429);
  assert.is(refused.headers["retry-after"], "600");
  assert.is((await trap.claim()).status, "open", "the button still works");
  rooms.clock.advance(600_000);
  assert.is((await trap.claim(code)).status, "code-claimed");
});

test("an address may guess twenty times in ten minutes, with however many traps", async () => {
  let refused = 0;
  for (let i = 0; i < 30; i++) {
    const trap = await createTrap(rooms, { from: "198.51.100.3" });
    const text = trap.claimText(await trap.getChallenge(), { code: "2222222222" });
    if ((await trap.post("claiming", text)).status === 429) refused += 1;
  }
  assert.is(refused, 10);
});
