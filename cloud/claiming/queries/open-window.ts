// Owns the opening of a claiming window by a trap. Who finds it is list-nearby.ts, who wins it claim-window.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import { type ClaimStep, type Identity, WINDOW_MS } from "../claiming.ts";
import { findOwned } from "./find-owned.ts";
import { notifyOwner } from "./notify-owner.ts";

/** A trap that proved itself says that it is in claiming mode. The caller holds the identity's lock. */
export async function openWindow(trx: Transaction, trap: Identity, address: string, now: Date): Promise<ClaimStep> {
  const expiresAt = new Date(now.getTime() + WINDOW_MS);
  const owned = await findOwned(trx, trap);
  if (owned?.isConfirmed) {
    await notifyOwner(trx, owned, trap.serialNumber, now);
    return { status: "owned" };
  }
  // Claimed, but it never came for its credentials or lost them before their first use: it shall ask for them (again).
  if (owned !== null) return { status: "open", expiresAt };
  const fresh = { serial_number: trap.serialNumber, ip_address: address, expires_at: expiresAt, created_at: now };
  await trx
    .insertInto("device_claiming_queue")
    .values({ mac_address: trap.macAddress, ...fresh })
    .onConflict((conflict) =>
      conflict
        .column("mac_address")
        .doUpdateSet({ ...fresh, tenant_id: null, device_id: null, claimed_by: null, claimed_at: null }),
    )
    .execute();
  return { status: "open", expiresAt };
}
