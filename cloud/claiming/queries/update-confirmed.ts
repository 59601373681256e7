// Owns the first use of a trap's credentials [CLAIM-5]. The password is judged in claiming-ingest.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { StoredCredential } from "./find-credential.ts";

/** The first use of a password ends its being given away. False if it was replaced or voided meanwhile. */
export async function updateConfirmed(trx: Transaction, credential: StoredCredential, now: Date): Promise<boolean> {
  const row = await trx
    .updateTable("devices")
    .set((eb) => ({ credentials_confirmed_at: eb.fn.coalesce("credentials_confirmed_at", eb.val(now)) }))
    .where("tenant_id", "=", credential.tenantId)
    .where("id", "=", credential.deviceId)
    .where("mqtt_password", "=", credential.passwordHash)
    .where("unclaimed_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
