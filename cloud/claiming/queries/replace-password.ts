// Owns the putting of one stored form of a trap's password in the place of another; the password itself stays. Runs outside any tenant's
// scope, as the log-in does that leads to it.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { StoredCredential } from "./find-credential.ts";

/** False if the stored hash is another one by now, or the trap was released. */
export async function replacePassword(
  trx: Transaction,
  known: StoredCredential,
  passwordHash: string,
): Promise<boolean> {
  const row = await trx
    .updateTable("devices")
    .set({ mqtt_password: passwordHash })
    .where("tenant_id", "=", known.tenantId)
    .where("id", "=", known.deviceId)
    .where("mqtt_password", "=", known.passwordHash)
    .where("unclaimed_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
