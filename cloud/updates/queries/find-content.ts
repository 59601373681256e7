// Owns the reading of a bundle's bytes. By id it asks for no tenant: the trap that fetches them has been told the id over its own
// authenticated connection, and checks the hash.
import type { Kysely } from "kysely";
import type { Database } from "../../db/schema.ts";

export async function findContent(db: Kysely<Database>, id: string): Promise<Buffer | null> {
  const row = await db.selectFrom("firmware_versions").select("content").where("id", "=", id).executeTakeFirst();
  return row?.content ?? null;
}
