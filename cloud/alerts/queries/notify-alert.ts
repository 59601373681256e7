// Owns telling an alert's change to its tenant, in the transaction that made it [LIVE-1].
import { notifyLive } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import { findAlert } from "./find-alert.ts";

export async function notifyAlert(trx: Transaction, tenantId: string, id: string): Promise<void> {
  const alert = await findAlert(trx, tenantId, id);
  if (alert !== null) await notifyLive(trx, tenantId, { type: "alert", data: alert });
}
