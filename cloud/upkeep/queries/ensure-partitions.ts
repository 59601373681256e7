// Owns the making of partitions ahead of time; which ones is the database's own function.
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Makes the partitions of this month and the next ones that are missing; returns how many. Several at once come one after the other. */
export async function ensurePartitions(trx: Transaction): Promise<number> {
  const answer = await sql<{ made: number }>`select ensure_partitions() as made`.execute(trx);
  return answer.rows[0]?.made ?? 0;
}
