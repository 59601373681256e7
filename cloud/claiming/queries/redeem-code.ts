// Owns the use of a claim code: made by a person beforehand, used up by the one trap that shows it first.
import { normalizeClaimCode } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import { type ClaimStep, type DevicesRoom, type Identity, WINDOW_MS } from "../claiming.ts";
import { deleteWindow } from "./delete-window.ts";
import { findOwned, type OwnedTrap } from "./find-owned.ts";
import { insertDevice } from "./insert-device.ts";
import { notifyOwner } from "./notify-owner.ts";

export interface Redemption {
  trap: Identity;
  /** As the trap sent it. */
  code: string;
  credentialId: string;
  now: Date;
}

/**
 * A trap that proved itself shows a code. One conditional UPDATE decides; a repeat by the same trap, whose answer was lost, is told the
 * same again. The caller holds the identity's lock and counts guesses.
 */
export async function redeemCode(trx: Transaction, redemption: Redemption, devices: DevicesRoom): Promise<ClaimStep> {
  const { trap, now, credentialId } = redemption;
  const code = normalizeClaimCode(redemption.code);
  const owned = await findOwned(trx, trap);
  if (owned?.isConfirmed) {
    await notifyOwner(trx, owned, trap.serialNumber, now);
    return { status: "owned" };
  }
  if (code === null) return { status: "code-refused" };
  const claimed: ClaimStep = { status: "code-claimed", expiresAt: new Date(now.getTime() + WINDOW_MS) };
  if (owned !== null) return (await isCodeOf(trx, code, owned, now)) ? claimed : { status: "code-refused" };
  const won = await trx
    .updateTable("claim_codes")
    .set({ status: "claimed", claimed_at: now })
    .where("claim_code", "=", code)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .returning(["tenant_id", "device_name", "created_by"])
    .executeTakeFirst();
  if (won === undefined) return { status: "code-refused" };
  const name = won.device_name ?? trap.serialNumber;
  const owner = { tenantId: won.tenant_id, userId: won.created_by, name, credentialId, now };
  const deviceId = await insertDevice(trx, trap, owner);
  await trx
    .updateTable("claim_codes")
    .set({ claimed_by_device_id: deviceId })
    .where("tenant_id", "=", won.tenant_id)
    .where("claim_code", "=", code)
    .execute();
  await deleteWindow(trx, trap.macAddress);
  await devices.notifyDevice(trx, { tenantId: won.tenant_id, deviceId });
  return claimed;
}

/** Whether the code is the one that made the trap its owner's, or another good one of the same owner, which then stays unused. */
async function isCodeOf(trx: Transaction, code: string, owned: OwnedTrap, now: Date): Promise<boolean> {
  const row = await trx
    .selectFrom("claim_codes")
    .selectAll()
    .where("tenant_id", "=", owned.tenantId)
    .where("claim_code", "=", code)
    .executeTakeFirst();
  if (row === undefined) return false;
  return row.claimed_by_device_id === owned.deviceId || (row.status === "active" && row.expires_at > now);
}
