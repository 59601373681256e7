// Owns the lock of a tenant's trap that is about to lose its owner or its password.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

/**
 * Whatever decides over a trap's owner or password begins with this lock, so that claiming, releasing and handing over never meet in the
 * middle. False if the tenant's trap has no identity of ours, and so cannot prove itself.
 */
export async function lockTrap(trx: Transaction, key: DeviceKey): Promise<boolean> {
  const rows = await trx
    .selectFrom("device_identities")
    .select("serial_number")
    .where("serial_number", "=", (eb) =>
      eb
        .selectFrom("devices")
        .select("serial_number")
        .where("tenant_id", "=", key.tenantId)
        .where("id", "=", key.deviceId),
    )
    .forNoKeyUpdate()
    .execute();
  return rows.length > 0;
}
