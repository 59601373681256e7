// Owns the way from a tenant's trap to the name it has at the broker.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey, DeviceScope } from "../../mqtt/device-door.ts";
import { selectClaimed } from "./claimed-device.ts";

/** How to speak to the tenant's trap; null if there is none or it was released. */
export async function findScope(trx: Transaction, key: DeviceKey): Promise<DeviceScope | null> {
  const row = await selectClaimed(trx, key).select("mqtt_username").executeTakeFirst();
  return row?.mqtt_username ? { ...key, credentialId: row.mqtt_username } : null;
}
