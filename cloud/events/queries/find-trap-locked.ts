// Owns what is known of a trap when an event of it arrives [TENANT-2].

import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKind } from "../../devices/devices.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";

export interface LockedTrap {
  name: string;
  kind: DeviceKind;
  bootId: string | null;
  helloAt: Date | null;
  claimedAt: Date | null;
}

/** The trap whose credentials these are, locked until the transaction ends, so that its events follow each other. Null: no longer. */
export async function findTrapLocked(trx: Transaction, device: DeviceScope): Promise<LockedTrap | null> {
  const row = await trx
    .selectFrom("devices as d")
    .select(["d.name", "d.kind", "d.boot_id as bootId", "d.session", "d.claimed_at as claimedAt"])
    .where("d.tenant_id", "=", device.tenantId)
    .where("d.id", "=", device.deviceId)
    .where("d.mqtt_username", "=", device.credentialId)
    .where("d.unclaimed_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return null;
  const { session, ...trap } = row;
  const current = await trx
    .selectFrom("device_sessions")
    .select("connected_at")
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("boot_id", "=", trap.bootId ?? "")
    .where("session", "=", session ?? 0)
    .executeTakeFirst();
  return { ...trap, helloAt: current?.connected_at ?? null };
}
