// Owns the list of a tenant's alerts [TENANT-2].
import type { DeviceAlertStatus } from "../../db/schema.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Alert } from "../alerts.ts";
import { selectAlerts, toAlert } from "./alert-row.ts";

export interface AlertPage {
  tenantId: string;
  countMax: number;
  /** All of them unless told. */
  statuses?: DeviceAlertStatus[];
}

/** The newest first. */
export async function listAlerts(trx: Transaction, page: AlertPage): Promise<Alert[]> {
  const { statuses } = page;
  const rows = await selectAlerts(trx, page.tenantId)
    .$if(statuses !== undefined, (query) => query.where("a.alert_status", "in", statuses ?? []))
    .orderBy("a.created_at", "desc")
    .orderBy("a.id", "desc")
    .limit(page.countMax)
    .execute();
  return rows.map(toAlert);
}
