// Owns what time takes away: windows nobody used, challenges that are over, codes past their day [CLAIM-7]. Every decision compares with
// the time itself, so that sweeping late or never changes no outcome; it only keeps the tables small.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** A window that was claimed is kept this much longer, as a record of who was where. */
const CLAIMED_WINDOW_KEPT_MS = 24 * 60 * 60 * 1000;

export interface Swept {
  windows: number;
  challenges: number;
  codes: number;
}

/** Safe to run on several instances at once. */
export async function sweepClaiming(trx: Transaction, now: Date): Promise<Swept> {
  const windows = await trx
    .deleteFrom("device_claiming_queue")
    .where("expires_at", "<=", now)
    .where((eb) =>
      eb.or([eb("claimed_at", "is", null), eb("expires_at", "<=", new Date(now.getTime() - CLAIMED_WINDOW_KEPT_MS))]),
    )
    .executeTakeFirst();
  const challenges = await trx.deleteFrom("device_challenges").where("expires_at", "<=", now).executeTakeFirst();
  const codes = await trx
    .updateTable("claim_codes")
    .set({ status: "expired" })
    .where("status", "=", "active")
    .where("expires_at", "<=", now)
    .executeTakeFirst();
  return {
    windows: Number(windows.numDeletedRows),
    challenges: Number(challenges.numDeletedRows),
    codes: Number(codes.numUpdatedRows),
  };
}
