// Owns the list of a tenant's claim codes [TENANT-2], the newest first.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { ClaimCode } from "../claiming.ts";
import { toClaimCode } from "./claim-code-row.ts";

export async function listClaimCodes(trx: Transaction, tenantId: string, now: Date): Promise<ClaimCode[]> {
  const rows = await trx
    .selectFrom("claim_codes")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("created_at", "desc")
    .orderBy("claim_code")
    .limit(100)
    .execute();
  return rows.map((row) => toClaimCode(row, now));
}
