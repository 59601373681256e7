// Owns when traps were last heard. It looks after the traps of all tenants at once, and so runs without one; each row is still found by
// its tenant [TENANT-2].
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";
import type { SessionName } from "../presence.ts";

export interface Heard extends DeviceScope, SessionName {
  at: Date;
}

/** Note when sessions were last heard, all in one statement. Returns those it did not find open under good credentials. */
export async function updateHeard(trx: Transaction, heard: Heard[]): Promise<Heard[]> {
  if (heard.length === 0) return [];
  const column = <T>(pick: (one: Heard) => T): T[] => heard.map(pick);
  const found = await sql<{ device_id: string; boot_id: string; session: number }>`
    update device_sessions as s set last_heard_at = h.at
    from unnest(
      ${column((one) => one.tenantId)}::uuid[], ${column((one) => one.deviceId)}::uuid[],
      ${column((one) => one.credentialId)}::text[], ${column((one) => one.boot)}::text[],
      ${column((one) => one.session)}::bigint[], ${column((one) => one.at)}::timestamptz[]
    ) as h (tenant_id, device_id, credential_id, boot_id, session, at)
    join devices as d on d.tenant_id = h.tenant_id and d.id = h.device_id
      and d.mqtt_username = h.credential_id and d.unclaimed_at is null
    where s.tenant_id = h.tenant_id and s.device_id = h.device_id and s.boot_id = h.boot_id and s.session = h.session
      and s.ended_at is null
    returning s.device_id, s.boot_id, s.session`.execute(trx);
  const keyOf = (deviceId: string, boot: string, session: number) => `${deviceId} ${boot} ${session}`;
  const open = new Set(found.rows.map((row) => keyOf(row.device_id, row.boot_id, row.session)));
  return heard.filter((one) => !open.has(keyOf(one.deviceId, one.boot, one.session)));
}
