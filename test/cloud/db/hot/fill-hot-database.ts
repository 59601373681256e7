// Fills a migrated database with a hundred thousand traps and five million events, as fast as the server takes them: on two connections, with
// the indexes set aside and made at the end, and with triggers and foreign keys asleep, so that every row has to be right by itself.
// The rows are the same in every run, but for the months, which are the twelve before the present one.
import pg from "pg";
import { MONTHS } from "./hot-counts.ts";
import { createKeyFilling, listEventFillings } from "./hot-events.ts";
import { listPeople } from "./hot-people.ts";
import { listTraps } from "./hot-traps.ts";

export interface HotMoments {
  /** The moment that the rows look back from: noon of the last of the months. */
  now: Date;
  /** The first moment of each month that has events, the oldest first. */
  months: Date[];
}

/** As many as a small machine has processors; each makes its indexes alone, since the other is busy as well. */
const CONNECTIONS = 2;

/** @param url of the owner, who has to be a superuser */
export async function fillHotDatabase(url: string): Promise<HotMoments> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url)));
  try {
    const [client] = clients;
    if (client === undefined) throw new Error("there is no connection");
    const moments = await readMoments(client);
    await createMonths(client, moments);
    await setIndexesAside(client);
    await share(clients, listWork(moments));
    await share(clients, await listLeftovers(client));
    return moments;
  } finally {
    await Promise.all(clients.map((one) => one.end()));
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: "trapline-hot-filler" });
  await client.connect();
  await client.query(`SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB';
    SET work_mem = '256MB'; SET jit = off; SET timezone = 'UTC'; SET max_parallel_maintenance_workers = 0`);
  return client;
}

async function readMoments(client: pg.Client): Promise<HotMoments> {
  const answer = await client.query<{ month: Date }>(
    `SELECT generate_series(date_trunc('month', now()) - make_interval(months => ${MONTHS}), date_trunc('month', now()), '1 month') AS month`,
  );
  const months = answer.rows.map((row) => row.month);
  const end = months.pop() ?? new Date(Number.NaN);
  return { now: new Date(end.getTime() - 12 * 60 * 60 * 1000), months };
}

/** The partitions of every log. */
async function createMonths(client: pg.Client, { months }: HotMoments): Promise<void> {
  await client.query(
    "SELECT create_partition(log, moment, month) FROM list_logs_by_month(), unnest($1::timestamptz[]) AS month",
    [months],
  );
}

/**
 * Until it is made anew, an index that is not ready takes nothing in: as if it had been dropped, but with its definition, its constraint and
 * the foreign keys that stand on it where they were. And nobody comes to clean up what is just being filled.
 */
async function setIndexesAside(client: pg.Client): Promise<void> {
  await client.query(
    "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY ($1::regclass[])",
    [await listFilled(client)],
  );
  for (const table of await listFilled(client))
    await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
}

/** Tables and partitions, but not what the migrations have filled. */
async function listFilled(client: pg.Client): Promise<string[]> {
  const answer = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND relname NOT LIKE 'schema\\_%' AND relname <> 'roles' ORDER BY 1`,
  );
  return answer.rows.map((row) => row.name);
}

type Work = (client: pg.Client) => Promise<unknown>;

/** The longest first. */
function listWork({ now, months }: HotMoments): Work[] {
  const literal = (moment: Date) => `timestamptz '${moment.toISOString()}'`;
  const partitionOf = (month: Date) => `device_events_${month.toISOString().slice(0, 7).replace("-", "_")}`;
  const partitions = months.map(partitionOf);
  const begins = months.map(literal);
  const fill =
    (table: string, insert: string): Work =>
    async (client) => {
      await client.query(insert);
      await client.query(`REINDEX TABLE ${table}`);
    };
  return [
    fill("device_event_keys", createKeyFilling(begins)),
    ...listEventFillings(begins, partitions).map((insert, month) => fill(partitions[month] ?? "", insert)),
    ...[...listTraps(literal(now)), ...listPeople(literal(now))].map(({ table, insert }) => fill(table, insert)),
  ];
}

/** Indexes of what stayed empty, and the statistics; of a table of partitions those of its partitions as well. */
async function listLeftovers(client: pg.Client): Promise<Work[]> {
  const stale = await client.query<{ name: string }>(
    "SELECT DISTINCT indrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid",
  );
  const tables = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
      ORDER BY relname <> 'device_events', relname <> 'device_event_keys', 1`,
  );
  for (const { name } of stale.rows) await client.query(`REINDEX TABLE ${name}`);
  return tables.rows.map(
    ({ name }) =>
      (one) =>
        one.query(`ANALYZE ${name}`),
  );
}

/** Each connection takes the next piece when it is done with one; the first failure ends all of them. */
async function share(clients: pg.Client[], work: Work[]): Promise<void> {
  const waiting = [...work];
  await Promise.all(
    clients.map(async (client) => {
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next(client);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }),
  );
}
