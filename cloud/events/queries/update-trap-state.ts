// Owns the state that an event leaves its trap in [TENANT-2]. Which one is decided in events.ts.
import type { TrapState } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

/** False if the trap is in this state already. */
export async function updateTrapState(trx: Transaction, device: DeviceKey, state: TrapState): Promise<boolean> {
  const result = await trx
    .updateTable("devices")
    .set({ trap_state: state })
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .where("trap_state", "is distinct from", state)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
