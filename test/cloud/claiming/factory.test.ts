// Identities are registered by whoever holds the factory's token, once, and their keys are readable nowhere [CLAIM-1] [SECRET-1].
import { sql } from "kysely";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, FACTORY_TOKEN, type Rooms } from "../http/rooms.ts";

const test = suite("factory");
const KEY = "5ec2e7".padEnd(64, "0123456789abcdef");
const IDENTITY = {
  serialNumber: "TL-0001",
  macAddress: "24:0a:c4:00:00:01",
  key: KEY,
  hardware: "esp32-devkit",
  kind: "snap",
};
let rooms: Rooms;

test.before(async () => {
  rooms = await createRooms();
});
test.after(() => rooms.stop());

const register = (changes: object = {}, as: string | undefined = FACTORY_TOKEN, from?: string) =>
  rooms.ask({ url: "/api/v1/factory/devices", body: { ...IDENTITY, ...changes }, as, from });

test("a new identity is registered, and its key is in no answer", async () => {
  const answer = await register();
  assert.is(answer.status, 201);
  const { registeredAt, ...device } = answer.json.device;
  const { key: _key, ...told } = IDENTITY;
  assert.equal(device, told);
  assert.is(registeredAt, rooms.clock.now().toISOString());
  assert.not.ok(answer.text.includes(KEY));
});

test("the same once more is no error and changes nothing", async () => {
  const first = await register();
  rooms.clock.advance(1000);
  const again = await register();
  assert.is(again.status, 201);
  assert.equal(again.json, first.json);
});

const CONFLICTS: [what: string, changes: object][] = [
  ["another key", { key: "ab".repeat(32) }],
  ["another MAC address", { macAddress: "24:0a:c4:00:00:99" }],
  ["another serial number", { serialNumber: "TL-0099" }],
  ["another hardware", { hardware: "esp32-c3" }],
  ["another kind", { kind: "monitor" }],
];
for (const [what, changes] of CONFLICTS) {
  test(`${what} under a known identity is a conflict`, async () => {
    const answer = await register(changes);
    assert.is(answer.status, 409);
    assert.is(answer.json.code, "identity-conflict");
  });
}

test("a serial number of one trap with the MAC address of another is a conflict", async () => {
  const second = { serialNumber: "TL-0002", macAddress: "24:0a:c4:00:00:02" };
  assert.is((await register(second)).status, 201);
  assert.is((await register({ macAddress: second.macAddress })).status, 409);
});

test("many hosts that register the same at once all hear that it is done", async () => {
  const one = { serialNumber: "TL-0003", macAddress: "24:0a:c4:00:00:03" };
  const answers = await Promise.all(Array.from({ length: 10 }, () => register(one)));
  assert.equal([...new Set(answers.map((answer) => answer.status))], [201]);
});

const BAD: [field: string, changes: object][] = [
  ["serialNumber", { serialNumber: "tl-0001" }],
  ["serialNumber", { serialNumber: "TL" }],
  ["serialNumber", { serialNumber: "X".repeat(33) }],
  ["serialNumber", { serialNumber: 17 }],
  ["macAddress", { macAddress: "24:0A:C4:00:00:01" }],
  ["macAddress", { macAddress: "240ac4000001" }],
  ["key", { key: "ab".repeat(31) }],
  ["key", { key: undefined }],
  ["hardware", { hardware: "" }],
  ["hardware", { hardware: "x".repeat(33) }],
  ["hardware", { hardware: "a\nb" }],
  ["kind", { kind: "elephant" }],
];
for (const [field, changes] of BAD) {
  test(`${JSON.stringify(changes).slice(0, 50)} is refused and ${field} is named`, async () => {
    const answer = await register(changes);
    assert.is(answer.status, 400, answer.text);
    assert.is(answer.json.errors[0]?.field, field);
  });
}

test("without the token nothing is registered, and guessing it is slowed down", async () => {
  const from = "10.1.1.1";
  for (const token of [undefined, "", "x", `${FACTORY_TOKEN}x`, FACTORY_TOKEN.toUpperCase()]) {
    const body = { ...IDENTITY, serialNumber: "TL-0404" };
    const answer = await rooms.ask({ url: "/api/v1/factory/devices", body, as: token, from });
    assert.is(answer.status, 401);
    assert.is(answer.json.code, "wrong-factory-token");
  }
  for (let i = 5; i < 20; i++) assert.is((await register({}, `guess ${i}`, from)).status, 401);
  assert.is((await register({}, "guess 21", from)).status, 429);
  assert.is((await register({}, FACTORY_TOKEN, from)).status, 201, "whoever has it is not kept out by others");
});

test("a cloud without a factory token registers nobody, not even with an empty one", async () => {
  const closed = await createRooms({ factoryToken: null });
  try {
    for (const as of [undefined, "", FACTORY_TOKEN]) {
      assert.is((await closed.ask({ url: "/api/v1/factory/devices", body: IDENTITY, as })).status, 401);
    }
  } finally {
    await closed.stop();
  }
});

test("keys lie sealed in the database and in no log", async () => {
  const rows = await sql<{ row: string }>`select i::text as row from device_identities i`.execute(rooms.db.kysely);
  const dump = rows.rows.map((one) => one.row).join("\n");
  assert.ok(dump.includes("TL-0001"));
  for (const text of [dump, rooms.logText()]) {
    assert.not.ok(text.includes(KEY));
    assert.not.ok(text.includes(FACTORY_TOKEN));
  }
});
