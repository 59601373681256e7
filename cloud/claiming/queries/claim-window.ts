// Owns the claiming of an open window by a person: one of many wins [CLAIM-4].
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Claimed, DevicesRoom } from "../claiming.ts";
import { findOwned } from "./find-owned.ts";
import { insertDevice } from "./insert-device.ts";
import { lockIdentity } from "./lock-identity.ts";
import { notifyOwner } from "./notify-owner.ts";

export interface Claim {
  tenantId: string;
  userId: string;
  serialNumber: string;
  name: string;
  credentialId: string;
  now: Date;
}

/** One conditional UPDATE decides who wins; the loser is told so, and so is whoever wants a trap that is owned. */
export async function claimWindow(trx: Transaction, claim: Claim, devices: DevicesRoom): Promise<Claimed> {
  const { tenantId, userId, serialNumber, now } = claim;
  await lockIdentity(trx, serialNumber);
  const won = await trx
    .updateTable("device_claiming_queue")
    .set({ tenant_id: tenantId, claimed_by: userId, claimed_at: now })
    .where("serial_number", "=", serialNumber)
    .where("claimed_at", "is", null)
    .where("expires_at", ">", now)
    .returning("id")
    .executeTakeFirst();
  if (won === undefined) return refuseClaim(trx, claim);
  const trap = await trx
    .selectFrom("device_identities")
    .select(["serial_number as serialNumber", "mac_address as macAddress", "hardware", "kind"])
    .where("serial_number", "=", serialNumber)
    .executeTakeFirstOrThrow();
  const deviceId = await insertDevice(trx, trap, claim);
  await trx.updateTable("device_claiming_queue").set({ device_id: deviceId }).where("id", "=", won.id).execute();
  const device = await devices.findDevice(trx, { tenantId, deviceId });
  if (device === null) throw new Error("the device that was just inserted is not there");
  const claimed = { tenantId, userId, resourceType: "device", resourceId: deviceId, new: { serialNumber } } as const;
  await writeAudit(trx, { action: "claim", ...claimed });
  await devices.notifyDevice(trx, { tenantId, deviceId });
  return { ok: true, device };
}

async function refuseClaim(trx: Transaction, claim: Claim): Promise<Claimed> {
  const owned = await findOwned(trx, { serialNumber: claim.serialNumber, macAddress: "" });
  if (owned === null) return { ok: false, reason: "window-not-found" };
  if (owned.tenantId !== claim.tenantId) await notifyOwner(trx, owned, claim.serialNumber, claim.now);
  return { ok: false, reason: "claim-taken" };
}
