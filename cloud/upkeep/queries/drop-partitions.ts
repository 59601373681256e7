// Owns the dropping of months that have had their time; the database refuses the youngest, whoever asks.
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { RetiredLog } from "../upkeep.ts";

/** The names of the partitions that were dropped. */
export async function dropPartitions(trx: Transaction, { log, endedBy }: RetiredLog): Promise<string[]> {
  const answer = await sql<{ name: string }>`select drop_partitions(${log}, ${endedBy}) as name`.execute(trx);
  return answer.rows.map((row) => row.name);
}
