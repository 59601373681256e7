// Owns telling a trap's change to its tenant, released or not, in the transaction that made it [LIVE-1].
import { notifyLive } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { DeviceCommand } from "../devices.ts";
import { toDevice } from "./device-row.ts";

/** Tell the tenant how the trap is now, and of the command that was answered if that is what happened. */
export async function notifyDevice(trx: Transaction, key: DeviceKey, command?: DeviceCommand): Promise<void> {
  const row = await trx
    .selectFrom("devices")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .executeTakeFirst();
  if (row === undefined) return;
  const data = command === undefined ? toDevice(row) : { ...toDevice(row), command };
  await notifyLive(trx, key.tenantId, { type: "device", data });
}
