// Owns which challenges were used. Unused ones are remembered by nobody (challenges.ts).
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Remember that the challenge was used; false if it was used before [CLAIM-2]. */
export async function insertUsedChallenge(
  trx: Transaction,
  used: { challenge: string; serialNumber: string; expiresAt: Date; now: Date },
): Promise<boolean> {
  const inserted = await trx
    .insertInto("device_challenges")
    .values({
      challenge: used.challenge,
      serial_number: used.serialNumber,
      expires_at: used.expiresAt,
      used_at: used.now,
    })
    .onConflict((conflict) => conflict.column("challenge").doNothing())
    .returning(sql<number>`1`.as("one"))
    .executeTakeFirst();
  return inserted !== undefined;
}
