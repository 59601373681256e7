// Owns how a person answers an alert, whatever the answer [TENANT-2]: it stays locked from the look to the change, so that of two answers at
// once the second sees the first. The answers are acknowledge-alert.ts and resolve-alert.ts.
import { writeActivity, writeAudit } from "../../db/audit-log.ts";
import type { DeviceAlertStatus } from "../../db/schema.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Alert, AnswerDecision } from "../alerts.ts";
import { findAlert } from "./find-alert.ts";

export interface AlertAnswer {
  tenantId: string;
  id: string;
  userId: string;
  now: Date;
}

export type AnsweredAlert = { ok: true; alert: Alert } | { ok: false; reason: "alert-not-found" | "alert-resolved" };

export async function answerAlert(
  trx: Transaction,
  action: "acknowledge" | "resolve",
  { tenantId, id, userId, now }: AlertAnswer,
  decide: (status: DeviceAlertStatus) => AnswerDecision,
  update: (trx: Transaction, tenantId: string, id: string, userId: string, now: Date) => Promise<void>,
): Promise<AnsweredAlert> {
  const row = await trx
    .selectFrom("device_alerts")
    .select(["alert_status as status", "device_id as deviceId"])
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return { ok: false, reason: "alert-not-found" };
  const decided = decide(row.status);
  if (!decided.ok) return decided;
  if (decided.next === "change") {
    await update(trx, tenantId, id, userId, now);
    await writeAudit(trx, { action, resourceType: "alert", resourceId: id, old: { status: row.status } });
    const answered = {
      tenantId,
      userId,
      deviceId: row.deviceId,
      source: "api",
      details: { alertId: id, action },
    } as const;
    await writeActivity(trx, { action: "alert_answered", ...answered });
  }
  const alert = await findAlert(trx, tenantId, id);
  return alert === null ? { ok: false, reason: "alert-not-found" } : { ok: true, alert };
}
