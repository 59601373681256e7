// Owns the look from a token's hash to the person behind it. Runs outside any tenant's scope, since it finds out whose
// scope a request may have.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Whose session it is, if it is still good and the person still belongs to the tenant. */
export async function findSession(trx: Transaction, tokenHash: string, now: Date) {
  const row = await trx
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .innerJoin("user_tenant_memberships as m", (join) =>
      join.onRef("m.user_id", "=", "s.user_id").onRef("m.tenant_id", "=", "s.tenant_id"),
    )
    .select([
      "s.id as sessionId",
      "s.user_id as userId",
      "s.tenant_id as tenantId",
      "s.expires_at as expiresAt",
      "m.role",
    ])
    .where("s.token_hash", "=", tokenHash)
    .where("s.revoked_at", "is", null)
    .where("s.expires_at", ">", now)
    .where("u.is_active", "=", true)
    .where("m.status", "=", "active")
    .executeTakeFirst();
  return row ?? null;
}
