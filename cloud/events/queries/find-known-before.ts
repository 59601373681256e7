// Owns what bounds an event's time from below [TENANT-2]. What follows from it is decided in events.ts [EVENT-2].
import type { DeviceEvent } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { type KnownBefore, TRANSIT_MS_MAX } from "../events.ts";

/** What is known to be earlier than an event of this boot and sequence. Boot ids begin with a counter, so they order by text. */
export async function findKnownBefore(
  trx: Transaction,
  device: DeviceKey,
  event: Pick<DeviceEvent, "boot" | "seq">,
): Promise<Omit<KnownBefore, "claimedAt">> {
  const heard = await trx
    .selectFrom("device_sessions")
    .select((eb) => eb.fn.max("last_heard_at").as("at"))
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("boot_id", "<", event.boot)
    .executeTakeFirst();
  // An event that was received before the trap was last heard, and longer before than a message takes, cannot bound more than that does:
  // so only the newest months are looked through.
  const sinceMs = heard?.at == null ? null : heard.at.getTime() - TRANSIT_MS_MAX;
  const before = await trx
    .selectFrom("device_events")
    .select((eb) => eb.fn.max("occurred_earliest").as("at"))
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where((eb) => eb(eb.refTuple("boot_id", "sequence"), "<", eb.tuple(event.boot, event.seq)))
    .$if(sinceMs !== null, (query) => query.where("received_at", ">", new Date(sinceMs ?? 0)))
    .executeTakeFirst();
  return { heardAt: heard?.at ?? null, eventAt: before?.at ?? null };
}
