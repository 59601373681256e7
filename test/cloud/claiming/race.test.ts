// Of all who claim at once exactly one tenant wins, by window, by code, and across both [CLAIM-4] [threat 11] [fault 12].
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createTrap, type Trap } from "./trap.ts";

const PLENTY = { count: 1_000_000, windowMs: 60_000 };
const test = suite("claiming race", { limitMs: 60_000 });
let rooms: Rooms;
let owners: Owner[];

test.before(async () => {
  const limits = { guessesPerGuesser: PLENTY, guessesPerAddress: PLENTY, guessesInAll: PLENTY };
  rooms = await createRooms({ claimingLimits: limits });
  owners = await Promise.all([rooms.createOwner(), rooms.createOwner()]);
});
test.after(() => rooms.stop());

const claim = (trap: Trap, owner: Owner) =>
  rooms.ask({ url: "/api/v1/claiming/claims", body: { serialNumber: trap.serial, name: "Mine" }, as: owner.token });

async function listOwnersOf(trap: Trap): Promise<string[]> {
  const rows = await rooms.db.kysely
    .selectFrom("devices")
    .select("tenant_id")
    .where("serial_number", "=", trap.serial)
    .where("unclaimed_at", "is", null)
    .execute();
  return rows.map((row) => row.tenant_id);
}

async function makeCode(owner: Owner): Promise<string> {
  const answer = await rooms.ask({ url: "/api/v1/claim-codes", body: { deviceName: "By code" }, as: owner.token });
  return answer.json.code;
}

test("640 claims of two tenants at once have one winner", async () => {
  const trap = await createTrap(rooms);
  await trap.claim();
  const answers = await Promise.all(Array.from({ length: 640 }, (_, i) => claim(trap, owners[i % 2]!)));
  const won = answers.filter((answer) => answer.status === 201);
  assert.is(won.length, 1);
  assert.equal([...new Set(answers.map((answer) => answer.status))].sort(), [201, 409]);
  assert.is((await listOwnersOf(trap)).length, 1);
});

test("one code shown by twenty traps at once is used by one", async () => {
  const code = await makeCode(owners[0]!);
  const traps = await Promise.all(Array.from({ length: 20 }, () => createTrap(rooms)));
  const answers = await Promise.all(traps.map((trap) => trap.claim(code)));
  assert.is(answers.filter((answer) => answer.status === "code-claimed").length, 1);
  assert.is(answers.filter((answer) => answer.status === "code-refused").length, 19);
});

test("a code of one tenant and claims of the other at once leave one owner, whoever it is", async () => {
  for (let round = 0; round < 10; round++) {
    const trap = await createTrap(rooms);
    await trap.claim();
    const code = await makeCode(owners[0]!);
    const [byCode, ...byWindow] = await Promise.all([
      trap.claim(code),
      ...Array.from({ length: 5 }, () => claim(trap, owners[1]!)),
    ]);
    const windowWon = byWindow.filter((answer) => answer.status === 201).length;
    assert.is(windowWon + (byCode.status === "code-claimed" ? 1 : 0), 1, JSON.stringify([byCode.status, windowWon]));
    assert.ok(byWindow.every((answer) => answer.status < 500));
    const winner = windowWon === 1 ? owners[1]! : owners[0]!;
    assert.equal(await listOwnersOf(trap), [winner.tenantId]);
  }
});

test("reopening the window while it is claimed gives nobody a second chance", async () => {
  for (let round = 0; round < 10; round++) {
    const trap = await createTrap(rooms);
    await trap.claim();
    const [first, , second] = await Promise.all([claim(trap, owners[0]!), trap.claim(), claim(trap, owners[1]!)]);
    assert.equal([first.status, second.status].sort(), [201, 409]);
    assert.is((await listOwnersOf(trap)).length, 1);
  }
});

test("releasing and claiming again in a crowd never leaves two owners or an error", async () => {
  const trap = await createTrap(rooms);
  await trap.claim();
  let deviceId: string = (await claim(trap, owners[0]!)).json.device.id;
  for (let round = 0; round < 10; round++) {
    const release = { method: "POST", url: `/api/v1/devices/${deviceId}/release`, as: owners[0]!.token } as const;
    const [released, , ...claims] = await Promise.all([
      rooms.ask(release),
      trap.claim(),
      claim(trap, owners[1]!),
      claim(trap, owners[1]!),
    ]);
    assert.is(released.status, 204);
    for (const answer of claims) assert.ok([201, 404, 409].includes(answer.status), answer.text);
    assert.ok((await listOwnersOf(trap)).length <= 1);
    const won = claims.find((answer) => answer.status === 201);
    if (won !== undefined) {
      const undo = {
        method: "POST",
        url: `/api/v1/devices/${won.json.device.id}/release`,
        as: owners[1]!.token,
      } as const;
      assert.is((await rooms.ask(undo)).status, 204);
    }
    await trap.claim();
    deviceId = (await claim(trap, owners[0]!)).json.device.id;
  }
});
