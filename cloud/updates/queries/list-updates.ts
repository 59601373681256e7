// Owns the list of a trap's updates [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Update } from "../updates.ts";
import { selectUpdates } from "./update-row.ts";

/** The newest first. Null if the tenant has no such trap. */
export async function listUpdates(trx: Transaction, device: DeviceKey, countMax: number): Promise<Update[] | null> {
  const known = await trx
    .selectFrom("devices")
    .select("id")
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .executeTakeFirst();
  if (known === undefined) return null;
  return selectUpdates(trx, device).orderBy("u.offered_at", "desc").orderBy("u.id", "desc").limit(countMax).execute();
}
