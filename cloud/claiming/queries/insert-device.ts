// Owns the row that makes a trap somebody's, whether a window led to it (claim-window.ts) or a code (redeem-code.ts).
import { writeActivity } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import { DeviceLimitError, type Identity } from "../claiming.ts";

/** How check_device_limit() in the migrations names its refusal. */
const LIMIT_REACHED = "TL001";

/**
 * The row that makes the trap the tenant's. Its password comes when the trap asks for it.
 * @throws DeviceLimitError the plan allows no further device; the transaction is over then
 */
export async function insertDevice(
  trx: Transaction,
  trap: Identity,
  owner: { tenantId: string; userId: string | null; name: string; credentialId: string; now: Date },
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
      claimed_by: owner.userId,
      created_at: owner.now,
    })
    .returning("id")
    .executeTakeFirstOrThrow()
    .catch(explainRefusal);
  const { tenantId, userId } = owner;
  const details = { serialNumber: trap.serialNumber, kind: trap.kind };
  await writeActivity(trx, { action: "device_created", tenantId, userId, deviceId: row.id, source: "device", details });
  return row.id;
}

function explainRefusal(error: unknown): never {
  const isLimit = error instanceof Error && "code" in error && error.code === LIMIT_REACHED;
  throw isLimit ? new DeviceLimitError(error.message, { cause: error }) : error;
}
