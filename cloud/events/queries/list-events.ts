// Owns the list of a trap's events [TENANT-2], page by page.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { KeptEvent } from "../events.ts";
import { toEvent } from "./event-row.ts";

export interface EventPage extends DeviceKey {
  countMax: number;
  /** Only what comes after this event in the list, which goes from new to old. */
  before?: string;
}

/** The newest first, by arrival, then by sequence. Null if the tenant has no such trap, released or not. */
export async function listEvents(trx: Transaction, page: EventPage): Promise<KeptEvent[] | null> {
  const device = await trx
    .selectFrom("devices")
    .select("id")
    .where("tenant_id", "=", page.tenantId)
    .where("id", "=", page.deviceId)
    .executeTakeFirst();
  if (device === undefined) return null;
  const { before } = page;
  const rows = await trx
    .selectFrom("device_events")
    .selectAll()
    .where("tenant_id", "=", page.tenantId)
    .where("device_id", "=", page.deviceId)
    .$if(before !== undefined, (query) =>
      query.where((eb) =>
        eb(
          eb.refTuple("received_at", "sequence", "id"),
          "<",
          eb
            .selectFrom("device_events as b")
            .select(["b.received_at", "b.sequence", "b.id"])
            .where("b.tenant_id", "=", page.tenantId)
            .where("b.device_id", "=", page.deviceId)
            .where("b.id", "=", before ?? "")
            .$asTuple("received_at", "sequence", "id"),
        ),
      ),
    )
    .orderBy("received_at", "desc")
    .orderBy("sequence", "desc")
    .orderBy("id", "desc")
    .limit(page.countMax)
    .execute();
  return rows.map(toEvent);
}
