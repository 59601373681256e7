// Owns the look at what a trap logs in with, good until the trap is released [CLAIM-6]. Runs outside any tenant's scope, since it finds
// out whose the trap is; the password is judged in claiming-ingest.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";

export interface StoredCredential extends DeviceScope {
  clientId: string | null;
  passwordHash: string | null;
  isConfirmed: boolean;
}

/** What belongs to a user name of a trap that was not released. */
export async function findCredential(trx: Transaction, username: string): Promise<StoredCredential | null> {
  const row = await trx
    .selectFrom("devices")
    .select(["id", "tenant_id", "mqtt_client_id", "mqtt_password", "credentials_confirmed_at"])
    .where("mqtt_username", "=", username)
    .where("unclaimed_at", "is", null)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    tenantId: row.tenant_id,
    deviceId: row.id,
    credentialId: username,
    clientId: row.mqtt_client_id,
    passwordHash: row.mqtt_password,
    isConfirmed: row.credentials_confirmed_at !== null,
  };
}
