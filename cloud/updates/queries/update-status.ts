// Owns the change of an update's row [TENANT-2]. What changes is decided in updates.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { UpdateChange } from "../updates.ts";

export async function updateStatus(
  trx: Transaction,
  device: DeviceKey,
  id: string,
  change: Partial<UpdateChange> & {
    boot_id_at_offer?: string;
    sha256_before?: string;
    booted_at?: Date;
    booted_boot_id?: string;
  },
): Promise<void> {
  await trx
    .updateTable("device_updates")
    .set(change)
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("id", "=", id)
    .execute();
}
