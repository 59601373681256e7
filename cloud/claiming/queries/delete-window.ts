// Owns the closing of a claiming window that nobody shall claim any more.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** The trap was reset or claimed by a code: whatever window it had open is closed. */
export async function deleteWindow(trx: Transaction, macAddress: string): Promise<void> {
  await trx.deleteFrom("device_claiming_queue").where("mac_address", "=", macAddress).execute();
}
