// Owns how a trap's updates are read, with what is to be known of their bundle [TENANT-2], and which of them are unfinished.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

export const UNFINISHED = ["offered", "accepted", "fetching", "verified"] as const;

export function selectUpdates(trx: Transaction, { tenantId, deviceId }: DeviceKey) {
  return trx
    .selectFrom("device_updates as u")
    .innerJoin("firmware_versions as f", "f.id", "u.firmware_version_id")
    .select((eb) => [
      "u.id",
      "u.device_id as deviceId",
      "f.id as firmwareId",
      eb.fn.coalesce("f.version", eb.val("")).as("version"),
      eb.fn.coalesce("f.counter", eb.val(0)).as("counter"),
      eb.fn.coalesce("f.signed_by", eb.val("")).as("signedBy"),
      eb.fn.coalesce("f.sha256", eb.val("")).as("sha256"),
      eb.fn.coalesce("f.size", eb.val(0)).as("size"),
      "u.status",
      "u.received",
      "u.code",
      "u.offered_at as offeredAt",
      "u.updated_at as updatedAt",
      "u.booted_at as bootedAt",
    ])
    .where("u.tenant_id", "=", tenantId)
    .where("u.device_id", "=", deviceId);
}
