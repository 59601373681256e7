// Owns the SQL of claimed traps: reading them as a person sees them, what they report, their settings, and letting them go. Every query
// names the tenant [TENANT-2].
import type { Configuration, Telemetry } from "#protocol";
import { notifyLive } from "../db/live-notice.ts";
import type { DeviceRow } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";
import { type Device, type DeviceCommand, type DeviceSettings, parseSettings } from "./devices.ts";

/** Which trap of which tenant. */
export type DeviceKey = Pick<DeviceScope, "tenantId" | "deviceId">;

function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    serialNumber: row.serial_number,
    macAddress: row.mac_address,
    hardware: row.hardware,
    online: row.online,
    lastSeen: row.last_seen,
    trapState: row.trap_state,
    batteryMv: row.battery_mv,
    rssi: row.rssi,
    firmwareVersion: row.firmware_version,
    firmwareSha256: row.firmware_sha256,
    bootId: row.boot_id,
    telemetry: row.telemetry,
    config: {
      desired: parseSettings(row.desired_config),
      revision: row.config_revision,
      reported: parseSettings(row.reported_config),
      reportedRevision: row.reported_revision,
    },
    claimedAt: row.claimed_at,
    releasedAt: row.unclaimed_at,
  };
}

export async function listDevices(trx: Transaction, tenantId: string): Promise<Device[]> {
  const rows = await trx
    .selectFrom("devices")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("unclaimed_at", "is", null)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toDevice);
}

/** The tenant's trap, unless it was released. */
export async function findDevice(trx: Transaction, key: DeviceKey): Promise<Device | null> {
  const row = await selectClaimed(trx, key).selectAll().executeTakeFirst();
  return row === undefined ? null : toDevice(row);
}

/** As findDevice; the row stays locked until the transaction ends. */
export async function findDeviceLocked(trx: Transaction, key: DeviceKey): Promise<Device | null> {
  const row = await selectClaimed(trx, key).selectAll().forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? null : toDevice(row);
}

/** How to speak to the tenant's trap; null if there is none or it was released. */
export async function findScope(trx: Transaction, key: DeviceKey): Promise<DeviceScope | null> {
  const row = await selectClaimed(trx, key).select("mqtt_username").executeTakeFirst();
  return row?.mqtt_username ? { ...key, credentialId: row.mqtt_username } : null;
}

function selectClaimed(trx: Transaction, key: DeviceKey) {
  return trx
    .selectFrom("devices")
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .where("unclaimed_at", "is", null);
}

function updateClaimed(trx: Transaction, key: DeviceKey) {
  return trx
    .updateTable("devices")
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .where("unclaimed_at", "is", null);
}

/** Tell the tenant how the trap is now, and of the command that was answered if that is what happened. */
export async function notifyDevice(trx: Transaction, key: DeviceKey, command?: DeviceCommand): Promise<void> {
  const row = await trx
    .selectFrom("devices")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("id", "=", key.deviceId)
    .executeTakeFirst();
  if (row === undefined) return;
  const data = command === undefined ? toDevice(row) : { ...toDevice(row), command };
  await notifyLive(trx, key.tenantId, { type: "device", data });
}

/** False if the trap was released meanwhile. */
export async function updateTelemetry(trx: Transaction, key: DeviceKey, told: Telemetry, now: Date): Promise<boolean> {
  const { boot: _boot, state, batteryMv, rssi, ...rest } = told;
  const row = await updateClaimed(trx, key)
    .set({ trap_state: state, battery_mv: batteryMv, rssi, telemetry: rest, last_seen: now })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** False if the trap was released meanwhile. */
export async function updateReported(
  trx: Transaction,
  key: DeviceKey,
  told: Configuration,
  now: Date,
): Promise<boolean> {
  const { rev, ...settings } = told;
  const row = await updateClaimed(trx, key)
    .set({ reported_config: settings, reported_revision: rev, last_seen: now })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

export async function updateReportedRevision(trx: Transaction, key: DeviceKey, revision: number): Promise<void> {
  await updateClaimed(trx, key)
    .set({ reported_revision: revision })
    .where("reported_revision", "!=", revision)
    .execute();
}

export async function updateSettings(
  trx: Transaction,
  key: DeviceKey,
  settings: DeviceSettings,
  revision: number,
): Promise<void> {
  await updateClaimed(trx, key).set({ desired_config: settings, config_revision: revision }).execute();
}

export interface Release extends DeviceKey {
  now: Date;
  /** Null: the trap itself was reset. */
  userId: string | null;
}

/**
 * Let go of a trap: its credentials are void when this commits, its open alerts resolved, its past stays with the tenant [CLAIM-6].
 * Null if the tenant has no such trap.
 */
export async function releaseDevice(trx: Transaction, release: Release): Promise<DeviceScope | null> {
  const { tenantId, deviceId, now } = release;
  await lockTrap(trx, release);
  const released = await updateClaimed(trx, release)
    .set({ unclaimed_at: now, mqtt_password: null, online: false })
    .returning("mqtt_username")
    .executeTakeFirst();
  if (released === undefined) return null;
  await trx
    .deleteFrom("device_claiming_queue")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .execute();
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "resolved", resolved_at: now, resolved_by: release.userId })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("alert_status", "!=", "resolved")
    .execute();
  await trx
    .updateTable("device_sessions")
    .set({ ended_at: now, end_reason: "released" })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("ended_at", "is", null)
    .execute();
  await notifyDevice(trx, release);
  return { tenantId, deviceId, credentialId: released.mqtt_username ?? "" };
}

/** Whatever decides over a trap's owner begins with this lock, so that claiming and releasing never meet in the middle. */
async function lockTrap(trx: Transaction, key: DeviceKey): Promise<void> {
  await trx
    .selectFrom("device_identities")
    .select("serial_number")
    .where("serial_number", "=", (eb) =>
      eb
        .selectFrom("devices")
        .select("serial_number")
        .where("tenant_id", "=", key.tenantId)
        .where("id", "=", key.deviceId),
    )
    .forNoKeyUpdate()
    .execute();
}
