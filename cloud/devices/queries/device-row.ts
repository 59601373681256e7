// Owns how a claimed trap's row is read: as a person sees the trap.
import type { DeviceRow } from "../../db/schema.ts";
import { type Device, parseSettings } from "../devices.ts";

export function toDevice(row: DeviceRow): Device {
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
