// Owns the end that a person sets to their session. The row stays until it is swept by delete-ended-sessions.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";

export async function updateSessionRevoked(trx: Transaction, sessionId: string, now: Date): Promise<void> {
  await trx
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("id", "=", sessionId)
    .where("revoked_at", "is", null)
    .execute();
}
