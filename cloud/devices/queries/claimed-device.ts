// Owns which row a claimed trap is: the tenant's own [TENANT-2], and not released.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

export function selectClaimed(trx: Transaction, key: DeviceKey) {
  return trx
    .selectFrom("devices")
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .where("unclaimed_at", "is", null);
}

export function updateClaimed(trx: Transaction, key: DeviceKey) {
  return trx
    .updateTable("devices")
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .where("unclaimed_at", "is", null);
}
