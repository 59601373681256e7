// Owns the look from a serial number to the trap's identity, which belongs to no tenant.
import type { Kysely } from "kysely";
import type { Database } from "../../db/schema.ts";
import { type SealedIdentity, selectIdentities } from "./identity-row.ts";

export function findIdentity(db: Kysely<Database>, serialNumber: string): Promise<SealedIdentity | undefined> {
  return selectIdentities(db).where("serial_number", "=", serialNumber).executeTakeFirst();
}
