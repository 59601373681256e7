// Owns the registering of a trap's identity by the host that flashes it [CLAIM-1].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Identity } from "../claiming.ts";
import type { SealedIdentity } from "./identity-row.ts";

/** Null if the serial number or the MAC address is taken. */
export async function insertIdentity(
  trx: Transaction,
  wish: Identity,
  keySealed: Buffer,
  now: Date,
): Promise<SealedIdentity | null> {
  const inserted = await trx
    .insertInto("device_identities")
    .values({
      serial_number: wish.serialNumber,
      mac_address: wish.macAddress,
      key_sealed: keySealed,
      hardware: wish.hardware,
      kind: wish.kind,
      registered_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("registered_at as registeredAt")
    .executeTakeFirst();
  return inserted === undefined ? null : { ...wish, keySealed, registeredAt: inserted.registeredAt };
}
