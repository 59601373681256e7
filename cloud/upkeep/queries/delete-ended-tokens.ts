// Owns the forgetting of tokens that ended long ago, of all tenants.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Returns how many refresh and access tokens had ended before `endedBefore`. */
export async function deleteEndedTokens(trx: Transaction, endedBefore: Date): Promise<number> {
  const refresh = await trx
    .deleteFrom("refresh_tokens")
    .where((eb) => eb.or([eb("expires_at", "<", endedBefore), eb("revoked_at", "<", endedBefore)]))
    .executeTakeFirst();
  const access = await trx
    .deleteFrom("oauth_tokens")
    .where("access_token_expires_at", "<", endedBefore)
    .where((eb) => eb.or([eb("refresh_token_hash", "is", null), eb("refresh_token_expires_at", "<", endedBefore)]))
    .executeTakeFirst();
  return Number(refresh.numDeletedRows + access.numDeletedRows);
}
