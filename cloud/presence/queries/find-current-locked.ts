// Owns which session of a trap is the current one. Whatever decides over presence locks the trap's row first, and this is how [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";
import type { CurrentSession } from "../presence.ts";
import { selectSession } from "./session-row.ts";

/** The trap's current session, its row locked; `null` for none yet, undefined if these credentials are no longer good. */
export async function findCurrentLocked(
  trx: Transaction,
  device: DeviceScope,
): Promise<CurrentSession | null | undefined> {
  const row = await trx
    .selectFrom("devices")
    .select(["boot_id as boot", "session"])
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .where("mqtt_username", "=", device.credentialId)
    .where("unclaimed_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { boot, session } = row;
  if (boot === null || session === null) return null;
  const known = await selectSession(trx, { ...device, boot, session })
    .select("connected_at")
    .executeTakeFirst();
  return { boot, session, helloAt: known?.connected_at ?? new Date(0) };
}
