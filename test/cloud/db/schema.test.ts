// The lists of words and the rules of the tables, each against a live database. That types and files fit the schema is catalogue/.
import pg from "pg";
import * as assert from "uvu/assert";
import { COMMANDS, EVENT_KINDS, TRAP_KINDS, TRAP_STATES, UPDATE_PHASES } from "#protocol";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("schema");
const TENANT = "11111111-1111-4111-8111-111111111111";
const OTHER_TENANT = "22222222-2222-4222-8222-222222222222";
let database: TestDatabase;
let client: pg.Client;

test.before(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `INSERT INTO tenants (id, name, slug) VALUES ('${TENANT}', 'A', 'a'), ('${OTHER_TENANT}', 'B', 'b')`,
  );
});
test.after(async () => {
  await client.end();
  await database.stop();
});

const LISTS: [constraint: string, words: readonly string[]][] = [
  ["devices_kind_listed", [...TRAP_KINDS, "gateway", "sensor", "switch"]],
  ["device_identities_kind_listed", TRAP_KINDS],
  ["devices_trap_state_listed", TRAP_STATES],
  ["device_events_kind_listed", EVENT_KINDS],
  ["device_commands_command_listed", COMMANDS],
  ["device_updates_status_listed", ["offered", ...UPDATE_PHASES, "booted", "failed"]],
];

for (const [constraint, words] of LISTS) {
  test(`${constraint} lists the words of the contract`, async () => {
    const answer = await client.query<{ text: string }>(
      "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = $1",
      [constraint],
    );
    const listed = [...(answer.rows[0]?.text ?? "").matchAll(/'([^']+)'/g)].map((match) => match[1]);
    assert.equal(listed.sort(), [...words].sort());
  });
}

const DEVICE = "33333333-3333-4333-8333-333333333333";
const insertDevice = (id: string, mac: string, released: string) =>
  `INSERT INTO devices (id, tenant_id, name, mac_address, serial_number, kind, unclaimed_at)
   VALUES ('${id}', '${TENANT}', 'Trap', '${mac}', '${mac}', 'snap', ${released})`;
const insertAlert = (status: string) =>
  `INSERT INTO device_alerts (tenant_id, device_id, alert_type, alert_status, severity, triggered_at)
   VALUES ('${TENANT}', '${DEVICE}', 'sprung', '${status}', 'critical', now())`;
const insertEvent = (tenant: string, sequence: number, latest = "now()") =>
  `WITH key AS (
     INSERT INTO device_event_keys (tenant_id, device_id, boot_id, sequence, received_at)
     VALUES ('${tenant}', '${DEVICE}', '0000000000000001', ${sequence}, now())
     RETURNING tenant_id, device_id, boot_id, sequence, received_at
   )
   INSERT INTO device_events
     (tenant_id, device_id, boot_id, sequence, received_at, kind, age_ms, exact, occurred_earliest, occurred_latest)
   SELECT *, 'sprung', 0, true, now(), ${latest} FROM key`;

/** One after the other on the same tables; `refused` names the rule, undefined where the database has to agree. */
const RULES: [promise: string, statement: string, refused?: RegExp][] = [
  ["a trap is claimed", insertDevice(DEVICE, "AA:01", "NULL")],
  ["a claimed trap has one row", insertDevice("44444444-4444-4444-8444-444444444444", "AA:01", "NULL"), /claimed/],
  ["a released trap keeps its row beside it", insertDevice("55555555-5555-4555-8555-555555555555", "AA:01", "now()")],
  [
    "a trap has a tenant",
    "INSERT INTO devices (name, kind, mac_address) VALUES ('Trap', 'snap', 'AA:02')",
    /devices_whole/,
  ],
  ["an event is stored", insertEvent(TENANT, 1)],
  ["an event is stored once", insertEvent(TENANT, 1), /device_event_keys_pkey/],
  ["an event belongs to the tenant of its trap", insertEvent(OTHER_TENANT, 2), /foreign key/],
  [
    "an interval does not end before it begins",
    insertEvent(TENANT, 3, "now() - interval '1 s'"),
    /device_events_interval/,
  ],
  ["an alert is opened", insertAlert("new")],
  ["one open alert per trap and type", insertAlert("acknowledged"), /device_alerts_one_open/],
  ["an alert says what it is about", insertAlert("resolved").replace("'sprung'", "NULL"), /alert_type/],
  ["resolved ones do not count", insertAlert("resolved")],
  ["an unknown severity is refused", insertAlert("resolved").replace("critical", "huge"), /severity_listed/],
  ["e-mail addresses differ by more than case", "INSERT INTO users (email) VALUES ('a@b.c'), ('A@B.C')", /any_case/],
];

test("the tables keep their rules", async () => {
  for (const [promise, statement, refused] of RULES) {
    const outcome = await client.query(statement).then(
      () => "accepted",
      (error: Error) => error.message,
    );
    if (refused === undefined) assert.is(outcome, "accepted", promise);
    else assert.match(outcome, refused, promise);
  }
});

test("an expired window is swept, an open one stays, and one that was claimed in time has a day more", async () => {
  await client.query(`
    INSERT INTO device_claiming_queue (mac_address, expires_at, claimed_at) VALUES
      ('expired', now() - interval '1 second', NULL),
      ('open', now() + interval '1 minute', NULL),
      ('claimed', now() - interval '1 hour', now() - interval '61 minutes'),
      ('forgotten', now() - interval '25 hours', now() - interval '26 hours')`);
  const swept = await client.query("SELECT cleanup_expired_claiming_devices() AS closed");
  assert.is(swept.rows[0].closed, 2);
  const left = await client.query("SELECT mac_address FROM device_claiming_queue ORDER BY mac_address");
  assert.equal(left.rows, [{ mac_address: "claimed" }, { mac_address: "open" }]);
});

test("a database error names its rule, so that queries can tell a lost race from a fault", async () => {
  const error = await getRejection(client.query(insertAlert("new")));
  assert.ok(error instanceof pg.DatabaseError);
  assert.is(error.constraint, "device_alerts_one_open");
});
