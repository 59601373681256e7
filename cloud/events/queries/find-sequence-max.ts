// Owns how far a boot's events have come [TENANT-2]. Whether an event is news is decided in events.ts.
import type { DeviceEvent } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Standing } from "../events.ts";

/** The highest sequence of this boot besides `sequence`. Asked of the keys, since those of all months lie in one index. */
export async function findSequenceMax(
  trx: Transaction,
  device: DeviceKey,
  event: Pick<DeviceEvent, "boot" | "seq">,
): Promise<Standing["sequenceMax"]> {
  const row = await trx
    .selectFrom("device_event_keys")
    .select((eb) => eb.fn.max("sequence").as("sequence"))
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("boot_id", "=", event.boot)
    .where("sequence", "!=", event.seq)
    .executeTakeFirst();
  return row?.sequence ?? null;
}
