// Owns the list of commands that a trap has yet to answer [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { DeviceCommand } from "../devices.ts";
import { toCommand } from "./command-row.ts";

/** Unanswered and not expired, oldest first. */
export async function listOpenCommands(trx: Transaction, key: DeviceKey, now: Date): Promise<DeviceCommand[]> {
  const rows = await trx
    .selectFrom("device_commands")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("answered_at", "is", null)
    .where("expires_at", ">", now)
    .orderBy("id")
    .execute();
  return rows.map(toCommand);
}
