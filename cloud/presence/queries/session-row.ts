// Owns which row a session is: the one of this tenant [TENANT-2], trap, boot and number.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import type { SessionName } from "../presence.ts";

export interface OpenSession extends DeviceKey, SessionName {}

export function selectSession(trx: Transaction, { tenantId, deviceId, boot, session }: OpenSession) {
  return trx
    .selectFrom("device_sessions")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("boot_id", "=", boot)
    .where("session", "=", session);
}

export function updateSession(trx: Transaction, { tenantId, deviceId, boot, session }: OpenSession) {
  return trx
    .updateTable("device_sessions")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("boot_id", "=", boot)
    .where("session", "=", session);
}
