// Owns the putting of a newer hash of the same password in the place of an older one. Runs outside any tenant's scope, as the log-in does
// that leads to it.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Nothing happens where the hash is another one by now: somebody has logged in beside, or has a new password. */
export async function replacePasswordHash(
  trx: Transaction,
  userId: string,
  { oldHash, newHash }: { oldHash: string; newHash: string },
): Promise<void> {
  await trx
    .updateTable("users")
    .set({ password_hash: newHash })
    .where("id", "=", userId)
    .where("password_hash", "=", oldHash)
    .execute();
}
