// Owns the settling of an alert, by a person or by an event that nobody had to answer [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import { notifyAlert } from "./notify-alert.ts";

export async function updateResolved(
  trx: Transaction,
  tenantId: string,
  id: string,
  userId: string | null,
  now: Date,
): Promise<void> {
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "resolved", resolved_at: now, resolved_by: userId })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .execute();
  await notifyAlert(trx, tenantId, id);
}
