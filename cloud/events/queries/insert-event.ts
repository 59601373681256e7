// Owns the append to the log of events, which is never changed [TENANT-2]. The log lies in partitions by month, so that its key stands in a
// table of its own and decides whether an event is new. When the event happened is decided in events.ts.
import type { DeviceEvent } from "#protocol";
import { notifyLive } from "../../db/live-notice.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Interval, KeptEvent } from "../events.ts";
import { toEvent } from "./event-row.ts";

/** Keep the event and tell it live; null if it is known already [EVENT-1]. */
export async function insertEvent(
  trx: Transaction,
  device: DeviceKey,
  event: DeviceEvent,
  receivedAt: Date,
  interval: Interval,
): Promise<KeptEvent | null> {
  const key = {
    tenant_id: device.tenantId,
    device_id: device.deviceId,
    boot_id: event.boot,
    sequence: event.seq,
    received_at: receivedAt,
  };
  const isNew = await trx
    .insertInto("device_event_keys")
    .values(key)
    .onConflict((conflict) => conflict.columns(["device_id", "boot_id", "sequence"]).doNothing())
    .returning("sequence")
    .executeTakeFirst();
  if (isNew === undefined) return null;
  const row = await trx
    .insertInto("device_events")
    .values({
      ...key,
      kind: event.kind,
      value: event.value,
      age_ms: event.age,
      exact: event.exact,
      occurred_earliest: interval.earliest,
      occurred_latest: interval.latest,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const kept = toEvent(row);
  await notifyLive(trx, device.tenantId, { type: "event", data: kept });
  return kept;
}
