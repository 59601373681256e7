// Owns the settings that a trap says it has. What it shall have is update-settings.ts.
import type { Configuration } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { updateClaimed } from "./claimed-device.ts";

/** False if the trap was released meanwhile. */
export async function updateReported(
  trx: Transaction,
  key: DeviceKey,
  told: Configuration,
  now: Date,
): Promise<boolean> {
  const { rev, ...settings } = told;
  const row = await updateClaimed(trx, key)
    .set({ reported_config: settings, reported_revision: rev, last_seen: now })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
