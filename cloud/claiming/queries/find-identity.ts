// Owns the look from a serial number to the trap's identity, which belongs to no tenant.
import type { Transaction } from "../../db/tenant-transaction.ts";
import { type SealedIdentity, selectIdentities } from "./identity-row.ts";

export function findIdentity(trx: Transaction, serialNumber: string): Promise<SealedIdentity | undefined> {
  return selectIdentities(trx).where("serial_number", "=", serialNumber).executeTakeFirst();
}
