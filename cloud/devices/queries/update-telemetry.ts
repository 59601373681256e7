// Owns what traps tell of themselves from time to time. It looks after the traps of all tenants at once, and so runs without one; each row is
// still found by its tenant [TENANT-2].
import { sql } from "kysely";
import type { Telemetry } from "#protocol";
import type { DeviceRow } from "../../db/schema.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { Device } from "../devices.ts";
import { toDevice } from "./device-row.ts";

export interface ToldTelemetry extends DeviceKey {
  told: Telemetry;
  at: Date;
}

/** Keep what they tell, all in one statement; a trap is there once. Returns the traps as they are now, without those that were released. */
export async function updateTelemetry(
  trx: Transaction,
  all: ToldTelemetry[],
): Promise<{ tenantId: string; device: Device }[]> {
  const column = <T>(pick: (one: ToldTelemetry) => T): T[] => all.map(pick);
  const { rows } = await sql<DeviceRow>`
    update devices as d
    set trap_state = t.state, battery_mv = t.battery_mv, rssi = t.rssi, telemetry = t.rest::jsonb, last_seen = t.at
    from unnest(
      ${column((one) => one.tenantId)}::uuid[], ${column((one) => one.deviceId)}::uuid[],
      ${column((one) => one.told.state)}::text[], ${column((one) => one.told.batteryMv)}::integer[],
      ${column((one) => one.told.rssi)}::integer[], ${column((one) => encodeRest(one.told))}::text[],
      ${column((one) => one.at)}::timestamptz[]
    ) as t (tenant_id, device_id, state, battery_mv, rssi, rest, at)
    where d.tenant_id = t.tenant_id and d.id = t.device_id and d.unclaimed_at is null
    returning d.*`.execute(trx);
  return rows.map((row) => ({ tenantId: row.tenant_id, device: toDevice(row) }));
}

/** What has no column of its own. */
function encodeRest({ boot: _boot, state: _state, batteryMv: _mv, rssi: _rssi, ...rest }: Telemetry): string {
  return JSON.stringify(rest);
}
