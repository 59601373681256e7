// Owns the reading of one trap. Whoever wants to decide over it takes find-device-locked.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Device } from "../devices.ts";
import { selectClaimed } from "./claimed-device.ts";
import { toDevice } from "./device-row.ts";

/** The tenant's trap, unless it was released. */
export async function findDevice(trx: Transaction, key: DeviceKey): Promise<Device | null> {
  const row = await selectClaimed(trx, key).selectAll().executeTakeFirst();
  return row === undefined ? null : toDevice(row);
}
