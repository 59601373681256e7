// Owns what a trap answers to a command [TENANT-2].
import type { CommandResult } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { DeviceCommand } from "../devices.ts";
import { toCommand } from "./command-row.ts";

/** The first answer counts; null if there is no such command, or it has one. */
export async function updateAnswered(
  trx: Transaction,
  key: DeviceKey,
  result: CommandResult,
  now: Date,
): Promise<DeviceCommand | null> {
  const row = await trx
    .updateTable("device_commands")
    .set({ answered_at: now, code: result.code })
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("id", "=", result.id)
    .where("answered_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toCommand(row);
}
