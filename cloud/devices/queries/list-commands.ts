// Owns the list of a trap's commands [TENANT-2], answered or not.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { DeviceCommand } from "../devices.ts";
import { toCommand } from "./command-row.ts";

/** The newest, newest first. */
export async function listCommands(trx: Transaction, key: DeviceKey, countMax: number): Promise<DeviceCommand[]> {
  const rows = await trx
    .selectFrom("device_commands")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .orderBy("id", "desc")
    .limit(countMax)
    .execute();
  return rows.map(toCommand);
}
