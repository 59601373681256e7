// Owns the voiding of a trap's password while it stays its owner's [CLAIM-8]: without one the trap, refused, is given the next when it proves
// itself. The handing over is pick-up.ts's.
import { writeActivity, writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey, DeviceScope } from "../../mqtt/device-door.ts";
import { updateClaimed } from "./claimed-device.ts";
import { findScope } from "./find-scope.ts";
import { lockTrap } from "./lock-trap.ts";
import { notifyDevice } from "./notify-device.ts";

export interface Rotation extends DeviceKey {
  now: Date;
  userId: string;
}

export type Rotated =
  | { ok: true; scope: DeviceScope }
  | { ok: false; reason: "device-not-found" | "device-unprovable" };

/** The password is void when this commits. Of a trap that could not prove itself nothing is voided: it would never get another. */
export async function rotateCredentials(trx: Transaction, rotation: Rotation): Promise<Rotated> {
  const { tenantId, deviceId, now, userId } = rotation;
  const key = { tenantId, deviceId };
  const canProve = await lockTrap(trx, key);
  const scope = await findScope(trx, key);
  if (scope === null) return { ok: false, reason: "device-not-found" };
  if (!canProve) return { ok: false, reason: "device-unprovable" };
  await updateClaimed(trx, key).set({ mqtt_password: null, online: false }).execute();
  await trx
    .updateTable("device_sessions")
    .set({ ended_at: now, end_reason: "disconnected" })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("ended_at", "is", null)
    .execute();
  const details = { credentials: "rotated" };
  await writeAudit(trx, { action: "update", resourceType: "device", resourceId: deviceId, new: details });
  await writeActivity(trx, { action: "device_updated", tenantId, deviceId, userId, source: "api", details });
  await notifyDevice(trx, key);
  return { ok: true, scope };
}
