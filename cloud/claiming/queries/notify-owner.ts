// Owns the warning to a trap's owner, in the transaction that refuses the attempt.
import { notifyLive } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";

/** The owner hears of it when somebody tries to claim what is theirs. */
export async function notifyOwner(
  trx: Transaction,
  owned: DeviceScope,
  serialNumber: string,
  now: Date,
): Promise<void> {
  const data = { deviceId: owned.deviceId, serialNumber, attemptedAt: now };
  await notifyLive(trx, owned.tenantId, { type: "claiming", data });
}
