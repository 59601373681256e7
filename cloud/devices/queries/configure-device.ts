// Owns a person's wish how a trap shall be set [TENANT-2]. It reaches the trap at once or at its next hello.
import { writeActivity, writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { type DeviceSettings, isEqualSettings, nextRevision } from "../devices.ts";
import { findDeviceLocked } from "./find-device-locked.ts";
import { notifyDevice } from "./notify-device.ts";
import { updateSettings } from "./update-settings.ts";

/**
 * The same wish again is no new revision: the trap has been told, or will be at its next hello. False if the tenant has no such trap.
 */
export async function configureDevice(trx: Transaction, key: DeviceKey, wish: DeviceSettings): Promise<boolean> {
  const known = await findDeviceLocked(trx, key);
  if (known === null) return false;
  const { desired, revision, reportedRevision } = known.config;
  if (desired !== null && isEqualSettings(desired, wish)) return true;
  await updateSettings(trx, key, wish, nextRevision(revision, reportedRevision));
  const device = { resourceType: "device", resourceId: key.deviceId } as const;
  await writeAudit(trx, { action: "configure", ...device, old: desired ?? undefined, new: wish });
  await writeActivity(trx, { action: "device_updated", ...key, source: "api", details: { settings: wish } });
  await notifyDevice(trx, key);
  return true;
}
