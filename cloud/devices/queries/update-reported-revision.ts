// Owns which revision of its settings a trap says it has, where it says no more than that.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { updateClaimed } from "./claimed-device.ts";

export async function updateReportedRevision(trx: Transaction, key: DeviceKey, revision: number): Promise<void> {
  await updateClaimed(trx, key)
    .set({ reported_revision: revision })
    .where("reported_revision", "!=", revision)
    .execute();
}
