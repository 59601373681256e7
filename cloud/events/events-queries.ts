// Owns the SQL of events: the append-only log, what is known of a trap when an event arrives, and the state it leaves. Every query names
// the tenant [TENANT-2].
import type { DeviceEvent, TrapKind, TrapState } from "#protocol";
import { notifyLive } from "../db/live-notice.ts";
import type { DeviceEventRow } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";
import type { Interval, KeptEvent, KnownBefore, Standing } from "./events.ts";

type DeviceKey = Pick<DeviceScope, "tenantId" | "deviceId">;

function toEvent(row: DeviceEventRow): KeptEvent {
  return {
    id: row.id,
    deviceId: row.device_id,
    kind: row.kind,
    value: row.value,
    bootId: row.boot_id,
    sequence: row.sequence,
    exact: row.exact,
    ageMs: row.age_ms,
    receivedAt: row.received_at,
    occurredEarliest: row.occurred_earliest,
    occurredLatest: row.occurred_latest,
    latencyMs: row.received_at.getTime() - row.occurred_latest.getTime(),
  };
}

export interface LockedTrap {
  name: string;
  kind: TrapKind;
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

/** Keep the event and tell it live; null if it is known already [EVENT-1]. */
export async function insertEvent(
  trx: Transaction,
  device: DeviceKey,
  event: DeviceEvent,
  receivedAt: Date,
  interval: Interval,
): Promise<KeptEvent | null> {
  const row = await trx
    .insertInto("device_events")
    .values({
      tenant_id: device.tenantId,
      device_id: device.deviceId,
      boot_id: event.boot,
      sequence: event.seq,
      kind: event.kind,
      value: event.value,
      age_ms: event.age,
      exact: event.exact,
      received_at: receivedAt,
      occurred_earliest: interval.earliest,
      occurred_latest: interval.latest,
    })
    .onConflict((conflict) => conflict.columns(["device_id", "boot_id", "sequence"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  const kept = toEvent(row);
  await notifyLive(trx, device.tenantId, { type: "event", data: kept });
  return kept;
}

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
  const before = await trx
    .selectFrom("device_events")
    .select((eb) => eb.fn.max("occurred_earliest").as("at"))
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where((eb) => eb(eb.refTuple("boot_id", "sequence"), "<", eb.tuple(event.boot, event.seq)))
    .executeTakeFirst();
  return { heardAt: heard?.at ?? null, eventAt: before?.at ?? null };
}

/** The highest sequence of this boot besides `sequence`. */
export async function findSequenceMax(
  trx: Transaction,
  device: DeviceKey,
  event: Pick<DeviceEvent, "boot" | "seq">,
): Promise<Standing["sequenceMax"]> {
  const row = await trx
    .selectFrom("device_events")
    .select((eb) => eb.fn.max("sequence").as("sequence"))
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("boot_id", "=", event.boot)
    .where("sequence", "!=", event.seq)
    .executeTakeFirst();
  return row?.sequence ?? null;
}

/** False if the trap is in this state already. */
export async function updateTrapState(trx: Transaction, device: DeviceKey, state: TrapState): Promise<boolean> {
  const result = await trx
    .updateTable("devices")
    .set({ trap_state: state })
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .where("trap_state", "is distinct from", state)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

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
