// Owns what an event does to the alerts of its trap, in the event's own transaction [TENANT-2]. What it shall do is decided in alerts.ts.

import { writeActivity } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKind } from "../../devices/devices.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { type AlertEffect, decideEffect, decideRaise } from "../alerts.ts";
import { notifyAlert } from "./notify-alert.ts";
import { updateResolved } from "./update-resolved.ts";

/** What of an event an alert is made of. */
export interface AlertCause {
  id: string;
  kind: Parameters<typeof decideEffect>[0];
  occurredLatest: Date;
  receivedAt: Date;
}

/** Raise or settle what the event calls for. The caller holds the trap's row, so that its events come one after the other. */
export async function applyEventToAlerts(
  trx: Transaction,
  device: DeviceKey,
  trap: { name: string; kind: DeviceKind },
  cause: AlertCause,
): Promise<void> {
  const effect = decideEffect(cause.kind, trap);
  if (effect === null) return;
  const open = await trx
    .selectFrom("device_alerts")
    .select(["id", "alert_status as status"])
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("alert_type", "=", effect.type)
    .where("alert_status", "!=", "resolved")
    .forUpdate()
    .executeTakeFirst();
  if (effect.effect === "settle") {
    if (open !== undefined) await updateResolved(trx, device.tenantId, open.id, null, cause.receivedAt);
    return;
  }
  const decision = decideRaise(effect.type, open?.status ?? null);
  if (decision === "keep") return;
  if (decision === "replace" && open !== undefined) {
    await updateResolved(trx, device.tenantId, open.id, null, cause.receivedAt);
  }
  await insertAlert(trx, device, effect, cause);
}

/** The index on open alerts has the last word: where two would be open, the second is none [ALERT-2]. */
async function insertAlert(
  trx: Transaction,
  device: DeviceKey,
  effect: Extract<AlertEffect, { effect: "raise" }>,
  cause: AlertCause,
): Promise<void> {
  const row = await trx
    .insertInto("device_alerts")
    .values({
      tenant_id: device.tenantId,
      device_id: device.deviceId,
      event_id: cause.id,
      alert_type: effect.type,
      severity: effect.severity,
      message: effect.message,
      triggered_at: cause.occurredLatest,
      created_at: cause.receivedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(["device_id", "alert_type"]).where("alert_status", "!=", "resolved").doNothing(),
    )
    .returning("id")
    .executeTakeFirst();
  if (row === undefined) return;
  const details = { alertId: row.id, type: effect.type, severity: effect.severity };
  await writeActivity(trx, {
    action: "alert_raised",
    tenantId: device.tenantId,
    deviceId: device.deviceId,
    source: "device",
    details,
  });
  await notifyAlert(trx, device.tenantId, row.id);
}
