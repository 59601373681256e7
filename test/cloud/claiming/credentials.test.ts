// Credentials: readable by the trap alone, fresh at each pickup until their first use, never given after it, void once the trap is released
// [CLAIM-3] [CLAIM-5] [CLAIM-6].
import pg from "pg";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "../http/rooms.ts";
import { createTrap, type Trap } from "./trap.ts";

const test = suite("credentials");
let rooms: Rooms;
let owner: Owner;

test.before(async () => {
  rooms = await createRooms();
  owner = await rooms.createOwner();
});
test.after(() => rooms.stop());

async function claim(trap: Trap, as = owner): Promise<string> {
  await trap.claim();
  const body = { serialNumber: trap.serial, name: "Loft" };
  const answer = await rooms.ask({ url: "/api/v1/claiming/claims", body, as: as.token });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json.device.id;
}

async function createClaimed(): Promise<{ trap: Trap; deviceId: string }> {
  const trap = await createTrap(rooms);
  return { trap, deviceId: await claim(trap) };
}

async function pickUp(trap: Trap): Promise<{ user: string; password: string }> {
  const answer = await trap.pickUp();
  if (answer.credentials === null || answer.password === null) throw new Error(`no credentials: ${answer.status}`);
  return { user: answer.credentials.user, password: answer.password };
}

const release = (deviceId: string, as = owner) =>
  rooms.ask({ method: "POST", url: `/api/v1/devices/${deviceId}/release`, as: as.token });

test("before anybody claimed, the trap waits; without a window it hears that there is none", async () => {
  const trap = await createTrap(rooms);
  assert.is((await trap.pickUp()).status, "closed");
  await trap.claim();
  const waiting = await trap.pickUp();
  assert.is(waiting.status, "waiting");
  assert.is(waiting.credentials, null);
});

test("a claimed trap gets all it needs to connect, and it works", async () => {
  const { trap, deviceId } = await createClaimed();
  const { status, credentials, password } = await trap.pickUp();
  assert.is(status, "ready");
  assert.equal([credentials?.tenant, credentials?.device], [owner.tenantId, deviceId]);
  assert.equal([credentials?.host, credentials?.port], ["broker.example", 1883]);
  assert.match(String(password), /^[0-9a-f]{64}$/);
  const known = await rooms.authenticate(String(credentials?.user), String(password));
  const key = Buffer.from(trap.key, "hex");
  assert.equal(known, { tenantId: owner.tenantId, deviceId, credentialId: credentials?.user, key });
});

test("each pickup gives a fresh password and voids the one before, until the first use", async () => {
  const { trap } = await createClaimed();
  const [lost, kept] = [await pickUp(trap), await pickUp(trap)];
  assert.is.not(lost.password, kept.password);
  assert.is(lost.user, kept.user);
  assert.is(await rooms.authenticate(lost.user, lost.password), null);
  assert.ok(await rooms.authenticate(kept.user, kept.password));
});

test("after their first use they are given to nobody, and go on working", async () => {
  const { trap } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  for (let i = 0; i < 3; i++) {
    const answer = await trap.pickUp();
    assert.equal([answer.status, answer.credentials], ["confirmed", null]);
    assert.ok(await rooms.authenticate(user, password));
  }
});

test("a claim interrupted at any step is completed by asking again [fault 13]", async () => {
  const { trap } = await createClaimed();
  // The trap lost power before it heard of its claim: its button is held again.
  assert.is((await trap.claim()).status, "open");
  await pickUp(trap);
  // It lost power before it wrote the password down.
  rooms.clock.advance(3_600_000);
  assert.is((await trap.claim()).status, "open");
  const { user, password } = await pickUp(trap);
  assert.ok(await rooms.authenticate(user, password));
  assert.is((await trap.claim()).status, "owned");
});

test("first use and another pickup at once never leave a trap with a password that was given and does not work", async () => {
  for (let round = 0; round < 10; round++) {
    const { trap } = await createClaimed();
    const { user, password } = await pickUp(trap);
    const [used, again] = await Promise.all([rooms.authenticate(user, password), trap.pickUp()]);
    const works = await rooms.authenticate(user, password);
    if (used !== null) {
      assert.is(again.status, "confirmed");
      assert.ok(works);
    } else {
      assert.is(again.status, "ready");
      assert.ok(await rooms.authenticate(user, String(again.password)));
    }
  }
});

test("wrong, foreign and odd credentials authenticate nobody", async () => {
  const [one, other] = [await createClaimed(), await createClaimed()];
  const [mine, theirs] = [await pickUp(one.trap), await pickUp(other.trap)];
  const attempts: [user: string, password: string][] = [
    [mine.user, theirs.password],
    [mine.user, ""],
    [mine.user, mine.password.toUpperCase()],
    [mine.user, `${mine.password}0`],
    [mine.user.toUpperCase(), mine.password],
    ["", ""],
    ["nobody", mine.password],
    [`${mine.user}\u0000`, mine.password],
    ["x".repeat(100_000), mine.password],
    ["' or true --", "x"],
  ];
  for (const [user, password] of attempts) assert.is(await rooms.authenticate(user, password), null, user.slice(0, 50));
  const fresh = await createClaimed();
  const row = await rooms.db.kysely
    .selectFrom("devices")
    .select("mqtt_username")
    .where("id", "=", fresh.deviceId)
    .executeTakeFirstOrThrow();
  assert.is(await rooms.authenticate(String(row.mqtt_username), ""), null, "claimed, but no password yet");
});

test("the password is in no table and no log, and its hash is [SECRET-1]", async () => {
  const { trap, deviceId } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  const row = await rooms.db.kysely
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", deviceId)
    .executeTakeFirstOrThrow();
  assert.match(String(row.mqtt_password), /^sha256:[0-9a-f]{64}$/);
  for (const secret of [password, trap.key]) {
    assert.not.ok(JSON.stringify(row).includes(secret));
    assert.not.ok(rooms.logText().includes(secret));
  }
});

test("a released trap's credentials stop working at once, its connection is ended, and it is told why", async () => {
  const { trap, deviceId } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  rooms.link.sent.length = 0;
  rooms.link.disconnected.length = 0;
  assert.is((await release(deviceId)).status, 204);
  assert.is(await rooms.authenticate(user, password), null);
  const scope = { tenantId: owner.tenantId, deviceId, credentialId: user };
  assert.equal(rooms.link.disconnected, [scope]);
  assert.equal(rooms.link.sent[0]?.device, scope);
  assert.equal(rooms.link.sent[0]?.message.name, "command");
  assert.is((await trap.pickUp()).status, "released");
});

test("a release that the trap never heard of is told when it asks, and claiming begins anew", async () => {
  const { trap, deviceId } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  rooms.link.onSend = () => Promise.reject(new Error("the socket is gone"));
  try {
    assert.is((await release(deviceId)).status, 204);
  } finally {
    rooms.link.onSend = async () => undefined;
  }
  assert.is((await trap.pickUp()).status, "released");
  const buyer = await rooms.createOwner();
  assert.is((await trap.claim()).status, "open");
  assert.is((await trap.pickUp()).status, "waiting");
  const again = await claim(trap, buyer);
  assert.is.not(again, deviceId);
  const fresh = await pickUp(trap);
  assert.equal((await rooms.authenticate(fresh.user, fresh.password))?.tenantId, buyer.tenantId);
  assert.is(await rooms.authenticate(user, password), null);
});

test("a trap released before it came for its credentials gets none", async () => {
  const { trap, deviceId } = await createClaimed();
  await release(deviceId);
  assert.is((await trap.pickUp()).status, "released");
});

test("a factory reset told by the trap undoes the claim on this side, and telling it again is no error", async () => {
  const { trap, deviceId } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  rooms.link.disconnected.length = 0;
  assert.is((await trap.release()).status, "released");
  assert.is(await rooms.authenticate(user, password), null);
  assert.equal(rooms.link.disconnected, [{ tenantId: owner.tenantId, deviceId, credentialId: user }]);
  assert.is((await rooms.ask({ url: `/api/v1/devices/${deviceId}`, as: owner.token })).status, 404);
  assert.is((await trap.release()).status, "unknown");
});

test("a factory reset closes the trap's window", async () => {
  const trap = await createTrap(rooms);
  await trap.claim();
  assert.is((await trap.release()).status, "unknown");
  const body = { serialNumber: trap.serial, name: "Loft" };
  assert.is((await rooms.ask({ url: "/api/v1/claiming/claims", body, as: owner.token })).status, 404);
});

test("an owned trap cannot be claimed by anybody, in claiming mode, by serial number or by code, and the owner hears of it [threat 10]", async () => {
  const { trap, deviceId } = await createClaimed();
  const { user, password } = await pickUp(trap);
  await rooms.authenticate(user, password);
  const thief = await rooms.createOwner();
  const heard = await listenTo(owner.tenantId);
  try {
    assert.is((await trap.claim()).status, "owned");
    const { code } = (await rooms.ask({ url: "/api/v1/claim-codes", body: { deviceName: "x" }, as: thief.token })).json;
    assert.is((await trap.claim(code)).status, "owned");
    const body = { serialNumber: trap.serial, name: "Mine now" };
    const answer = await rooms.ask({ url: "/api/v1/claiming/claims", body, as: thief.token });
    assert.is(answer.status, 409);
    assert.is(answer.json.code, "claim-taken");
  } finally {
    await heard.stop();
  }
  const told = heard.notices.filter((notice) => notice.type === "claiming");
  assert.equal(
    told.map((notice) => notice.data.deviceId),
    [deviceId, deviceId, deviceId],
  );
  assert.ok(await rooms.authenticate(user, password), "and it is still the owner's");
});

interface Notice {
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
}

async function listenTo(tenantId: string): Promise<{ notices: Notice[]; stop(): Promise<void> }> {
  const client = new pg.Client({ connectionString: rooms.database.url });
  await client.connect();
  const notices: Notice[] = [];
  client.on("notification", (message) => {
    const notice: Notice = JSON.parse(message.payload ?? "{}");
    if (notice.tenantId === tenantId) notices.push(notice);
  });
  await client.query("listen trapline_live");
  return {
    notices,
    // A statement's answer comes after all notices that were committed before it.
    stop: async () => {
      await client.query("select 1");
      await client.end();
    },
  };
}
