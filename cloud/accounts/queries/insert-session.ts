// Owns the beginning of a person's session, kept by the hash of its token [SECRET-1]. How long it lasts is decided in accounts.ts.
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
  await trx
    .insertInto("sessions")
    .values({
      user_id: facts.userId,
      tenant_id: facts.tenantId,
      token_hash: facts.tokenHash,
      ip_address: facts.address,
      user_agent: facts.agent,
      created_at: facts.now,
      expires_at: facts.expiresAt,
    })
    .execute();
}
