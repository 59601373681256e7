// Owns telling the changes of many traps to their tenants, in the transaction that made them [LIVE-1]. Of one trap: notify-device.ts.
import { notifyLiveAll } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Device } from "../devices.ts";

export async function notifyDevices(trx: Transaction, all: { tenantId: string; device: Device }[]): Promise<void> {
  await notifyLiveAll(
    trx,
    all.map(({ tenantId, device }) => ({ tenantId, type: "device", data: device })),
  );
}
