// Owns the record of a session that came too late to be anything else [TENANT-2]. The caller holds the trap's row.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { SessionName } from "../presence.ts";

/** A session that was overtaken before its hello got here: it is written down as over, and changes nothing. */
export async function insertOvertaken(trx: Transaction, device: DeviceKey, name: SessionName, at: Date): Promise<void> {
  await trx
    .insertInto("device_sessions")
    .values({
      tenant_id: device.tenantId,
      device_id: device.deviceId,
      boot_id: name.boot,
      session: name.session,
      connected_at: at,
      last_heard_at: at,
      ended_at: at,
      end_reason: "superseded",
    })
    .onConflict((conflict) => conflict.columns(["device_id", "boot_id", "session"]).doNothing())
    .execute();
}
