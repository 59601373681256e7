// Owns the list of sessions that have gone silent. It looks after the traps of all tenants at once, and so runs without one.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { OpenSession } from "./session-row.ts";

/** Open sessions of all tenants that were last heard before this moment, the longest silent first. */
export async function listSilent(trx: Transaction, silentBefore: Date, countMax: number): Promise<OpenSession[]> {
  return trx
    .selectFrom("device_sessions")
    .select(["tenant_id as tenantId", "device_id as deviceId", "boot_id as boot", "session"])
    .where("ended_at", "is", null)
    .where("last_heard_at", "<", silentBefore)
    .orderBy("last_heard_at")
    .limit(countMax)
    .execute();
}
