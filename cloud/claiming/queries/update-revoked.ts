// Owns the taking back of a claim code by a person of its tenant [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";

/** False if the tenant has no such active code. */
export async function updateRevoked(trx: Transaction, tenantId: string, code: string, now: Date): Promise<boolean> {
  const row = await trx
    .updateTable("claim_codes")
    .set({ status: "expired" })
    .where("tenant_id", "=", tenantId)
    .where("claim_code", "=", code)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .returning("claim_code")
    .executeTakeFirst();
  return row !== undefined;
}
