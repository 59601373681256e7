// Owns the taking back of a claim code by a person of its tenant [TENANT-2].
import { writeAudit } from "../../db/audit-log.ts";
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
    .returning("device_name as deviceName")
    .executeTakeFirst();
  if (row === undefined) return false;
  await writeAudit(trx, { action: "delete", resourceType: "claim_code", resourceId: null, old: row });
  return true;
}
