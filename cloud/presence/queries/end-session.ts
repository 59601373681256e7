// Owns the end of a trap's session [TENANT-2], and the trap's being offline by it. It locks the trap's row before the session's.
import type { DeviceSessionEndReason } from "../../db/schema.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { type OpenSession, updateSession } from "./session-row.ts";

/**
 * End exactly this session [PRES-1]. True if the trap is offline by it, which it is only if no newer session has begun.
 * @param silentBefore end it only if it was last heard before this moment
 */
export async function endSession(
  trx: Transaction,
  session: OpenSession,
  reason: DeviceSessionEndReason,
  at: Date,
  silentBefore?: Date,
): Promise<boolean> {
  await lockDevice(trx, session);
  const ended = await updateSession(trx, session)
    .set({ ended_at: at, end_reason: reason })
    .where("ended_at", "is", null)
    .$if(silentBefore !== undefined, (query) => query.where("last_heard_at", "<", silentBefore ?? at))
    .returning("last_heard_at")
    .executeTakeFirst();
  if (ended === undefined) return false;
  const offline = await trx
    .updateTable("devices")
    .set({ online: false, last_seen: ended.last_heard_at })
    .where("tenant_id", "=", session.tenantId)
    .where("id", "=", session.deviceId)
    .where("boot_id", "=", session.boot)
    .where("session", "=", session.session)
    .where("online", "=", true)
    .executeTakeFirst();
  return offline.numUpdatedRows > 0n;
}

/** The trap's row, by whatever credentials, so that nothing else decides over its presence meanwhile. */
async function lockDevice(trx: Transaction, device: DeviceKey): Promise<void> {
  await trx
    .selectFrom("devices")
    .select("id")
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .forNoKeyUpdate()
    .execute();
}
