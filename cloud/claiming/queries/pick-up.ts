// Owns the handing over of a trap's credentials: made afresh at each pickup until their first use, kept as a hash [CLAIM-5].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Identity, Pickup } from "../claiming.ts";
import { findOwned } from "./find-owned.ts";

/**
 * A trap that proved itself asks for its credentials. The caller holds the identity's lock; only if the answer is `ready` was the hash
 * stored.
 */
export async function pickUp(trx: Transaction, trap: Identity, passwordHash: string, now: Date): Promise<Pickup> {
  const owned = await findOwned(trx, trap);
  if (owned === null) return { status: await statusOfUnowned(trx, trap, now) };
  if (owned.isConfirmed) return { status: "confirmed" };
  const { isConfirmed: _isConfirmed, ...scope } = owned;
  // The first use may come between the look and this update; then the used password must stay.
  const stored = await trx
    .updateTable("devices")
    .set({ mqtt_password: passwordHash, credentials_confirmed_at: null })
    .where("tenant_id", "=", scope.tenantId)
    .where("id", "=", scope.deviceId)
    .where("unclaimed_at", "is", null)
    .where((eb) => eb.or([eb("credentials_confirmed_at", "is", null), eb("mqtt_password", "is", null)]))
    .returning("id")
    .executeTakeFirst();
  return stored === undefined ? { status: "confirmed" } : { status: "ready", scope };
}

async function statusOfUnowned(
  trx: Transaction,
  trap: Identity,
  now: Date,
): Promise<"waiting" | "released" | "closed"> {
  const window = await trx
    .selectFrom("device_claiming_queue")
    .select("expires_at")
    .where("mac_address", "=", trap.macAddress)
    .where("claimed_at", "is", null)
    .executeTakeFirst();
  if (window !== undefined) return window.expires_at > now ? "waiting" : "closed";
  const past = await trx
    .selectFrom("devices")
    .select("id")
    .where("mac_address", "=", trap.macAddress)
    .where("unclaimed_at", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return past === undefined ? "closed" : "released";
}
