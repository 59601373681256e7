// Every query that the API, the traps and the clock really make, on a hundred thousand traps and five million events: none may read a big
// table, or a big index, from end to end. The queries are those of the rooms; what PostgreSQL makes of them is asked as the same role,
// so that the walls are part of the plan.
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { resolveAlert } from "../../../../cloud/alerts/queries/resolve-alert.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { skip, suite } from "../../../support/suite.ts";
import { listSites } from "./coverage.ts";
import { fillHotDatabase } from "./fill-hot-database.ts";
import { BIG, CHATTER_EVENTS, EVENTS, TRAPS } from "./hot-counts.ts";
import { hotId } from "./hot-ids.ts";
import { createHotRooms, type HotRooms } from "./hot-rooms.ts";
import { readSizes } from "./hot-sizes.ts";
import { judgeOperation } from "./judge-operation.ts";
import type { HotOperation } from "./operations.ts";
import { createClaimingOperations } from "./operations-of-claiming.ts";
import { OPERATIONS_OF_PEOPLE } from "./operations-of-people.ts";
import { OPERATIONS_OF_TRAPS } from "./operations-of-traps.ts";
import { OPERATIONS_OF_UPKEEP } from "./operations-of-upkeep.ts";
import { BIG_ROWS, type Sizes } from "./plan.ts";
import { type RecordedTransaction, type Recording, recordDatabase } from "./recorded-database.ts";
import { repeatAfter, tryAfter } from "./repeated-transactions.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
/** On a machine that has nothing else to do, filling takes half a minute. */
const test = suite("hot queries", { limitMs: 300_000, fileLimitMs: 360_000 });

/** Executes SQL, and is not asked of the big database. */
const EXCUSED: Record<string, string> = {
  "cloud/live/queries/live-listener.ts": "listens, and asks whether it is still connected; it reads no table",
};

const OPERATIONS: HotOperation[] = [
  ...OPERATIONS_OF_TRAPS,
  ...OPERATIONS_OF_PEOPLE,
  ...createClaimingOperations(),
  ...OPERATIONS_OF_UPKEEP,
];

let database: TestDatabase;
let owner: pg.Client;
let recording: Recording;
let rooms: HotRooms;
let sizes: Sizes;
/** What each operation has done, by its name. */
const done = new Map<string, RecordedTransaction[]>();

test.before(async () => {
  database = await createTestDatabase({ poolMax: 2 });
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  const { rows } = await owner.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
  if (!rows[0].rolsuper)
    skip("needs a superuser's DATABASE_URL: the indexes are set aside while the tables are filled");
  const { now } = await fillHotDatabase(database.url);
  sizes = await readSizes(owner);
  recording = recordDatabase(database.db);
  rooms = await createHotRooms(recording.db, now);
});
test.after(async () => {
  await rooms?.stop();
  await owner.end();
  await database.stop();
});

test("the database is as big as it is meant to be, with every index in place", async () => {
  const { rows } = await owner.query(
    `SELECT (SELECT count(*) FROM devices)::int AS traps, (SELECT count(*) FROM device_event_keys)::int AS keys,
      (SELECT count(*) FROM device_events)::int AS events, (SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready)::int AS aside`,
  );
  assert.equal(rows, [{ traps: TRAPS, keys: EVENTS, events: EVENTS, aside: 0 }]);
  assert.ok(TRAPS >= 100_000 && EVENTS - CHATTER_EVENTS >= 5_000_000);
});

for (const operation of OPERATIONS) {
  test(`${operation.name}: no big table is read from end to end`, async () => {
    recording.take();
    await operation.run(rooms);
    const transactions = recording.take();
    done.set(operation.name, transactions);
    const findings = judgeOperation(operation, transactions, sizes);
    assert.ok(findings.length === 0, `\n${findings.join("\n")}`);
  });
}

test("every line of the rooms' queries that executes SQL was executed", () => {
  const seen = new Set([...done.values()].flat().flatMap((one) => one.statements.map((statement) => statement.site)));
  const missing = listSites(ROOT, Object.keys(EXCUSED)).filter((site) => !seen.has(site));
  assert.equal(missing, [], "give the operation a place in operations-of-*.ts, or excuse its file");
  const sites = listSites(ROOT, []);
  for (const file of Object.keys(EXCUSED))
    assert.ok(
      sites.some((site) => site.startsWith(`${file}:`)),
      file,
    );
});

test("no two operations have one name", () => {
  assert.is(new Set(OPERATIONS.map((one) => one.name)).size, OPERATIONS.length);
});

/** What is dropped, which operation has to notice, and what it has to say; nothing is dropped in the first. */
const BROKEN: [change: string, operation: string, finding: RegExp | null][] = [
  ["SELECT 1", "the newest events of the trap with the most, and the pages after them", null],
  [
    "DROP INDEX device_events_newest",
    "the newest events of the trap with the most, and the pages after them",
    /rows were read/,
  ],
  ["DROP INDEX devices_mqtt_username", "a trap logs in", /seq-scan of devices .* as trapline_system/],
  ["DROP INDEX device_sessions_current", "the trap with the most sessions says hello", /rows were read/],
  [
    "DROP INDEX device_sessions_open",
    "the silent are listed, one is given up, and comes back",
    /seq-scan of device_sessions/,
  ],
  ["DROP INDEX device_alerts_open", "the open alerts of a big tenant", /rows were read/],
  ["DROP INDEX sessions_revoked_at", "sessions that ended are swept", /seq-scan of sessions/],
  ["DROP INDEX refresh_tokens_revoked_at", "tokens that ended are swept", /seq-scan of refresh_tokens/],
  ["DROP INDEX webhook_deliveries_done", "deliveries that are done are swept", /seq-scan of webhook_deliveries/],
  ["DROP INDEX users_email_any_case", "a person logs in", /seq-scan of users/],
  [
    "ALTER TABLE sessions DROP CONSTRAINT sessions_token_hash_key",
    "a person asks who they are",
    /seq-scan of sessions .* at cloud\/accounts\/queries\/find-session.ts/,
  ],
];

for (const [change, name, finding] of BROKEN) {
  test(`it would be noticed: ${change}`, async () => {
    const operation = OPERATIONS.find((one) => one.name === name);
    assert.ok(operation !== undefined, name);
    const again = await repeatAfter(database.db.kysely, change, done.get(name) ?? []);
    const findings = judgeOperation(operation, again, sizes);
    if (finding === null) assert.equal(findings, []);
    else
      assert.ok(
        findings.some((one) => finding.test(one)),
        `\n${findings.join("\n")}`,
      );
  });
}

test("it would be noticed what a trigger reads from end to end, though no plan shows it", async () => {
  const alert = { tenantId: BIG.tenantId, userId: BIG.userId, id: hotId("alert", 2 * 2_380 + 1), now: new Date() };
  const change = `ALTER TABLE tasks DROP CONSTRAINT tasks_tenant_id_alert_id_key;
    DROP INDEX tasks_open, tasks_assignee_tasks, tasks_device_tasks, tasks_site_tasks`;
  const { scanned } = await tryAfter(database.db.kysely, change, { role: "app", scope: BIG }, async (trx) => {
    assert.ok((await resolveAlert(trx, alert)).ok);
  });
  assert.ok((scanned.tasks ?? 0) > BIG_ROWS, JSON.stringify(scanned));
});
