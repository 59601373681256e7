// Owns the offering of a bundle to a trap [TENANT-2]: one at a time.
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey, DeviceScope } from "../../mqtt/device-door.ts";
import type { Update } from "../updates.ts";
import { findFirmware } from "./find-firmware.ts";
import { notifyUpdate } from "./notify-update.ts";
import { UNFINISHED } from "./update-row.ts";

export interface NewUpdate extends DeviceKey {
  firmwareId: string;
  now: Date;
}

export type Offered =
  | { ok: true; update: Update; device: DeviceScope }
  | { ok: false; reason: "device-not-found" | "firmware-not-found" | "update-conflict" };

/** Offer a bundle to a trap. Its row is locked, so that of two offers at once the second meets the first. */
export async function insertUpdate(trx: Transaction, wish: NewUpdate): Promise<Offered> {
  const { tenantId, deviceId, now } = wish;
  const device = await trx
    .selectFrom("devices")
    .select(["mqtt_username as credentialId", "boot_id as bootId"])
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
  const row = await trx
    .insertInto("device_updates")
    .values({
      tenant_id: tenantId,
      device_id: deviceId,
      firmware_scope_id: tenantId,
      firmware_version_id: firmware.id,
      boot_id_at_offer: device.bootId,
      offered_at: now,
      updated_at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const facts = { updateId: row.id, version: firmware.version, sha256: firmware.sha256 };
  await writeAudit(trx, { action: "rollout", resourceType: "device", resourceId: deviceId, new: facts });
  const update = await notifyUpdate(trx, wish, row.id);
  return { ok: true, update, device: { tenantId, deviceId, credentialId: device.credentialId ?? "" } };
}
