// A database of the first released version, whose 007 had another text, keeps every value of every table on the way to the newest schema, back
// to 007, and back to 006.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { findDrift } from "../../../../cloud/db/catalogue/find-drift.ts";
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";
import { useEmptiedDatabase } from "./emptied-database.ts";
import { compareRows, type Rows, readRows } from "./kept-rows.ts";
import { MOUSETRAP_COLUMNS } from "./mousetrap.ts";
import { alert, ann, createReleased, RELEASED_TABLES, tenant, trap } from "./released-rows.ts";

const test = suite("a database of the first released version");
const database = useEmptiedDatabase(test);
const TABLES = Object.keys(RELEASED_TABLES);

/** Without the marks of the last change, which migrating may set, and with `(now)` for the moment of the upgrade. */
async function compareWith(before: Rows, begin: number, tables = TABLES): Promise<string[]> {
  const wanted = Object.fromEntries(Object.entries(before).filter(([table]) => tables.includes(table)));
  const lines = compareRows(wanted, await readRows(database.client, tables), RELEASED_TABLES);
  return lines
    .filter((line) => !/ updated_at: |: no column$/.test(line))
    .map((line) => {
      const [, head = line, time] = /^(.*: )"(\d{4}-\d\d-\d\dT[\d:.]+)"$/.exec(line) ?? [];
      return time !== undefined && Date.parse(`${time}Z`) >= begin - 1_000 ? `${head}(now)` : line;
    })
    .sort();
}

const hashed = `sha256:${createHash("sha256").update("clear twice").digest("hex")}`;
const PASSWORD = `devices ${trap(4)} mqtt_password: "${hashed}"`;
/** What became of it, and that is not taken back before 006. */
const PUT_RIGHT = [
  PASSWORD,
  `devices ${trap(4)} credentials_confirmed_at: "2024-01-01T00:00:00"`,
  `devices ${trap(5)} unclaimed_at: (now)`,
  `devices ${trap(6)} mac_address: "unknown-${trap(6)}"`,
  `device_alerts ${alert(2)} alert_status: "resolved"`,
  `device_alerts ${alert(2)} resolved_at: (now)`,
];
const WORDS = [
  `device_alerts ${alert(2)} alert_type: "sprung"`,
  `device_alerts ${alert(2)} severity: "critical"`,
  `device_alerts ${alert(4)} alert_type: "fault"`,
  `device_alerts ${alert(4)} severity: "warning"`,
];

const NO_CLEAR = `devices ${trap(4)} mqtt_password_plain: null`;
/** Ten characters of a code, the role owner, two rows of one trap. */
const BEYOND_006 = [
  "claim_codes ABCDEFGH23: gone",
  `user_tenant_memberships ${ann} ${tenant} role: "admin"`,
  `devices ${trap(7)} mac_address: "24:0a:c4:00:00:01+${trap(7).replaceAll("-", "")}"`,
];

test("keeps every value of every table, and its old text of 007 is known", async () => {
  const { client } = database;
  const begin = Date.now();
  await createReleased(client);
  const before = await readRows(client, TABLES);
  for (const table of TABLES) assert.ok((before[table] ?? []).length > 0, `${table} has rows`);

  assert.is((await migrateUp(client, { log })).done[0], 8);
  assert.equal(await compareWith(before, begin), [...PUT_RIGHT, ...WORDS].sort());
  assert.equal(await findDrift(client), []);
  const status = await readStatus(client);
  assert.is(status.problem, null);
  assert.match(status.migrations[6]?.earlier ?? "", /mousetrap/);

  await migrateDown(client, { log, to: 7 });
  assert.equal(await compareWith(before, begin), [...PUT_RIGHT, NO_CLEAR].sort());

  await migrateUp(client, { log });
  await migrateDown(client, { log, to: 6 });
  assert.equal(
    await compareWith(before, begin, Object.keys(MOUSETRAP_COLUMNS)),
    [...BEYOND_006, PASSWORD, NO_CLEAR].sort(),
  );
});
