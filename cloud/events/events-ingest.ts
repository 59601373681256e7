// Owns the way of an event into the database: one transaction with the trap's state, the alert and the notice in it. Known or new, it is
// acknowledged, and only once that has committed [ALERT-1]. What becomes an alert is the alerts room's, which is handed in.
import type { DeviceEvent, DownMessage, UpMessage } from "#protocol";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import { DeviceGoneError } from "../device-gone.ts";
import type { DeviceScope, Ingest } from "../mqtt/device-door.ts";
import { decideInterval, isNews, type KeptEvent, stateAfter } from "./events.ts";
import { findKnownBefore } from "./queries/find-known-before.ts";
import { findSequenceMax } from "./queries/find-sequence-max.ts";
import { findTrapLocked, type LockedTrap } from "./queries/find-trap-locked.ts";
import { insertEvent } from "./queries/insert-event.ts";
import { updateTrapState } from "./queries/update-trap-state.ts";

export interface EventIngestDeps {
  db: TraplineDatabase;
  /** What the event makes of the tenant's alerts, in the same transaction [ALERT-2]. */
  applyToAlerts(
    trx: Transaction,
    device: DeviceScope,
    trap: Pick<LockedTrap, "name" | "kind">,
    event: KeptEvent,
  ): Promise<void>;
  /** Tell the tenant how the trap is now. */
  notifyDevice(trx: Transaction, device: DeviceScope): Promise<void>;
}

export function createEventIngest(deps: EventIngestDeps): Ingest<Extract<UpMessage, { name: "event" }>> {
  return (device, message, receivedAt) =>
    deps.db.ingest(device, async (trx) => {
      const event = message.value;
      await keepEvent(trx, deps, device, event, receivedAt);
      const ack: DownMessage = { name: "ack", value: { boot: event.boot, seq: event.seq } };
      return [ack];
    });
}

async function keepEvent(
  trx: Transaction,
  deps: EventIngestDeps,
  device: DeviceScope,
  event: DeviceEvent,
  receivedAt: Date,
): Promise<void> {
  const trap = await findTrapLocked(trx, device);
  if (trap === null) throw new DeviceGoneError(device.deviceId);
  const before = event.exact ? { heardAt: null, eventAt: null } : await findKnownBefore(trx, device, event);
  const interval = decideInterval(event, receivedAt, { ...before, claimedAt: trap.claimedAt });
  const kept = await insertEvent(trx, device, event, receivedAt, interval);
  if (kept === null) return;
  await deps.applyToAlerts(trx, device, trap, kept);
  const state = stateAfter(event.kind);
  if (state === null) return;
  const sequenceMax = await findSequenceMax(trx, device, event);
  if (!isNews(event, receivedAt, { bootId: trap.bootId, helloAt: trap.helloAt, sequenceMax })) return;
  if (await updateTrapState(trx, device, state)) await deps.notifyDevice(trx, device);
}
