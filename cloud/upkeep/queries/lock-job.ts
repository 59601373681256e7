// Owns that a job runs on one instance of the cloud at a time: the lock is the transaction's, and ends with it however it ends.
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";

/** False if another instance is at it just now. */
export async function lockJob(trx: Transaction, name: string): Promise<boolean> {
  const answer = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`trapline job ${name}`}, 0)) as locked`.execute(trx);
  return answer.rows[0]?.locked ?? false;
}
