// Owns the entry of an update's end in what happened in a tenant [TENANT-2].
import { writeActivity } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Update } from "../updates.ts";

/** Keep how the update ended; of one that has not ended, nothing. */
export async function logEnd(trx: Transaction, { tenantId, deviceId }: DeviceKey, update: Update): Promise<void> {
  const { id: updateId, status, version, counter, sha256, code } = update;
  const entry = { tenantId, deviceId, source: "device" } as const;
  if (status === "booted")
    await writeActivity(trx, { ...entry, action: "firmware_updated", details: { version, counter, sha256 } });
  if (status === "refused" || status === "failed") {
    const details = { updateId, update: status, version, counter, sha256, code };
    await writeActivity(trx, { ...entry, action: "device_updated", details });
  }
}
