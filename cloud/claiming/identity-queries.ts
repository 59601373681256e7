// Owns the SQL of identities: who a trap is, the key it proves itself with, and which challenges it has used.
import { type Kysely, sql } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { Identity } from "./claiming.ts";

export interface SealedIdentity extends Identity {
  keySealed: Buffer;
  registeredAt: Date;
}

function selectIdentities(db: Kysely<Database>) {
  return db
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

export function findIdentity(db: Kysely<Database>, serialNumber: string): Promise<SealedIdentity | undefined> {
  return selectIdentities(db).where("serial_number", "=", serialNumber).executeTakeFirst();
}

/** The identities that have the serial number or the MAC address: none, one, or two that are different traps. */
export function listIdentities(db: Kysely<Database>, wish: Identity): Promise<SealedIdentity[]> {
  return selectIdentities(db)
    .where((eb) => eb.or([eb("serial_number", "=", wish.serialNumber), eb("mac_address", "=", wish.macAddress)]))
    .execute();
}

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

/** Whatever decides over a trap's owner begins with this lock, so that no two such decisions meet in the middle. */
export async function lockIdentity(trx: Transaction, serialNumber: string): Promise<void> {
  await trx
    .selectFrom("device_identities")
    .select("serial_number")
    .where("serial_number", "=", serialNumber)
    .forNoKeyUpdate()
    .execute();
}

/** Remember that the challenge was used; false if it was used before [CLAIM-2]. */
export async function insertUsedChallenge(
  trx: Transaction,
  used: { challenge: string; serialNumber: string; expiresAt: Date; now: Date },
): Promise<boolean> {
  const inserted = await trx
    .insertInto("device_challenges")
    .values({
      challenge: used.challenge,
      serial_number: used.serialNumber,
      expires_at: used.expiresAt,
      used_at: used.now,
    })
    .onConflict((conflict) => conflict.column("challenge").doNothing())
    .returning(sql<number>`1`.as("one"))
    .executeTakeFirst();
  return inserted !== undefined;
}
