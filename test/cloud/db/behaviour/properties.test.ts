// Properties of devices: values that fit their type, their bounds and what is allowed, and the notice of every change.
import * as assert from "uvu/assert";
import { eventually } from "../../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession, setScope } from "../walls/role-session.ts";
import { type FilledTenant, fillTwoTenants } from "../walls/two-tenants.ts";

const test = suite("device properties");
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let a: FilledTenant;
/** What was told on property_changes so far. */
let told: Notice[];

interface Notice {
  tenant_id: string;
  device_id: string;
  property_name: string;
  data_type: string;
  changed_by: string;
  changed_at: string;
  old_value?: string | null;
  new_value?: string | null;
}

test.before(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  app = await openSession(database.urls.app);
  ({ a } = await fillTwoTenants(owner.client));
  owner.client.on("notification", ({ channel, payload }) => {
    if (channel === "property_changes") told.push(JSON.parse(payload ?? "{}"));
  });
  await owner.client.query("LISTEN property_changes");
});
test.before.each(async () => {
  await owner.client.query("DELETE FROM device_properties");
  told = [];
});
test.after(async () => {
  await Promise.all([owner.stop(), app.stop()]);
  await database.stop();
});

interface Property {
  value?: string | null;
  data_type?: string;
  min_value?: number;
  max_value?: number;
  allowed_values?: string[];
  last_changed_by?: string;
}

/** Committed, as a person's request. */
async function insertProperty(name: string, property: Property): Promise<void> {
  const values = { tenant_id: a.tenantId, device_id: a.id("devices"), name, data_type: "string", ...property };
  const places = Object.keys(values).map((_name, index) => `$${index + 1}`);
  const text = `INSERT INTO device_properties (${Object.keys(values).join(", ")}) VALUES (${places.join(", ")})`;
  await commit((session) => session.client.query(text, Object.values(values)));
}

async function commit(fn: (session: RoleSession) => Promise<unknown>): Promise<void> {
  await app.client.query("BEGIN");
  try {
    await setScope(app.client, a.tenantId, a.userId);
    await fn(app);
    await app.client.query("COMMIT");
  } catch (error) {
    await app.client.query("ROLLBACK");
    throw error;
  }
}

/** Everything told up to now: what came before this one marker on the same connection. */
async function listTold(): Promise<Notice[]> {
  await owner.client.query("SELECT pg_notify('property_changes', '{\"property_name\": \"marker\"}')");
  await eventually(() => told.some((one) => one.property_name === "marker"), {
    withinMs: 2_000,
    because: "the marker arrives",
  });
  const before = told.slice(
    0,
    told.findIndex((one) => one.property_name === "marker"),
  );
  told = [];
  return before;
}

const VALUES: [type: string, value: string | null, fits: boolean, more?: Property][] = [
  ["boolean", "true", true],
  ["boolean", "false", true],
  ["boolean", "TRUE", false],
  ["boolean", "1", false],
  ["boolean", "", false],
  ["boolean", null, true],
  ["integer", "0", true],
  ["integer", "-42", true],
  ["integer", "999999999999999999", true],
  ["integer", "1000000000000000000", false],
  ["integer", "1.0", false],
  ["integer", "1e3", false],
  ["integer", "+1", false],
  ["integer", " 1", false],
  ["integer", "1\n", false],
  ["integer", "", false],
  ["float", "21.5", true],
  ["float", "-0.25", true],
  ["float", "7", true],
  ["float", "1e5", false],
  ["float", "NaN", false],
  ["float", "Infinity", false],
  ["float", "1.", false],
  ["float", ".5", false],
  ["string", "", true],
  ["string", "anything at all\n, ünïcode 🪤", true],
  ["date", "2026-01-01", false],
  ["integer", "5", true, { min_value: 5, max_value: 5 }],
  ["integer", "4", false, { min_value: 5 }],
  ["integer", "6", false, { max_value: 5 }],
  ["float", "4.999", false, { min_value: 5 }],
  ["float", "5.001", false, { max_value: 5 }],
  ["float", "-1", true, { max_value: 5 }],
  ["float", null, true, { min_value: 1, max_value: 2 }],
  ["string", "7", true, { max_value: 5 }],
  ["string", "auto", true, { allowed_values: ["auto", "off"] }],
  ["string", "on", false, { allowed_values: ["auto", "off"] }],
  ["string", null, true, { allowed_values: ["auto"] }],
  ["integer", "2", true, { allowed_values: ["1", "2"], min_value: 2 }],
  ["integer", "1", false, { allowed_values: ["1", "2"], min_value: 2 }],
];

for (const [type, value, fits, more = {}] of VALUES)
  test(`${JSON.stringify(value)} ${fits ? "is" : "is not"} a value of ${type} ${JSON.stringify(more)}`, async () => {
    const inserted = await insertProperty("mode", { data_type: type, value, ...more }).then(
      () => null,
      (error: { code?: string }) => error.code,
    );
    assert.is(inserted, fits ? null : "23514");
  });

test("a change of value is told when it is committed, with both values", async () => {
  await insertProperty("temperature", { data_type: "integer", value: "20" });
  const [inserted] = await listTold();
  assert.equal([inserted?.old_value, inserted?.new_value, inserted?.changed_by], [null, "20", "device"]);
  await app.client.query("BEGIN");
  await setScope(app.client, a.tenantId, a.userId);
  await app.client.query("UPDATE device_properties SET value = '21', last_changed_by = 'web'");
  assert.equal(await listTold(), [], "nothing is told before it is so");
  await app.client.query("COMMIT");
  const [changed, ...more] = await listTold();
  const stored = await owner.client.query("SELECT last_changed_at FROM device_properties");
  assert.equal(more, []);
  assert.equal(
    { ...changed, changed_at: new Date(changed?.changed_at ?? "") },
    {
      tenant_id: a.tenantId,
      device_id: a.id("devices"),
      property_name: "temperature",
      data_type: "integer",
      changed_by: "web",
      changed_at: stored.rows[0].last_changed_at,
      old_value: "20",
      new_value: "21",
    },
  );
});

test("what is rolled back, what stays as it is and what is set to nothing from nothing is not told", async () => {
  await insertProperty("mode", { value: null });
  await insertProperty("place", { value: "barn" });
  assert.is((await listTold()).length, 1);
  await app.inside(a, () => app.attempt("UPDATE device_properties SET value = 'attic'"));
  await commit(({ client }) =>
    client.query("UPDATE device_properties SET value = value, unit = 'x', last_changed_by = 'api'"),
  );
  await commit(({ client }) => client.query("DELETE FROM device_properties WHERE name = 'mode'"));
  assert.equal(await listTold(), []);
  await commit(({ client }) => client.query("UPDATE device_properties SET value = NULL"));
  assert.equal(
    (await listTold()).map((one) => [one.old_value, one.new_value]),
    [["barn", null]],
  );
});

test("the moment of the last change follows the value alone", async () => {
  await insertProperty("mode", { value: "auto" });
  const read = async () =>
    (await owner.client.query("SELECT last_changed_at FROM device_properties")).rows[0].last_changed_at.getTime();
  const begun = await read();
  await commit(({ client }) => client.query("UPDATE device_properties SET unit = 'x'"));
  assert.is(await read(), begun);
  await commit(({ client }) =>
    client.query("UPDATE device_properties SET value = 'off', last_changed_at = '2000-01-01Z'"),
  );
  assert.ok((await read()) > begun);
});

for (const [what, value] of [
  ["long", "x".repeat(9_000)],
  ["long once it is quoted", '"'.repeat(5_000)],
  ["long in bytes", "🪤".repeat(2_500)],
] as const)
  test(`a value that is ${what} is stored, and told without its text`, async () => {
    await insertProperty("note", { value: "short" });
    await commit(({ client }) => client.query("UPDATE device_properties SET value = $1", [value]));
    const [, notice] = await listTold();
    assert.is(notice?.property_name, "note");
    assert.not.ok("new_value" in (notice ?? {}) || "old_value" in (notice ?? {}));
    const stored = await owner.client.query("SELECT value FROM device_properties");
    assert.equal(stored.rows, [{ value }]);
  });

test("a value that is as long as a notice may be is told whole", async () => {
  const value = "y".repeat(7_000);
  await insertProperty("note", { value });
  assert.is((await listTold())[0]?.new_value, value);
});

test("a property is one per device and name", async () => {
  await insertProperty("mode", { value: "auto" });
  const again = await insertProperty("mode", { value: "off" }).catch((error: { code?: string }) => error.code);
  assert.is(again, "23505");
});
