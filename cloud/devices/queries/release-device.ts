// Owns the end of a trap's belonging to a tenant [TENANT-2], in one transaction with all that hangs on it.
import { writeActivity } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey, DeviceScope } from "../../mqtt/device-door.ts";
import { updateClaimed } from "./claimed-device.ts";
import { lockTrap } from "./lock-trap.ts";
import { notifyDevice } from "./notify-device.ts";

export interface Release extends DeviceKey {
  now: Date;
  /** Null: the trap itself was reset. */
  userId: string | null;
}

/**
 * Let go of a trap: its credentials are void when this commits, its open alerts resolved, its past stays with the tenant [CLAIM-6].
 * Null if the tenant has no such trap.
 */
export async function releaseDevice(trx: Transaction, release: Release): Promise<DeviceScope | null> {
  const { tenantId, deviceId, now } = release;
  await lockTrap(trx, release);
  const released = await updateClaimed(trx, release)
    .set({ unclaimed_at: now, mqtt_password: null, online: false })
    .returning("mqtt_username")
    .executeTakeFirst();
  if (released === undefined) return null;
  await trx
    .deleteFrom("device_claiming_queue")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .execute();
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "resolved", resolved_at: now, resolved_by: release.userId })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("alert_status", "!=", "resolved")
    .execute();
  await trx
    .updateTable("device_sessions")
    .set({ ended_at: now, end_reason: "released" })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("ended_at", "is", null)
    .execute();
  const by = { userId: release.userId, source: release.userId === null ? "device" : "api" } as const;
  await writeActivity(trx, { action: "device_deleted", tenantId, deviceId, ...by });
  await notifyDevice(trx, release);
  return { tenantId, deviceId, credentialId: released.mqtt_username ?? "" };
}
