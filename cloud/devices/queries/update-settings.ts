// Owns the settings that a trap shall have. What it says it has is update-reported.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { DeviceSettings } from "../devices.ts";
import { updateClaimed } from "./claimed-device.ts";

export async function updateSettings(
  trx: Transaction,
  key: DeviceKey,
  settings: DeviceSettings,
  revision: number,
): Promise<void> {
  await updateClaimed(trx, key).set({ desired_config: settings, config_revision: revision }).execute();
}
