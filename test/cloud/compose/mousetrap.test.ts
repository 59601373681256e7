// A cloud on a mousetrap database that was upgraded in place: traps and people log in with what they had, and find what was theirs.
import pg from "pg";
import * as assert from "uvu/assert";
import { encodeHello } from "#protocol";
import { migrateUp } from "../../../cloud/db/migrations/migrate.ts";
import { createTestCloud, insertIdentity, type TestCloud } from "../../support/cloud.ts";
import { BOOT, connectDevice, type DeviceCredentials, type DeviceOptions, helloOf } from "../../support/mqtt.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";
import { testLog as log } from "../../support/test-log.ts";
import { DOCUMENTED } from "../db/migrations/mousetrap-products.ts";
import { CLEAR, device, HASHED, insertMousetrapRows, PEOPLE, tenant, user } from "../db/migrations/mousetrap-rows.ts";

const test = suite("cloud on an upgraded mousetrap database");
let cloud: TestCloud;

test.before(async () => {
  const database = await createTestDatabase({ migrated: false });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await DOCUMENTED.create(client);
  await insertMousetrapRows(client, DOCUMENTED.takes);
  await migrateUp(client, { log });
  await client.end();
  cloud = await createTestCloud({}, database);
});
test.after(() => cloud.stop());

const trap = (number: number, password: string): DeviceCredentials => ({
  tenantId: tenant(1),
  deviceId: device(number),
  credentialId: `trap_${number}`,
  password,
});

/** As its firmware connects: with a client id of its own, a longer keep alive, and a will of which we know nothing. */
async function logIn(who: DeviceCredentials, change: DeviceOptions["change"] = {}): Promise<number | undefined> {
  const raw = await connectDevice(cloud.mqttPort, who, {
    will: false,
    change: {
      clientId: who.credentialId.replace("trap_", "esp32-"),
      keepalive: 60,
      will: { topic: "mousetrap/status", payload: Buffer.from("offline"), qos: 1, retain: true },
      ...change,
    },
  });
  raw.cut();
  return raw.connack.returnCode;
}

async function readStored(number: number): Promise<string | null> {
  const row = await cloud.db.kysely
    .selectFrom("devices")
    .select("mqtt_password")
    .where("id", "=", device(number))
    .executeTakeFirstOrThrow();
  return row.mqtt_password;
}

const TRAPS: [number: number, what: string, password: string][] = [
  [1, "stood in mqtt_password_plain", CLEAR.plain],
  [2, "stood in clear as mqtt_password", CLEAR.stored],
  [3, "was hashed by bcrypt", HASHED.bcrypt?.password ?? ""],
  [4, "was hashed by mosquitto, PBKDF2", HASHED.pbkdf2?.password ?? ""],
  [5, "was hashed by mosquitto, SHA-512", HASHED.sha512?.password ?? ""],
  [13, "only began like a hash", CLEAR.hashlike],
  [14, "stood in both columns", CLEAR.both],
];
for (const [number, what, password] of TRAPS) {
  test(`a trap whose password ${what} logs in, and by then a hash of ours is stored`, async () => {
    const stored = await readStored(number);
    for (const wrong of ["", "wrong", `${password} `, stored ?? ""]) {
      assert.is(await logIn(trap(number, wrong)), 4, `${wrong} is refused`);
    }
    assert.is(await readStored(number), stored, "whoever is refused changes nothing");
    assert.is(await logIn(trap(number, password)), 0);
    assert.match(String(await readStored(number)), /^sha256:[0-9a-f]{64}$/);
    assert.is(await logIn(trap(number, password)), 0, "and again");
    assert.is(await logIn(trap(number, "wrong")), 4);
  });
}

test("two log-ins at once with an old hash both get in, one after the other", async () => {
  const hash = HASHED.bcrypt?.hash ?? "";
  await cloud.db.kysely.updateTable("devices").set({ mqtt_password: hash }).where("id", "=", device(3)).execute();
  const password = HASHED.bcrypt?.password ?? "";
  assert.equal(await Promise.all([logIn(trap(3, password)), logIn(trap(3, password))]), [0, 0]);
});

test("a client id is the trap's own or its user name, and nobody else's", async () => {
  assert.is(await logIn(trap(2, CLEAR.stored), { clientId: "trap_2" }), 0);
  assert.is(await logIn(trap(2, CLEAR.stored), { clientId: "esp32-1" }), 2);
});

test("a trap that was never anybody's, was released, or had no password, does not get in", async () => {
  assert.is(await logIn(trap(6, CLEAR.nobodys)), 4);
  for (const number of [10, 12, 15]) {
    for (const password of ["", "wrong"]) assert.is(await logIn(trap(number, password)), 4);
  }
});

test("a trap of those days has no key to prove itself with: it gets in, and is not heard [SEAL-1]", async () => {
  const mute = await connectDevice(cloud.mqttPort, trap(2, CLEAR.stored), { will: false });
  assert.equal(await mute.subscribe(), [1, 1, 1, 1, 1]);
  mute.publishBytes("hello", encodeHello(helloOf(BOOT, 1)));
  await mute.closed;
  assert.equal(mute.inbox, []);
  assert.is(cloud.refusals().unproven, 1);
});

test("a trap that has been given a key, and speaks as ours do by now, is heard", async () => {
  const password = HASHED.pbkdf2?.password ?? "";
  await cloud.db.kysely.updateTable("devices").set({ serial_number: "TL-OLD-4" }).where("id", "=", device(4)).execute();
  const key = await insertIdentity(cloud.db, {
    serialNumber: "TL-OLD-4",
    macAddress: "24:0a:c4:fe:00:04",
    kind: "snap",
  });
  const spoken = await connectDevice(cloud.mqttPort, { ...trap(4, password), key }, { will: false });
  assert.is(spoken.connack.returnCode, 0);
  await spoken.hello();
  await spoken.event({ seq: 1 });
  const token = await logInAs(PEOPLE.ann.email, PEOPLE.ann.password);
  const answer = await cloud.ask({ url: `/api/v1/devices/${device(4)}`, as: token });
  assert.equal([answer.json.device.online, answer.json.device.trapState], [true, "sprung"]);
  spoken.cut();
});

async function logInAs(email: string, password: string): Promise<string> {
  const answer = await cloud.ask({ url: "/api/v1/login", body: { email, password } });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json.token;
}

async function readHash(number: number): Promise<string | null> {
  const row = await cloud.db.kysely
    .selectFrom("users")
    .select("password_hash")
    .where("id", "=", user(number))
    .executeTakeFirstOrThrow();
  return row.password_hash;
}

for (const [number, { email, password }] of [[1, PEOPLE.ann] as const, [9, PEOPLE.joerg] as const]) {
  test(`${email} logs in with the password of those days, and is hashed as everybody by then`, async () => {
    const wrong = await cloud.ask({ url: "/api/v1/login", body: { email, password: `${password}!` } });
    assert.is(wrong.status, 401);
    await logInAs(email.replace("Example", "EXAMPLE"), password);
    assert.match(String(await readHash(number)), /^\$argon2id\$/);
    await logInAs(email, password);
  });
}

test("a hash that nobody can read is a wrong password, and no fault", async () => {
  const stored = await cloud.db.kysely.selectFrom("users").select("email").where("id", "=", user(2)).executeTakeFirst();
  const answer = await cloud.ask({ url: "/api/v1/login", body: { email: stored?.email, password: "whatever" } });
  assert.is(answer.status, 401);
});

test("people see the traps, alerts, codes and versions that were theirs", async () => {
  const token = await logInAs(PEOPLE.ann.email, PEOPLE.ann.password);
  const ask = async (url: string) => {
    const answer = await cloud.ask({ url, as: token });
    assert.is(answer.status, 200, `${url}: ${answer.text}`);
    return answer.json;
  };
  const { devices } = await ask("/api/v1/devices");
  assert.equal(
    devices.map((one) => one.id).sort(),
    [1, 2, 3, 4, 5, 7, 9, 12, 13, 14].map(device).sort(),
    "but for the released ones",
  );
  const { alerts } = await ask("/api/v1/alerts");
  assert.ok(alerts.length > 10);
  for (const one of alerts) assert.ok(one.triggeredAt);
  await ask("/api/v1/claim-codes");
  await ask("/api/v1/firmware");
  await ask("/api/v1/claiming/nearby");
  await ask("/api/v1/me");
  for (const of of ["", "/events", "/commands", "/updates"]) await ask(`/api/v1/devices/${device(1)}${of}`);
  assert.not.match(cloud.logText(), /"level":50/);
});
