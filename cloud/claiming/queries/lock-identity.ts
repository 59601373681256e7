// Owns the lock under which a trap's owner is decided.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** Whatever decides over a trap's owner begins with this lock, so that no two such decisions meet in the middle. */
export async function lockIdentity(trx: Transaction, serialNumber: string): Promise<void> {
  await trx
    .selectFrom("device_identities")
    .select("serial_number")
    .where("serial_number", "=", serialNumber)
    .forNoKeyUpdate()
    .execute();
}
