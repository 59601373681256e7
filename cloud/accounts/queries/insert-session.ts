// Owns the beginning of a person's session, kept by the hash of its token [SECRET-1]. How long it lasts is decided in accounts.ts.
import { writeActivity, writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";

export interface SessionFacts {
  userId: string;
  tenantId: string;
  tokenHash: string;
  address: string;
  agent: string | null;
  now: Date;
  expiresAt: Date;
}

export async function insertSession(trx: Transaction, facts: SessionFacts): Promise<void> {
  const { userId, tenantId } = facts;
  const session = await trx
    .insertInto("sessions")
    .values({
      user_id: userId,
      tenant_id: tenantId,
      token_hash: facts.tokenHash,
      ip_address: facts.address,
      user_agent: facts.agent,
      created_at: facts.now,
      expires_at: facts.expiresAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await writeAudit(trx, { action: "login", resourceType: "session", resourceId: session.id, tenantId, userId });
  await writeActivity(trx, { action: "user_login", tenantId, userId, source: "api" });
}
