// Owns that a log-in that failed is kept: whose, if there is such a person, and where it came from. Never what was typed.
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";

export async function insertFailedLogin(trx: Transaction, userId: string | null): Promise<void> {
  const entry = { tenantId: null, userId, resourceType: "user", resourceId: userId, result: "denied" } as const;
  await writeAudit(trx, { action: "login", ...entry });
}
