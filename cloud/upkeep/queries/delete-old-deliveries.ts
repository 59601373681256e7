// Owns the forgetting of webhook deliveries that are done, of all tenants.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Returns how many were delivered or given up before `doneBefore`; what still waits stays, however old. */
export async function deleteOldDeliveries(trx: Transaction, doneBefore: Date): Promise<number> {
  const result = await trx
    .deleteFrom("webhook_deliveries")
    .where("status", "!=", "pending")
    .where("created_at", "<", doneBefore)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
