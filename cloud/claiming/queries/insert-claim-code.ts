// Owns the making of a claim code by a person, before there is a trap for it. How a code looks is decided in claiming.ts.
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import { type ClaimCode, CODES_ACTIVE_MAX, createClaimCode, type RandomBytes } from "../claiming.ts";
import { toClaimCode } from "./claim-code-row.ts";

export interface NewClaimCode {
  tenantId: string;
  userId: string;
  deviceName: string;
  expiresAt: Date;
  now: Date;
}

/** Null if the tenant has as many active codes as it may have. */
export async function insertClaimCode(
  trx: Transaction,
  wish: NewClaimCode,
  randomBytes: RandomBytes,
): Promise<ClaimCode | null> {
  const { tenantId, now } = wish;
  const active = await trx
    .selectFrom("claim_codes")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .executeTakeFirstOrThrow();
  if (active.count >= CODES_ACTIVE_MAX) return null;
  // Two equal codes among 49 bits are a matter of centuries; three times in a row is a broken source of randomness.
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = await trx
      .insertInto("claim_codes")
      .values({
        claim_code: createClaimCode(randomBytes),
        tenant_id: tenantId,
        device_name: wish.deviceName,
        expires_at: wish.expiresAt,
        created_by: wish.userId,
        created_at: now,
      })
      .onConflict((conflict) => conflict.column("claim_code").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) continue;
    // The code itself opens a door, so that it stays out of the log.
    const facts = { deviceName: wish.deviceName, expiresAt: wish.expiresAt };
    await writeAudit(trx, { action: "create", resourceType: "claim_code", resourceId: null, new: facts });
    return toClaimCode(row, now);
  }
  throw new Error("three new claim codes in a row were taken");
}
