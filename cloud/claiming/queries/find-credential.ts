// Owns the look at what a trap logs in with, good until the trap is released [CLAIM-6], and at the key it proves itself with afterwards.
// Runs outside any tenant's scope, since it finds out whose the trap is; password and key are judged in claiming-ingest.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";

export interface StoredCredential extends DeviceScope {
  clientId: string | null;
  passwordHash: string | null;
  isConfirmed: boolean;
  /** Null: a trap of the mousetrap days, which has none. */
  identity: { serialNumber: string; keySealed: Buffer } | null;
}

/** What belongs to a user name of a trap that was not released. */
export async function findCredential(trx: Transaction, username: string): Promise<StoredCredential | null> {
  const row = await trx
    .selectFrom("devices")
    .leftJoin("device_identities", "device_identities.serial_number", "devices.serial_number")
    .select(["devices.id", "devices.tenant_id", "mqtt_client_id", "mqtt_password", "credentials_confirmed_at"])
    .select(["device_identities.serial_number as serialNumber", "device_identities.key_sealed as keySealed"])
    .where("mqtt_username", "=", username)
    .where("unclaimed_at", "is", null)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { serialNumber, keySealed } = row;
  return {
    tenantId: row.tenant_id,
    deviceId: row.id,
    credentialId: username,
    clientId: row.mqtt_client_id,
    passwordHash: row.mqtt_password,
    isConfirmed: row.credentials_confirmed_at !== null,
    identity: serialNumber === null || keySealed === null ? null : { serialNumber, keySealed },
  };
}
