// Owns the answer "I am on my way" to an alert [TENANT-2]. Whether it can be given is decided in alerts.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import { decideAcknowledge } from "../alerts.ts";
import { type AlertAnswer, type AnsweredAlert, answerAlert } from "./answer-alert.ts";
import { notifyAlert } from "./notify-alert.ts";

export function acknowledgeAlert(trx: Transaction, answer: AlertAnswer): Promise<AnsweredAlert> {
  return answerAlert(trx, "acknowledge", answer, decideAcknowledge, updateAcknowledged);
}

async function updateAcknowledged(
  trx: Transaction,
  tenantId: string,
  id: string,
  userId: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "acknowledged", acknowledged_at: now, acknowledged_by: userId })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .execute();
  await notifyAlert(trx, tenantId, id);
}
