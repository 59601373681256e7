// Owns the reading of one alert of a tenant [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Alert } from "../alerts.ts";
import { selectAlerts, toAlert } from "./alert-row.ts";

export async function findAlert(trx: Transaction, tenantId: string, id: string): Promise<Alert | null> {
  const row = await selectAlerts(trx, tenantId).where("a.id", "=", id).executeTakeFirst();
  return row === undefined ? null : toAlert(row);
}
