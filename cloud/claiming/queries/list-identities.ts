// Owns the look at which identities a flashing host's wish would meet.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Identity } from "../claiming.ts";
import { type SealedIdentity, selectIdentities } from "./identity-row.ts";

/** The identities that have the serial number or the MAC address: none, one, or two that are different traps. */
export function listIdentities(trx: Transaction, wish: Identity): Promise<SealedIdentity[]> {
  return selectIdentities(trx)
    .where((eb) => eb.or([eb("serial_number", "=", wish.serialNumber), eb("mac_address", "=", wish.macAddress)]))
    .execute();
}
