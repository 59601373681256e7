// The tables as Kysely sees them after the latest migration: written by hand, compared with a live catalogue by a test.
// `XTable` is for Kysely (what may be left out on insert), `XRow` is a row as selected; rows never leave the queries.

import type { ColumnType, Generated, Selectable } from "kysely";
import type { CommandName, EventKind, TrapKind, TrapState } from "#protocol";

/** A column with a default, or one that may be null: may be left out on insert. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** Set on insert by the database alone, and by the trigger on update. */
type Stamp = ColumnType<Date, Date | undefined, Date>;
/** pg turns objects into JSON by itself; an array must be wrapped in an object, since pg takes it for a PostgreSQL array. */
type Json = ColumnType<Record<string, unknown> | null, object | null | undefined, object | null>;

export type Role = "viewer" | "operator" | "admin" | "owner" | "superadmin";
export type MembershipStatus = "active" | "invited" | "suspended";
export type ClaimCodeStatus = "active" | "claimed" | "expired";
export type AlertStatus = "new" | "acknowledged" | "resolved";
export type AlertType = "sprung" | "battery-low" | "sensor-fault" | "fault" | "offline";
export type AlertSeverity = "info" | "warning" | "critical";
export type SessionEndReason = "will" | "disconnected" | "superseded" | "silent" | "released";
export type FirmwareType = "firmware" | "filesystem";
export type UpdateStatus = "offered" | "accepted" | "fetching" | "verified" | "booted" | "refused" | "failed";

export interface TenantsTable {
  id: Generated<string>;
  name: string;
  slug: string;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface UsersTable {
  id: Generated<string>;
  email: string;
  name: Optional<string>;
  password_hash: Optional<string>;
  is_active: Generated<boolean>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface UserTenantMembershipsTable {
  user_id: string;
  tenant_id: string;
  role: Role;
  status: Generated<MembershipStatus>;
  joined_at: Stamp;
  updated_at: Stamp;
}

export interface SessionsTable {
  id: Generated<string>;
  user_id: string;
  tenant_id: string;
  /** SHA-256 of the token, 64 lower-case hex digits. */
  token_hash: string;
  ip_address: Optional<string>;
  user_agent: Optional<string>;
  created_at: Stamp;
  expires_at: Date;
  revoked_at: Optional<Date>;
}

export interface DeviceIdentitiesTable {
  serial_number: string;
  mac_address: string;
  /** The device's key, AES-256-GCM under the seal key of the configuration. */
  key_sealed: Buffer;
  hardware: string;
  kind: TrapKind;
  registered_at: Stamp;
}

export interface DeviceChallengesTable {
  challenge: string;
  serial_number: string;
  expires_at: Date;
  used_at: Optional<Date>;
}

export interface DevicesTable {
  id: Generated<string>;
  tenant_id: string;
  name: string;
  mac_address: string;
  serial_number: Optional<string>;
  kind: TrapKind | "gateway" | "sensor" | "switch";
  hardware: Optional<string>;
  mqtt_client_id: Optional<string>;
  mqtt_username: Optional<string>;
  /** `sha256:` and 64 hex digits. */
  mqtt_password: Optional<string>;
  credentials_confirmed_at: Optional<Date>;
  claimed_at: Optional<Date>;
  unclaimed_at: Optional<Date>;
  last_seen: Optional<Date>;
  online: Generated<boolean>;
  /** Null until the trap has spoken. */
  trap_state: Optional<TrapState>;
  battery_mv: Optional<number>;
  rssi: Optional<number>;
  firmware_version: Optional<string>;
  firmware_sha256: Optional<string>;
  boot_id: Optional<string>;
  session: Optional<number>;
  telemetry: Json;
  desired_config: Json;
  config_revision: Generated<number>;
  reported_config: Json;
  reported_revision: Generated<number>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface DeviceClaimingQueueTable {
  id: Generated<number>;
  mac_address: string;
  serial_number: Optional<string>;
  ip_address: Optional<string>;
  expires_at: Date;
  tenant_id: Optional<string>;
  device_id: Optional<string>;
  claimed_by: Optional<string>;
  /** Null while the window is open. */
  claimed_at: Optional<Date>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface ClaimCodesTable {
  /** Ten characters without the groups' separators. */
  claim_code: string;
  tenant_id: string;
  device_name: Optional<string>;
  status: Generated<ClaimCodeStatus>;
  expires_at: Date;
  claimed_by_device_id: Optional<string>;
  claimed_at: Optional<Date>;
  created_by: Optional<string>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface DeviceEventsTable {
  id: Generated<string>;
  tenant_id: string;
  device_id: string;
  boot_id: string;
  sequence: number;
  kind: EventKind;
  value: Generated<number>;
  age_ms: number;
  exact: boolean;
  received_at: Date;
  occurred_earliest: Date;
  occurred_latest: Date;
}

export interface DeviceEventKeysTable {
  device_id: string;
  boot_id: string;
  sequence: number;
  tenant_id: string;
  received_at: Date;
}

export interface DeviceAlertsTable {
  id: Generated<string>;
  device_id: string;
  tenant_id: string;
  event_id: Optional<string>;
  alert_type: AlertType;
  alert_status: Generated<AlertStatus>;
  severity: AlertSeverity;
  message: Optional<string>;
  triggered_at: Date;
  acknowledged_at: Optional<Date>;
  acknowledged_by: Optional<string>;
  resolved_at: Optional<Date>;
  resolved_by: Optional<string>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface DeviceSessionsTable {
  device_id: string;
  boot_id: string;
  session: number;
  tenant_id: string;
  connected_at: Date;
  last_heard_at: Date;
  /** Both null while the session is open. */
  ended_at: Optional<Date>;
  end_reason: Optional<SessionEndReason>;
}

export interface DeviceCommandsTable {
  id: Generated<number>;
  tenant_id: string;
  device_id: string;
  command: CommandName;
  created_by: Optional<string>;
  created_at: Stamp;
  expires_at: Date;
  sent_at: Optional<Date>;
  answered_at: Optional<Date>;
  code: Optional<number>;
}

export interface FirmwareVersionsTable {
  id: Generated<string>;
  version: Optional<string>;
  type: Optional<FirmwareType>;
  file_path: Optional<string>;
  file_url: Optional<string>;
  sha256: Optional<string>;
  changelog: Optional<string>;
  required: Generated<boolean>;
  global: Generated<boolean>;
  tenant_id: Optional<string>;
  /** In bytes. */
  size: Optional<number>;
  content: Optional<Buffer>;
  created_by: Optional<string>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface DeviceUpdatesTable {
  id: Generated<string>;
  tenant_id: string;
  device_id: string;
  firmware_scope_id: string;
  firmware_version_id: string;
  status: Generated<UpdateStatus>;
  boot_id_at_offer: Optional<string>;
  /** Bytes stored by the device so far. */
  received: Generated<number>;
  code: Optional<number>;
  offered_at: Stamp;
  updated_at: Stamp;
  booted_at: Optional<Date>;
}

export interface SchemaMigrationsTable {
  version: number;
  name: string;
  checksum: string;
  applied_at: Stamp;
}

export interface Database {
  tenants: TenantsTable;
  users: UsersTable;
  user_tenant_memberships: UserTenantMembershipsTable;
  sessions: SessionsTable;
  device_identities: DeviceIdentitiesTable;
  device_challenges: DeviceChallengesTable;
  devices: DevicesTable;
  device_claiming_queue: DeviceClaimingQueueTable;
  claim_codes: ClaimCodesTable;
  device_event_keys: DeviceEventKeysTable;
  device_events: DeviceEventsTable;
  device_alerts: DeviceAlertsTable;
  device_sessions: DeviceSessionsTable;
  device_commands: DeviceCommandsTable;
  firmware_versions: FirmwareVersionsTable;
  device_updates: DeviceUpdatesTable;
  schema_migrations: SchemaMigrationsTable;
}

export type TenantRow = Selectable<TenantsTable>;
export type UserRow = Selectable<UsersTable>;
export type UserTenantMembershipRow = Selectable<UserTenantMembershipsTable>;
export type SessionRow = Selectable<SessionsTable>;
export type DeviceIdentityRow = Selectable<DeviceIdentitiesTable>;
export type DeviceChallengeRow = Selectable<DeviceChallengesTable>;
export type DeviceRow = Selectable<DevicesTable>;
export type DeviceClaimingQueueRow = Selectable<DeviceClaimingQueueTable>;
export type ClaimCodeRow = Selectable<ClaimCodesTable>;
export type DeviceEventRow = Selectable<DeviceEventsTable>;
export type DeviceAlertRow = Selectable<DeviceAlertsTable>;
export type DeviceSessionRow = Selectable<DeviceSessionsTable>;
export type DeviceCommandRow = Selectable<DeviceCommandsTable>;
export type FirmwareVersionRow = Selectable<FirmwareVersionsTable>;
export type DeviceUpdateRow = Selectable<DeviceUpdatesTable>;
