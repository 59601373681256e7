// Owns the reading of a bundle's bytes. By id it asks for no tenant: the trap that fetches them has been told the id over its own
// authenticated connection, and checks the hash.
import type { Transaction } from "../../db/tenant-transaction.ts";

export async function findContent(trx: Transaction, id: string): Promise<Buffer | null> {
  const row = await trx.selectFrom("firmware_versions").select("content").where("id", "=", id).executeTakeFirst();
  return row?.content ?? null;
}
