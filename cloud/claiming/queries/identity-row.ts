// Owns how an identity is read: who a trap is, and the key it proves itself with, which stays sealed [SECRET-1].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Identity } from "../claiming.ts";

export interface SealedIdentity extends Identity {
  keySealed: Buffer;
  registeredAt: Date;
}

export function selectIdentities(trx: Transaction) {
  return trx
    .selectFrom("device_identities")
    .select([
      "serial_number as serialNumber",
      "mac_address as macAddress",
      "key_sealed as keySealed",
      "hardware",
      "kind",
      "registered_at as registeredAt",
    ]);
}
