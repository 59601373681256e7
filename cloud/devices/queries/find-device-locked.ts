// Owns the reading of one trap that is about to be decided over: settings and hellos come one after the other.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Device } from "../devices.ts";
import { selectClaimed } from "./claimed-device.ts";
import { toDevice } from "./device-row.ts";

/** As findDevice; the row stays locked until the transaction ends. */
export async function findDeviceLocked(trx: Transaction, key: DeviceKey): Promise<Device | null> {
  const row = await selectClaimed(trx, key).selectAll().forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? null : toDevice(row);
}
