// Owns the row that makes a trap somebody's, whether a window led to it (claim-window.ts) or a code (redeem-code.ts).
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Identity } from "../claiming.ts";

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
