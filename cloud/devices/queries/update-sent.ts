// Owns when commands were last sent to their trap [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

export async function updateSent(trx: Transaction, key: DeviceKey, ids: number[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable("device_commands")
    .set({ sent_at: now })
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("id", "in", ids)
    .execute();
}
