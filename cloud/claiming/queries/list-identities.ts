// Owns the look at which identities a flashing host's wish would meet.
import type { Kysely } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Identity } from "../claiming.ts";
import { type SealedIdentity, selectIdentities } from "./identity-row.ts";

/** The identities that have the serial number or the MAC address: none, one, or two that are different traps. */
export function listIdentities(db: Kysely<Database>, wish: Identity): Promise<SealedIdentity[]> {
  return selectIdentities(db)
    .where((eb) => eb.or([eb("serial_number", "=", wish.serialNumber), eb("mac_address", "=", wish.macAddress)]))
    .execute();
}
