// Owns telling an update's change to its tenant, in the transaction that made it [LIVE-1].
import { notifyLive } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Update } from "../updates.ts";
import { selectUpdates } from "./update-row.ts";

export async function notifyUpdate(trx: Transaction, device: DeviceKey, id: string): Promise<Update> {
  const update = await getUpdate(trx, device, id);
  await notifyLive(trx, device.tenantId, { type: "update", data: update });
  return update;
}

async function getUpdate(trx: Transaction, device: DeviceKey, id: string): Promise<Update> {
  return selectUpdates(trx, device).where("u.id", "=", id).executeTakeFirstOrThrow();
}
