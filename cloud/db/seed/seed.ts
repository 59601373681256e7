// Gives a database the sample data (data/), in one transaction: four tenants, their people and traps, and what happened there over the last
// weeks. Run again it changes nothing: ids are made from names, what is there stays, times count from the first run. Other data stays, too.
// Log-ins, all with the password trapline-sample: admin@system.local; admin@, manager@, operator@acme-corp.example; admin@,
// member@techstart.example; admin@beta-solutions.example; owner@demo-company.example; consultant@external.com (Acme, TechStart, Beta).
// Whether the database may be touched is asked by whoever calls.
import type pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { readStatus } from "../migrations/migration-status.ts";
import { inTransaction, type MigrationTarget, withOwner } from "../migrations/owner-connection.ts";
import { createMonths } from "./create-months.ts";
import { listAlertTables } from "./data/alerts.ts";
import { listDeviceTables } from "./data/device-rows.ts";
import { listEntryTables } from "./data/entries.ts";
import { listEventTables } from "./data/events.ts";
import { listFirmwareTables } from "./data/firmware.ts";
import { CLIENTS, listClientTables, listIntegrationTables } from "./data/integrations.ts";
import { listLogTables } from "./data/logs.ts";
import { listPeopleTables } from "./data/people.ts";
import { listBillingTables, listTenantTables } from "./data/tenants.ts";
import { listDressed, listVisitTables } from "./data/visits.ts";
import { dressVisits } from "./dress-visits.ts";
import { insertRows } from "./insert-rows.ts";
import { listLogins, type SampleLogin } from "./list-logins.ts";
import { type Known, readKnown } from "./read-known.ts";
import type { SampleRow, SampleSetting, SampleTable } from "./sample-table.ts";
import { SeedError } from "./seed-error.ts";
import { createSetting, type HashPassword } from "./setting.ts";

export interface SeedOptions {
  /** The owner's address, or an idle connection of theirs. */
  database: MigrationTarget;
  /** As the cloud hashes, so that the log-ins work. Asked once for each person who is not there yet. */
  hashPassword: HashPassword;
  log: DatabaseLog;
  /** Called when a table is done. */
  onProgress?(table: string, done: number, total: number): void;
}

export interface SeedResult {
  /** Rows of the sample that are in the database now, by table; those of earlier runs included. */
  rows: Record<string, number>;
  /** Rows that came in this run; 0 where everything was there. */
  inserted: number;
  logins: SampleLogin[];
}

/** Any constant does, as long as nothing else in the database locks the same number. */
const LOCK_KEY = 7_472_617_004;

/**
 * All of it, or nothing. Two at once come one after the other.
 * @throws SeedError, MigrationError of connecting and of a schema that is not ours, pg.DatabaseError 42501 for who is not the owner
 */
export function seedDatabase(options: SeedOptions): Promise<SeedResult> {
  return withOwner(options.database, async (client) => {
    await checkSchema(client);
    return inTransaction(client, () => seed(client, options));
  });
}

async function checkSchema(client: pg.Client): Promise<void> {
  const { problem, version, newest } = await readStatus(client);
  if (problem !== null) throw problem;
  if (version === newest) return;
  throw new SeedError(
    "schema-behind",
    `the sample data is for schema ${newest}, and this database stands at ${version}; migrate it first: npm run migrate:up`,
    { version, newest },
  );
}

async function seed(client: pg.Client, { hashPassword, log, onProgress }: SeedOptions): Promise<SeedResult> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK_KEY]);
  const known = await readKnown(client);
  const setting = await createSetting(known, hashPassword);
  const tables = listTables(setting);
  await createMonths(
    client,
    tables.flatMap((table) => (table.isLog === true ? listWanted(table, known) : [])),
  );

  const result: SeedResult = { rows: {}, inserted: 0, logins: [] };
  const total = tables.length + listIntegrationTables(setting, new Map()).length;
  const insert = async (table: SampleTable): Promise<string[]> => {
    const { keys, there } = await insertRows(client, table, listWanted(table, known));
    result.rows[table.name] = there;
    result.inserted += keys.length;
    onProgress?.(table.name, Object.keys(result.rows).length, total);
    return keys;
  };
  const keys = new Map<string, string[]>();
  for (const table of tables) keys.set(table.name, await insert(table));
  const visits = await dressVisits(client, listDressed(setting), keys.get("device_alerts") ?? []);
  result.rows.tasks = (result.rows.tasks ?? 0) + visits.there;
  result.inserted += visits.dressed;
  for (const table of listIntegrationTables(setting, await readClientIds(client))) await insert(table);
  result.logins = await listLogins(client);
  log.info({ inserted: result.inserted }, "sample data is there");
  return result;
}

/** In the order of their foreign keys. */
function listTables(setting: SampleSetting): SampleTable[] {
  return [
    ...listTenantTables(setting),
    ...listPeopleTables(setting),
    ...listBillingTables(setting),
    ...listEntryTables(setting),
    ...listDeviceTables(setting),
    ...listFirmwareTables(setting),
    ...listEventTables(setting),
    ...listAlertTables(setting),
    ...listVisitTables(setting),
    ...listLogTables(setting),
    ...listClientTables(setting),
  ];
}

/** A log comes with its tenant; what belongs to none comes with the first of them. */
function listWanted({ rows, isLog }: SampleTable, { tenantIds }: Known): readonly SampleRow[] {
  if (isLog !== true) return rows;
  return rows.filter(({ tenant_id: id }) => (typeof id === "string" ? !tenantIds.has(id) : tenantIds.size === 0));
}

async function readClientIds(client: pg.Client): Promise<Map<string, string>> {
  const answer = await client.query<{ id: string; name: string }>(
    "SELECT id, client_id AS name FROM oauth_clients WHERE client_id = ANY ($1)",
    [CLIENTS.map((one) => one.client)],
  );
  return new Map(answer.rows.map((row) => [row.name, row.id]));
}
