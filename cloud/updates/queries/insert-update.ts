// Owns the offering of a firmware to a trap [TENANT-2]: one at a time, and none that it would refuse as outdated.
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey, DeviceScope } from "../../mqtt/device-door.ts";
import { describeOutdated, isOutdated, type Update } from "../updates.ts";
import { findFirmware } from "./find-firmware.ts";
import { findRunning } from "./find-running.ts";
import { notifyUpdate } from "./notify-update.ts";
import { UNFINISHED } from "./update-row.ts";

export interface NewUpdate extends DeviceKey {
  firmwareId: string;
  now: Date;
}

export type Offered =
  | { ok: true; update: Update; device: DeviceScope }
  | {
      ok: false;
      reason: "device-not-found" | "firmware-not-found" | "update-conflict" | "update-outdated";
      detail?: string;
    };

/** Offer a firmware to a trap. Its row is locked, so that of two offers at once the second meets the first. */
export async function insertUpdate(trx: Transaction, wish: NewUpdate): Promise<Offered> {
  const { tenantId, deviceId, now } = wish;
  const device = await trx
    .selectFrom("devices")
    .select(["mqtt_username as credentialId", "boot_id as bootId", "firmware_sha256 as sha256"])
    .where("tenant_id", "=", tenantId)
    .where("id", "=", deviceId)
    .where("unclaimed_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (device === undefined) return { ok: false, reason: "device-not-found" };
  const firmware = await findFirmware(trx, tenantId, wish.firmwareId);
  if (firmware === null) return { ok: false, reason: "firmware-not-found" };
  const unfinished = await trx
    .selectFrom("device_updates")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("status", "in", UNFINISHED)
    .executeTakeFirst();
  if (unfinished !== undefined) return { ok: false, reason: "update-conflict" };
  const running = await findRunning(trx, tenantId, device.sha256);
  if (running !== null && isOutdated(firmware, running)) {
    return { ok: false, reason: "update-outdated", detail: describeOutdated(firmware, running) };
  }
  const row = await trx
    .insertInto("device_updates")
    .values({
      tenant_id: tenantId,
      device_id: deviceId,
      firmware_scope_id: tenantId,
      firmware_version_id: firmware.id,
      boot_id_at_offer: device.bootId,
      sha256_before: device.sha256,
      offered_at: now,
      updated_at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const { version, counter, sha256 } = firmware;
  const facts = { updateId: row.id, version, counter, sha256 };
  await writeAudit(trx, { action: "rollout", resourceType: "device", resourceId: deviceId, new: facts });
  const update = await notifyUpdate(trx, wish, row.id);
  return { ok: true, update, device: { tenantId, deviceId, credentialId: device.credentialId ?? "" } };
}
