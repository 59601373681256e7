// Owns the SQL of claiming windows: a trap opens one, a person finds and claims it, one of many wins [CLAIM-4]. And of the row that makes a
// trap somebody's, which a code leads to as well (code-queries.ts).

import { notifyLive } from "../db/live-notice.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";
import {
  type Claimed,
  type ClaimStep,
  type DevicesRoom,
  type Identity,
  type NearbyTrap,
  WINDOW_MS,
} from "./claiming.ts";
import { lockIdentity } from "./identity-queries.ts";

export interface OwnedTrap extends DeviceScope {
  /** It has used its credentials: they are not given again, and nobody else may claim it. */
  isConfirmed: boolean;
}

/** Whose trap this is at the moment; by MAC address too, since traps of the old days have no serial number. */
export async function findOwned(
  trx: Transaction,
  trap: Pick<Identity, "serialNumber" | "macAddress">,
): Promise<OwnedTrap | null> {
  const row = await trx
    .selectFrom("devices")
    .select(["id", "tenant_id", "mqtt_username", "credentials_confirmed_at"])
    .where("unclaimed_at", "is", null)
    .where((eb) => eb.or([eb("serial_number", "=", trap.serialNumber), eb("mac_address", "=", trap.macAddress)]))
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    tenantId: row.tenant_id,
    deviceId: row.id,
    credentialId: row.mqtt_username ?? "",
    isConfirmed: row.credentials_confirmed_at !== null,
  };
}

/** The owner hears of it when somebody tries to claim what is theirs. */
export async function notifyOwner(
  trx: Transaction,
  owned: DeviceScope,
  serialNumber: string,
  now: Date,
): Promise<void> {
  const data = { deviceId: owned.deviceId, serialNumber, attemptedAt: now };
  await notifyLive(trx, owned.tenantId, { type: "claiming", data });
}

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

/** Open windows of one place, or the one of a serial number wherever it is. */
export function listNearby(
  trx: Transaction,
  by: { address: string } | { serialNumber: string },
  now: Date,
): Promise<NearbyTrap[]> {
  return trx
    .selectFrom("device_claiming_queue as q")
    .innerJoin("device_identities as i", "i.serial_number", "q.serial_number")
    .select(["i.serial_number as serialNumber", "i.mac_address as macAddress", "i.kind", "q.expires_at as expiresAt"])
    .where("q.claimed_at", "is", null)
    .where("q.expires_at", ">", now)
    .$if("address" in by, (query) => query.where("q.ip_address", "=", "address" in by ? by.address : ""))
    .$if("serialNumber" in by, (query) =>
      query.where("q.serial_number", "=", "serialNumber" in by ? by.serialNumber : ""),
    )
    .orderBy("q.created_at")
    .orderBy("q.id")
    .limit(50)
    .execute();
}

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
  await devices.notifyDevice(trx, { tenantId, deviceId });
  return { ok: true, device };
}

async function refuseClaim(trx: Transaction, claim: Claim): Promise<Claimed> {
  const owned = await findOwned(trx, { serialNumber: claim.serialNumber, macAddress: "" });
  if (owned === null) return { ok: false, reason: "window-not-found" };
  if (owned.tenantId !== claim.tenantId) await notifyOwner(trx, owned, claim.serialNumber, claim.now);
  return { ok: false, reason: "claim-taken" };
}

/** The row that makes the trap the tenant's. Its password comes when the trap asks for it. */
export async function insertDevice(
  trx: Transaction,
  trap: Identity,
  owner: { tenantId: string; name: string; credentialId: string; now: Date },
): Promise<string> {
  const row = await trx
    .insertInto("devices")
    .values({
      tenant_id: owner.tenantId,
      name: owner.name,
      mac_address: trap.macAddress,
      serial_number: trap.serialNumber,
      kind: trap.kind,
      hardware: trap.hardware,
      mqtt_client_id: owner.credentialId,
      mqtt_username: owner.credentialId,
      claimed_at: owner.now,
      created_at: owner.now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

/** The trap was reset or claimed by a code: whatever window it had open is closed. */
export async function deleteWindow(trx: Transaction, macAddress: string): Promise<void> {
  await trx.deleteFrom("device_claiming_queue").where("mac_address", "=", macAddress).execute();
}
