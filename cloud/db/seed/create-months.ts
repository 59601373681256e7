// Makes the partitions of the months that the sample's logs lie in, as far as they are not there: the coming ones are made all the time, past
// ones by nobody else.
import type pg from "pg";
import type { SampleRow } from "./sample-table.ts";

/**
 * Before anything is inserted: whoever makes partitions takes the same lock first, and would wait for our rows while we wait for it.
 * @param client of the owner, inside a transaction
 * @param rows of logs, each with the moment it lies at
 */
export async function createMonths(client: pg.Client, rows: readonly SampleRow[]): Promise<void> {
  const moments = rows.map((row) => String(row.received_at ?? row.created_at));
  const months = [...new Set(moments.map((moment) => `${moment.slice(0, 7)}-01T00:00:00Z`))];
  if (months.length === 0) return;
  await client.query("SELECT ensure_partitions()");
  await client.query(
    "SELECT create_partition(log, moment, month) FROM list_logs_by_month(), unnest($1::timestamptz[]) AS month",
    [months],
  );
}
