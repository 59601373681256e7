// Owns the question whose a trap is. Runs outside any tenant's scope, since the answer is a tenant.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";
import type { Identity } from "../claiming.ts";

export interface OwnedTrap extends DeviceScope {
  /** It has used its credentials, and they are still good: they are not given again. */
  isConfirmed: boolean;
}

/** Whose trap this is at the moment; by MAC address too, since traps of the old days have no serial number. */
export async function findOwned(
  trx: Transaction,
  trap: Pick<Identity, "serialNumber" | "macAddress">,
): Promise<OwnedTrap | null> {
  const row = await trx
    .selectFrom("devices")
    .select(["id", "tenant_id", "mqtt_username", "mqtt_password", "credentials_confirmed_at"])
    .where("unclaimed_at", "is", null)
    .where((eb) => eb.or([eb("serial_number", "=", trap.serialNumber), eb("mac_address", "=", trap.macAddress)]))
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    tenantId: row.tenant_id,
    deviceId: row.id,
    credentialId: row.mqtt_username ?? "",
    // Without a password it is to come for one: it never had any, or its owner wished it a new one [CLAIM-8].
    isConfirmed: row.credentials_confirmed_at !== null && row.mqtt_password !== null,
  };
}
