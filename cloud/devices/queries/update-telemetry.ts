// Owns what a trap tells of itself from time to time.
import type { Telemetry } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { updateClaimed } from "./claimed-device.ts";

/** False if the trap was released meanwhile. */
export async function updateTelemetry(trx: Transaction, key: DeviceKey, told: Telemetry, now: Date): Promise<boolean> {
  const { boot: _boot, state, batteryMv, rssi, ...rest } = told;
  const row = await updateClaimed(trx, key)
    .set({ trap_state: state, battery_mv: batteryMv, rssi, telemetry: rest, last_seen: now })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
