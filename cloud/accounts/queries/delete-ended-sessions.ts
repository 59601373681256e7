// Owns the sweeping of sessions that ran out or were revoked, of all tenants.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Returns how many sessions were over and are now forgotten. Safe to run on several instances at once. */
export async function deleteEndedSessions(trx: Transaction, now: Date): Promise<number> {
  const result = await trx
    .deleteFrom("sessions")
    .where((eb) => eb.or([eb("expires_at", "<=", now), eb("revoked_at", "<=", now)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
