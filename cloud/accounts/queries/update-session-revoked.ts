// Owns the end that a person sets to their session. The row stays until it is swept by delete-ended-sessions.ts.
import { writeActivity, writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";

export async function updateSessionRevoked(trx: Transaction, sessionId: string, now: Date): Promise<void> {
  const ended = await trx
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("id", "=", sessionId)
    .where("revoked_at", "is", null)
    .returning(["user_id as userId", "tenant_id as tenantId"])
    .executeTakeFirst();
  if (ended === undefined) return;
  await writeAudit(trx, { action: "logout", resourceType: "session", resourceId: sessionId });
  await writeActivity(trx, { action: "user_logout", ...ended, source: "api" });
}
