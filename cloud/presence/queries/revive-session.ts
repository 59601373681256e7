// Owns the coming back of a session that was given up too early [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import { findCurrentLocked } from "./find-current-locked.ts";
import { updateSession } from "./session-row.ts";
import type { Heard } from "./update-heard.ts";

/**
 * A session that was ended for its silence has been heard after all: it is open again. `revived`, `over` (it ended otherwise, or another
 * one is current), or `gone` (its credentials are void).
 */
export async function reviveSession(trx: Transaction, heard: Heard): Promise<"revived" | "over" | "gone"> {
  const current = await findCurrentLocked(trx, heard);
  if (current === undefined) return "gone";
  if (current === null || current.boot !== heard.boot || current.session !== heard.session) return "over";
  const revived = await updateSession(trx, heard)
    .set({ ended_at: null, end_reason: null, last_heard_at: heard.at })
    .where("end_reason", "=", "silent")
    .executeTakeFirst();
  if (revived.numUpdatedRows === 0n) return "over";
  await trx
    .updateTable("devices")
    .set({ online: true, last_seen: heard.at })
    .where("tenant_id", "=", heard.tenantId)
    .where("id", "=", heard.deviceId)
    .execute();
  return "revived";
}
