// Ten thousand requests of two tenants, interleaved at random over four connections: reads, changes, failures, timeouts, cancellations and
// connections that are cut. Every answer is its own tenant's, and no connection remembers whose it was [TENANT-2] [TENANT-3].
import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import * as assert from "uvu/assert";
import { acknowledgeAlert } from "../../../../cloud/alerts/queries/acknowledge-alert.ts";
import { listAlerts } from "../../../../cloud/alerts/queries/list-alerts.ts";
import { insertClaimCode } from "../../../../cloud/claiming/queries/insert-claim-code.ts";
import { listClaimCodes } from "../../../../cloud/claiming/queries/list-claim-codes.ts";
import { updateRevoked } from "../../../../cloud/claiming/queries/update-revoked.ts";
import { createKysely } from "../../../../cloud/db/connection.ts";
import type { Database } from "../../../../cloud/db/schema.ts";
import { runWithTenant, type Transaction } from "../../../../cloud/db/tenant-transaction.ts";
import { configureDevice } from "../../../../cloud/devices/queries/configure-device.ts";
import { findDevice } from "../../../../cloud/devices/queries/find-device.ts";
import { insertCommand } from "../../../../cloud/devices/queries/insert-command.ts";
import { listCommands } from "../../../../cloud/devices/queries/list-commands.ts";
import { listDevices } from "../../../../cloud/devices/queries/list-devices.ts";
import { listEvents } from "../../../../cloud/events/queries/list-events.ts";
import { listFirmware } from "../../../../cloud/updates/queries/list-firmware.ts";
import { listUpdates } from "../../../../cloud/updates/queries/list-updates.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getSeed } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { type FilledTenant, fillTwoTenants } from "./two-tenants.ts";

const REQUESTS = 10_000;
const CONNECTIONS = 4;
/** Requests under way at once: more than connections, so that each connection passes from one tenant to the other all the time. */
const AT_ONCE = 16;
/** One request in so many is followed by cutting a connection, whoever has it. */
const CUT_EVERY = 500;

const test = suite("interleaved tenants", { limitMs: 180_000 });
let database: TestDatabase;
let owner: pg.Client;
/** As the same role, which may cancel and cut what is its own. */
let control: pg.Pool;
let kysely: Kysely<Database>;
let tenants: FilledTenant[];

test.before(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  control = new pg.Pool({ connectionString: database.urls.app, max: 2, application_name: "control" });
  const { a, b } = await fillTwoTenants(owner);
  tenants = [a, b];
  const log = { error: () => undefined, warn: () => undefined, info: () => undefined };
  kysely = createKysely({ url: database.urls.app, name: "app", poolMax: CONNECTIONS, log });
});
test.after(async () => {
  await kysely.destroy();
  await Promise.all([owner.end(), control.end()]);
  await database.stop();
});

/** A number from 0 up to, not including, the limit. */
type Chance = (limit: number) => number;

/** Mulberry32: the same seed gives the same run. */
function createChance(seed: number): Chance {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

interface Request {
  own: FilledTenant;
  other: FilledTenant;
  chance: Chance;
}

type Run = (trx: Transaction, request: Request) => Promise<unknown>;

const keyOf = (tenant: FilledTenant) => ({ tenantId: tenant.tenantId, deviceId: tenant.id("devices") });
const now = () => new Date();
const bytes = (count: number) => randomBytes(count);

/** What people ask, as the rooms do it. */
const ANSWERED: Record<string, Run> = {
  listDevices: (trx, { own }) => listDevices(trx, own.tenantId),
  listAlerts: (trx, { own }) => listAlerts(trx, { tenantId: own.tenantId, countMax: 50 }),
  listEvents: (trx, { own }) => listEvents(trx, { ...keyOf(own), countMax: 50 }),
  listFirmware: (trx, { own }) => listFirmware(trx, own.tenantId, 50),
  listUpdates: (trx, { own }) => listUpdates(trx, keyOf(own), 50),
  listCommands: (trx, { own }) => listCommands(trx, keyOf(own), 5),
  listCodes: (trx, { own }) => listClaimCodes(trx, own.tenantId, now()),
  acknowledge: (trx, { own }) =>
    acknowledgeAlert(trx, { tenantId: own.tenantId, userId: own.userId, id: own.id("device_alerts"), now: now() }),
  configure: (trx, { own, chance }) =>
    configureDevice(trx, keyOf(own), { telemetryS: 60 + chance(9), confirmMs: 50, armDelayMs: 1000, buzzer: true }),
  command: (trx, { own }) => insertCommand(trx, { ...keyOf(own), command: "identify", userId: own.userId, now: now() }),
  code: async (trx, { own }) => {
    const wish = {
      tenantId: own.tenantId,
      userId: own.userId,
      deviceName: `Code of ${own.mark}`,
      expiresAt: now(),
      now: now(),
    };
    const code = await insertClaimCode(trx, wish, bytes);
    return [code, await updateRevoked(trx, own.tenantId, code?.code ?? "", new Date(0))];
  },
  /** Another tenant's things by their ids, with the tenant that is asked for forged as well. */
  foreign: async (trx, { other }) => {
    const seen = [
      await findDevice(trx, keyOf(other)),
      await listDevices(trx, other.tenantId),
      await listAlerts(trx, { tenantId: other.tenantId, countMax: 50 }),
      await updateRevoked(trx, other.tenantId, `CODE${other.mark.toUpperCase()}23456`, now()),
    ];
    assert.equal(seen, [null, [], [], false]);
    return seen;
  },
  /** Whatever a query forgot. */
  everything: async (trx, { own, chance }) => {
    const tables = [
      "devices",
      "device_events",
      "device_alerts",
      "tasks",
      "sites",
      "webhooks",
      "audit_logs",
      "claim_codes",
      "sessions",
    ];
    const table = tables[chance(tables.length)] ?? "devices";
    const { rows } = await sql<{
      tenant_id: string;
    }>`select tenant_id, t::text from ${sql.table(table)} as t limit 20`.execute(trx);
    assert.ok(rows.length > 0, table);
    for (const row of rows) assert.is(row.tenant_id, own.tenantId, table);
    return rows;
  },
};

/** What fails, and how PostgreSQL calls it; `own` is an error of ours. */
const FAILING: Record<string, [run: Run, code: string]> = {
  thrown: [
    async (trx, { own }) => {
      await sql`update devices set name = 'never seen' where tenant_id = ${own.tenantId}`.execute(trx);
      throw Object.assign(new Error("changed our mind"), { code: "own" });
    },
    "own",
  ],
  divided: [(trx) => sql`select 1 / 0`.execute(trx), "22012"],
  misspelt: [(trx) => sql`select nothing from nowhere`.execute(trx), "42P01"],
  refused: [
    (trx, { other }) => sql`insert into sites (tenant_id, name) values (${other.tenantId}, 'x')`.execute(trx),
    "42501",
  ],
  tied: [(trx, { other }) => sql`update tasks set site_id = ${other.id("sites")}`.execute(trx), "23503"],
  caught: [
    async (trx) => {
      await sql`select 1 / 0`.execute(trx).catch(() => undefined); // whoever goes on all the same
      return sql`select 1`.execute(trx);
    },
    "25P02",
  ],
  slow: [
    async (trx) => {
      await sql`set local statement_timeout = 1`.execute(trx);
      return sql`select pg_sleep(5)`.execute(trx);
    },
    "57014",
  ],
  cancelled: [
    async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      let isOver = false;
      const sleep = sql`select pg_sleep(5)`.execute(trx).finally(() => {
        isOver = true;
      });
      await Promise.all([sleep, cancelSleep(rows[0]?.pid ?? 0, () => isOver)]);
    },
    "57014",
  ],
};

/** Again until it is over, since a cancellation that comes before the statement is lost. */
async function cancelSleep(pid: number, isOver: () => boolean): Promise<void> {
  const text = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
  while (!isOver()) await control.query(text, [pid]);
}

const READS = Object.entries(ANSWERED);
const FAILURES = Object.entries(FAILING);

interface Account {
  answered: number;
  failed: Record<string, number>;
  cut: number;
  /** By connection, which tenants it served. */
  served: Map<number, Set<string>>;
}

/** One request: three in ten fail in one way or another. */
async function request(chance: Chance, account: Account): Promise<void> {
  const isFirst = chance(2) === 0;
  const [own, other] = isFirst ? [tenants[0], tenants[1]] : [tenants[1], tenants[0]];
  assert.ok(own !== undefined && other !== undefined);
  const about: Request = { own, other, chance };
  // A timeout or a cancellation takes long: they are rarer than what fails at once.
  const pick = chance(1000);
  const failing = pick < 280 ? FAILURES[chance(6)] : pick < 300 ? FAILURES[6 + chance(2)] : undefined;
  const [name, run, expected] = failing
    ? [failing[0], failing[1][0], failing[1][1]]
    : [...(READS[chance(READS.length)] ?? []), null];
  assert.ok(typeof name === "string" && typeof run === "function");
  try {
    const answer = await runWithTenant(kysely, own, async (trx) => {
      const value = await run(trx, about);
      if (expected === null && chance(4) === 0) await noteServed(trx, own, account);
      return value;
    });
    assert.is(expected, null, `${name} did not fail`);
    const text = JSON.stringify(answer);
    assert.not.ok(
      text.includes(`of ${other.mark}`) || text.includes(other.tenantId),
      `${name} of ${own.mark}: ${text}`,
    );
    account.answered += 1;
  } catch (error) {
    if (isCut(error)) account.cut += 1;
    else if (expected !== null && error instanceof Error && "code" in error && error.code === expected)
      account.failed[name] = (account.failed[name] ?? 0) + 1;
    else throw error;
  }
}

async function noteServed(trx: Transaction, own: FilledTenant, { served }: Account): Promise<void> {
  const { rows } = await sql<{ pid: number; tenant: string }>`
    select pg_backend_pid() as pid, current_setting('app.current_tenant_id') as tenant`.execute(trx);
  const [row] = rows;
  assert.is(row?.tenant, own.tenantId);
  const known = served.get(row?.pid ?? 0) ?? new Set<string>();
  served.set(row?.pid ?? 0, known.add(own.mark));
}

/** The connection was cut under it, by this test. */
function isCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && ["57P01", "ECONNRESET", "EPIPE"].includes(String(error.code))) return true;
  return /terminating connection|Connection terminated|not queryable|connection error/.test(error.message);
}

/** On a connection of the pool that is in nobody's transaction. */
async function checkForgotten(account: Account): Promise<void> {
  try {
    const { rows } = await sql<{ tenant: string | null; user: string | null; devices: number }>`
      select nullif(current_setting('app.current_tenant_id', true), '') as tenant,
        nullif(current_setting('app.current_user_id', true), '') as user, (select count(*) from devices) as devices`.execute(
      kysely,
    );
    assert.equal(rows, [{ tenant: null, user: null, devices: 0 }]);
  } catch (error) {
    if (!isCut(error)) throw error;
    account.cut += 1;
  }
}

/** The connections of the pool under test. */
const POOLED =
  "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trapline-app' AND state IS NOT NULL";

async function cutOne(): Promise<void> {
  await control.query(`SELECT pg_terminate_backend(pid) FROM (${POOLED} LIMIT 1) AS one`);
}

test(`${REQUESTS} requests of two tenants over ${CONNECTIONS} connections, each answered with its own`, async () => {
  const seed = getSeed();
  const account: Account = { answered: 0, failed: {}, cut: 0, served: new Map() };
  let begun = 0;
  const work = async () => {
    while (begun < REQUESTS) {
      begun += 1;
      const turn = begun;
      // Of each request its own, so that the seed gives the same requests in whatever order they are answered.
      await request(createChance(seed + turn * 7919), account);
      if (turn % 10 === 0) await checkForgotten(account);
      if (turn % CUT_EVERY === 0) await cutOne();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  const failed = Object.values(account.failed).reduce((sum, one) => sum + one, 0);
  assert.ok(account.answered > REQUESTS * 0.6 && failed > REQUESTS * 0.25, JSON.stringify(account.failed));
  assert.equal(Object.keys(account.failed).sort(), Object.keys(FAILING).sort());
  assert.ok(account.cut > 0 && account.cut < (REQUESTS / CUT_EVERY) * 3, `${account.cut} were cut`);
  const shared = [...account.served.values()].filter((marks) => marks.size === 2);
  assert.ok(shared.length >= CONNECTIONS, "connections served both tenants");
  const open = await control.query(POOLED);
  assert.ok((open.rowCount ?? 0) <= CONNECTIONS);
});

test("afterwards each tenant has what it asked for, and nothing that was undone", async () => {
  const { rows } = await owner.query<{ name: string; tenant_id: string; revision: number }>(
    "SELECT name, tenant_id, config_revision AS revision FROM devices ORDER BY name",
  );
  assert.equal(
    rows.map(({ name, tenant_id }) => [name, tenant_id]),
    tenants.map((tenant) => [`Trap of ${tenant.mark}`, tenant.tenantId]),
  );
  assert.ok(
    rows.every((row) => row.revision > 10),
    JSON.stringify(rows),
  );
  const mixed = await owner.query(
    `SELECT FROM claim_codes c JOIN user_tenant_memberships m ON m.user_id = c.created_by WHERE m.tenant_id <> c.tenant_id
      UNION ALL SELECT FROM device_commands c JOIN devices d ON d.id = c.device_id WHERE d.tenant_id <> c.tenant_id
      UNION ALL SELECT FROM audit_logs l JOIN user_tenant_memberships m ON m.user_id = l.user_id WHERE m.tenant_id <> l.tenant_id`,
  );
  assert.is(mixed.rowCount, 0);
});
