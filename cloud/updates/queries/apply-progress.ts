// Owns what a trap's word on its progress does to its update [TENANT-2]. What it may do is decided in updates.ts.
import type { UpdateProgress } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { decideProgress } from "../updates.ts";
import { logEnd } from "./log-end.ts";
import { notifyUpdate } from "./notify-update.ts";
import { updateStatus } from "./update-status.ts";

/** What the trap says of its progress. False if that is no update of this trap, or nothing new. */
export async function applyProgress(trx: Transaction, device: DeviceKey, progress: UpdateProgress): Promise<boolean> {
  const known = await trx
    .selectFrom("device_updates")
    .select(["status", "received", "code"])
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("id", "=", progress.id)
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined) return false;
  const change = decideProgress(known, progress);
  if (change === null) return false;
  await updateStatus(trx, device, progress.id, change);
  const update = await notifyUpdate(trx, device, progress.id);
  // One whose end was told by a hello is in the log already.
  if (known.status !== "failed") await logEnd(trx, device, update);
  return true;
}
