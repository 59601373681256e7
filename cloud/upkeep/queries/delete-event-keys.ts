// Owns the deleting of the keys of events that have had their time; the database refuses the youngest, whoever asks.
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Deletes keys of events received before `endedBy`, the oldest `countMax` of them; returns how many. */
export async function deleteEventKeys(trx: Transaction, endedBy: Date, countMax: number): Promise<number> {
  const answer = await sql<{ deleted: number }>`select delete_event_keys(${endedBy}, ${countMax}) as deleted`.execute(
    trx,
  );
  return answer.rows[0]?.deleted ?? 0;
}
