// Owns how an event's row is read.
import type { DeviceEventRow } from "../../db/schema.ts";
import type { KeptEvent } from "../events.ts";

export function toEvent(row: DeviceEventRow): KeptEvent {
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
