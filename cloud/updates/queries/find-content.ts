// Owns the reading of a signed file's bytes. By id it asks for no tenant: the trap that fetches them has been told the id over its own
// authenticated connection, and verifies the signature.
import type { Transaction } from "../../db/tenant-transaction.ts";

export async function findContent(trx: Transaction, id: string): Promise<Buffer | null> {
  const row = await trx
    .selectFrom("firmware_versions")
    .select("content")
    .where("id", "=", id)
    .where("signed_by", "is not", null)
    .executeTakeFirst();
  return row?.content ?? null;
}
