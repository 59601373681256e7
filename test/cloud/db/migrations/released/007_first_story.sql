-- The first story, end to end: accounts with sessions, traps with an identity of their own, claiming in both ways,
-- the event log, one open alert per trap and type, presence by session, commands and updates.
-- A database that stands at 006 keeps its data; every time in it is read as UTC. Where an old row may lack what every
-- new one must have, a check that is NOT VALID says so: it holds for what is written from here on.
-- Tables that change carry created_at and updated_at (a trigger); logs and what lives for minutes carry their own times.

-- UP
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END;
$$;

-- Tenants and people -------------------------------------------------------------------------------------------------

ALTER TABLE tenants
  ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC',
  ADD COLUMN slug varchar(63),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE tenants SET
  name = coalesce(name, 'Tenant'),
  created_at = coalesce(created_at, now()),
  slug = left(trim(BOTH '-' FROM lower(regexp_replace(coalesce(name, 'Tenant'), '[^a-zA-Z0-9]+', '-', 'g'))), 50)
    || '-' || left(id::text, 8);
ALTER TABLE tenants
  ALTER COLUMN name SET NOT NULL,
  ALTER COLUMN created_at SET NOT NULL,
  ALTER COLUMN slug SET NOT NULL,
  ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

ALTER TABLE users
  ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC',
  ADD COLUMN name varchar(200),
  ADD COLUMN is_active boolean NOT NULL DEFAULT true,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE users SET created_at = coalesce(created_at, now());
ALTER TABLE users
  ALTER COLUMN email SET NOT NULL,
  ALTER COLUMN created_at SET NOT NULL;
CREATE UNIQUE INDEX users_email_any_case ON users (lower(email));

ALTER TABLE user_tenant_memberships
  ALTER COLUMN joined_at TYPE timestamptz USING joined_at AT TIME ZONE 'UTC',
  ALTER COLUMN joined_at SET DEFAULT now(),
  ADD COLUMN status varchar(20) NOT NULL DEFAULT 'active'
    CONSTRAINT user_tenant_memberships_status_listed CHECK (status IN ('active', 'invited', 'suspended')),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  DROP CONSTRAINT IF EXISTS user_tenant_memberships_role_listed,
  ADD CONSTRAINT user_tenant_memberships_role_listed
    CHECK (role IN ('viewer', 'operator', 'admin', 'owner', 'superadmin'));
UPDATE user_tenant_memberships SET joined_at = coalesce(joined_at, now()), role = coalesce(role, 'viewer');
ALTER TABLE user_tenant_memberships
  ALTER COLUMN joined_at SET NOT NULL,
  ALTER COLUMN role SET NOT NULL;
CREATE INDEX user_tenant_memberships_tenant ON user_tenant_memberships (tenant_id);

CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  token_hash char(64) NOT NULL UNIQUE,
  ip_address varchar(45),
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_tenant ON sessions (tenant_id);

-- Traps ----------------------------------------------------------------------------------------------------------------

CREATE TABLE device_identities (
  serial_number varchar(50) PRIMARY KEY,
  mac_address varchar(17) NOT NULL UNIQUE,
  key_sealed bytea NOT NULL,
  hardware varchar(40) NOT NULL,
  kind varchar(20) NOT NULL
    CONSTRAINT device_identities_kind_listed CHECK (kind IN ('live-catch', 'snap', 'bait-station', 'monitor')),
  registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE device_challenges (
  challenge char(32) PRIMARY KEY,
  serial_number varchar(50) NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX device_challenges_expires_at ON device_challenges (expires_at);

-- A released trap keeps its row, with the past that belongs to the old tenant; so only the claimed ones are unique.
ALTER TABLE devices
  DROP CONSTRAINT IF EXISTS devices_mac_address_key,
  ALTER COLUMN claimed_at TYPE timestamptz USING claimed_at AT TIME ZONE 'UTC',
  ALTER COLUMN unclaimed_at TYPE timestamptz USING unclaimed_at AT TIME ZONE 'UTC',
  ALTER COLUMN last_seen TYPE timestamptz USING last_seen AT TIME ZONE 'UTC',
  ADD COLUMN serial_number varchar(50),
  ADD COLUMN kind varchar(20) NOT NULL DEFAULT 'snap'
    CONSTRAINT devices_kind_listed CHECK (kind IN ('live-catch', 'snap', 'bait-station', 'monitor')),
  ADD COLUMN trap_state varchar(20)
    CONSTRAINT devices_trap_state_listed
    CHECK (trap_state IN ('disarmed', 'arming', 'armed', 'triggered', 'sprung', 'fault')),
  ADD COLUMN battery_mv integer,
  ADD COLUMN rssi integer,
  ADD COLUMN firmware_version varchar(64),
  ADD COLUMN firmware_sha256 char(64),
  ADD COLUMN hardware varchar(40),
  ADD COLUMN boot_id char(16),
  ADD COLUMN session bigint,
  ADD COLUMN telemetry jsonb,
  ADD COLUMN desired_config jsonb,
  ADD COLUMN config_revision integer NOT NULL DEFAULT 0,
  ADD COLUMN reported_config jsonb,
  ADD COLUMN reported_revision integer NOT NULL DEFAULT 0,
  ADD COLUMN credentials_confirmed_at timestamptz,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
-- Presence is kept by session from here on, and no session of the old days is open.
UPDATE devices SET name = coalesce(name, mac_address, 'Trap'), online = false, created_at = coalesce(claimed_at, now());
ALTER TABLE devices
  ALTER COLUMN name SET NOT NULL,
  ALTER COLUMN online SET DEFAULT false,
  ALTER COLUMN online SET NOT NULL,
  ALTER COLUMN kind DROP DEFAULT,
  ADD CONSTRAINT devices_whole CHECK (tenant_id IS NOT NULL AND mac_address IS NOT NULL) NOT VALID,
  ADD CONSTRAINT devices_tenant_id_id_key UNIQUE (tenant_id, id);
CREATE UNIQUE INDEX devices_mac_address_claimed ON devices (mac_address) WHERE unclaimed_at IS NULL;
CREATE UNIQUE INDEX devices_serial_number_claimed ON devices (serial_number) WHERE unclaimed_at IS NULL;
CREATE INDEX devices_mqtt_username ON devices (mqtt_username);
CREATE INDEX devices_tenant_claimed ON devices (tenant_id, created_at) WHERE unclaimed_at IS NULL;

-- Claiming -------------------------------------------------------------------------------------------------------------

ALTER TABLE device_claiming_queue
  ALTER COLUMN expires_at TYPE timestamptz USING expires_at AT TIME ZONE 'UTC',
  ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC',
  ADD COLUMN tenant_id uuid,
  ADD COLUMN device_id uuid,
  ADD COLUMN claimed_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN claimed_at timestamptz,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD CONSTRAINT device_claiming_queue_device FOREIGN KEY (tenant_id, device_id)
    REFERENCES devices (tenant_id, id) ON DELETE CASCADE;
UPDATE device_claiming_queue SET created_at = coalesce(created_at, now());
ALTER TABLE device_claiming_queue ALTER COLUMN created_at SET NOT NULL;
CREATE INDEX device_claiming_queue_open_ip ON device_claiming_queue (ip_address) WHERE claimed_at IS NULL;
CREATE INDEX device_claiming_queue_serial ON device_claiming_queue (serial_number);
CREATE INDEX device_claiming_queue_device ON device_claiming_queue (tenant_id, device_id);

-- A window that was claimed in time is kept for a day more: its trap may be slow to come back for its credentials.
CREATE OR REPLACE FUNCTION cleanup_expired_claiming_devices() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  closed integer;
BEGIN
  DELETE FROM device_claiming_queue
  WHERE expires_at < now() AND (claimed_at IS NULL OR expires_at < now() - interval '1 day');
  GET DIAGNOSTICS closed = ROW_COUNT;
  RETURN closed;
END;
$$;

ALTER TABLE claim_codes
  ALTER COLUMN claim_code TYPE varchar(10),
  ALTER COLUMN expires_at TYPE timestamptz USING expires_at AT TIME ZONE 'UTC',
  ADD COLUMN created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN claimed_at timestamptz,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE claim_codes SET status = coalesce(status, 'expired'), expires_at = coalesce(expires_at, now());
ALTER TABLE claim_codes
  ALTER COLUMN status SET DEFAULT 'active',
  ALTER COLUMN status SET NOT NULL,
  ALTER COLUMN expires_at SET NOT NULL,
  ADD CONSTRAINT claim_codes_whole CHECK (tenant_id IS NOT NULL) NOT VALID,
  ADD CONSTRAINT claim_codes_device FOREIGN KEY (tenant_id, claimed_by_device_id)
    REFERENCES devices (tenant_id, id) ON DELETE SET NULL (claimed_by_device_id) NOT VALID;
CREATE INDEX claim_codes_tenant ON claim_codes (tenant_id, created_at DESC);

-- Events and alerts ----------------------------------------------------------------------------------------------------

CREATE TABLE device_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  boot_id char(16) NOT NULL,
  sequence bigint NOT NULL,
  kind varchar(20) NOT NULL
    CONSTRAINT device_events_kind_listed CHECK (kind IN ('sprung', 'armed', 'disarmed', 'rearmed', 'silenced',
      'false-trigger', 'battery-low', 'battery-ok', 'sensor-fault', 'fault')),
  value bigint NOT NULL DEFAULT 0,
  age_ms bigint NOT NULL,
  exact boolean NOT NULL,
  received_at timestamptz NOT NULL,
  occurred_earliest timestamptz NOT NULL,
  occurred_latest timestamptz NOT NULL,
  UNIQUE (device_id, boot_id, sequence),
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT device_events_interval CHECK (occurred_earliest <= occurred_latest)
);
CREATE INDEX device_events_newest ON device_events (tenant_id, device_id, received_at DESC);

ALTER TABLE device_alerts
  DROP CONSTRAINT IF EXISTS device_alerts_device_id_fkey,
  ALTER COLUMN triggered_at TYPE timestamptz USING triggered_at AT TIME ZONE 'UTC',
  ALTER COLUMN resolved_at TYPE timestamptz USING resolved_at AT TIME ZONE 'UTC',
  ADD COLUMN event_id uuid REFERENCES device_events (id) ON DELETE SET NULL,
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN acknowledged_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN resolved_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE device_alerts SET
  alert_status = coalesce(alert_status, CASE WHEN resolved_at IS NULL THEN 'new' ELSE 'resolved' END),
  triggered_at = coalesce(triggered_at, resolved_at, now()),
  created_at = coalesce(triggered_at, resolved_at, now());
UPDATE device_alerts SET tenant_id = devices.tenant_id
  FROM devices
  WHERE devices.id = device_alerts.device_id AND devices.tenant_id IS DISTINCT FROM device_alerts.tenant_id;
-- Of several open alerts of one trap and type only the newest stays open.
UPDATE device_alerts AS older SET alert_status = 'resolved', resolved_at = now()
  WHERE older.alert_status <> 'resolved' AND EXISTS (
    SELECT FROM device_alerts AS newer
    WHERE newer.device_id = older.device_id AND newer.alert_type = older.alert_type AND newer.alert_status <> 'resolved'
      AND (newer.triggered_at, newer.id) > (older.triggered_at, older.id)
  );
ALTER TABLE device_alerts
  ALTER COLUMN alert_status SET DEFAULT 'new',
  ALTER COLUMN alert_status SET NOT NULL,
  ALTER COLUMN triggered_at SET NOT NULL,
  ADD CONSTRAINT device_alerts_whole CHECK (
    tenant_id IS NOT NULL AND device_id IS NOT NULL AND alert_type IS NOT NULL AND severity IS NOT NULL
  ) NOT VALID,
  ADD CONSTRAINT device_alerts_type_listed
    CHECK (alert_type IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline')) NOT VALID,
  ADD CONSTRAINT device_alerts_severity_listed CHECK (severity IN ('info', 'warning', 'critical')) NOT VALID,
  ADD CONSTRAINT device_alerts_device FOREIGN KEY (tenant_id, device_id)
    REFERENCES devices (tenant_id, id) ON DELETE CASCADE;
CREATE UNIQUE INDEX device_alerts_one_open ON device_alerts (device_id, alert_type) WHERE alert_status <> 'resolved';
CREATE INDEX device_alerts_newest ON device_alerts (tenant_id, triggered_at DESC);
CREATE INDEX device_alerts_event ON device_alerts (event_id);

-- Presence and commands ------------------------------------------------------------------------------------------------

CREATE TABLE device_sessions (
  device_id uuid NOT NULL,
  boot_id char(16) NOT NULL,
  session bigint NOT NULL,
  tenant_id uuid NOT NULL,
  connected_at timestamptz NOT NULL,
  last_heard_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason varchar(20)
    CONSTRAINT device_sessions_end_reason_listed
    CHECK (end_reason IN ('will', 'disconnected', 'superseded', 'silent', 'released')),
  PRIMARY KEY (device_id, boot_id, session),
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT device_sessions_end_whole CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX device_sessions_open ON device_sessions (last_heard_at) WHERE ended_at IS NULL;
CREATE INDEX device_sessions_tenant ON device_sessions (tenant_id, device_id);

CREATE TABLE device_commands (
  id serial PRIMARY KEY,
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  command varchar(20) NOT NULL
    CONSTRAINT device_commands_command_listed CHECK (command IN ('identify', 'reboot', 'silence', 'release')),
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  sent_at timestamptz,
  answered_at timestamptz,
  code integer,
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX device_commands_open ON device_commands (tenant_id, device_id, id) WHERE answered_at IS NULL;

-- Firmware -------------------------------------------------------------------------------------------------------------

ALTER TABLE firmware_versions
  ADD COLUMN size integer,
  ADD COLUMN content bytea,
  ADD COLUMN created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE firmware_versions SET required = coalesce(required, false), global = coalesce(global, tenant_id IS NULL);
ALTER TABLE firmware_versions
  ALTER COLUMN required SET DEFAULT false,
  ALTER COLUMN required SET NOT NULL,
  ALTER COLUMN global SET DEFAULT false,
  ALTER COLUMN global SET NOT NULL;
CREATE INDEX firmware_versions_tenant ON firmware_versions (tenant_id, created_at DESC);

CREATE TABLE device_updates (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  firmware_version_id uuid NOT NULL REFERENCES firmware_versions (id),
  status varchar(20) NOT NULL DEFAULT 'offered'
    CONSTRAINT device_updates_status_listed
    CHECK (status IN ('offered', 'accepted', 'fetching', 'verified', 'booted', 'refused', 'failed')),
  boot_id_at_offer char(16),
  received integer NOT NULL DEFAULT 0,
  code integer,
  offered_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  booted_at timestamptz,
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX device_updates_newest ON device_updates (tenant_id, device_id, offered_at DESC);
CREATE INDEX device_updates_firmware ON device_updates (firmware_version_id);

CREATE TRIGGER tenants_updated BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER users_updated BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER user_tenant_memberships_updated BEFORE UPDATE ON user_tenant_memberships
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER devices_updated BEFORE UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_claiming_queue_updated BEFORE UPDATE ON device_claiming_queue
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER claim_codes_updated BEFORE UPDATE ON claim_codes FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_alerts_updated BEFORE UPDATE ON device_alerts FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER firmware_versions_updated BEFORE UPDATE ON firmware_versions
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_updates_updated BEFORE UPDATE ON device_updates FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- DOWN
DROP TABLE device_updates;

DROP TRIGGER firmware_versions_updated ON firmware_versions;
DROP INDEX firmware_versions_tenant;
ALTER TABLE firmware_versions
  ALTER COLUMN required DROP NOT NULL,
  ALTER COLUMN required DROP DEFAULT,
  ALTER COLUMN global DROP NOT NULL,
  ALTER COLUMN global DROP DEFAULT,
  DROP COLUMN size,
  DROP COLUMN content,
  DROP COLUMN created_by,
  DROP COLUMN created_at,
  DROP COLUMN updated_at;

DROP TABLE device_commands;
DROP TABLE device_sessions;

DROP TRIGGER device_alerts_updated ON device_alerts;
DROP INDEX device_alerts_one_open;
DROP INDEX device_alerts_newest;
ALTER TABLE device_alerts
  DROP CONSTRAINT device_alerts_device,
  DROP CONSTRAINT device_alerts_severity_listed,
  DROP CONSTRAINT device_alerts_type_listed,
  DROP CONSTRAINT device_alerts_whole,
  ALTER COLUMN triggered_at DROP NOT NULL,
  ALTER COLUMN triggered_at TYPE timestamp USING triggered_at AT TIME ZONE 'UTC',
  ALTER COLUMN resolved_at TYPE timestamp USING resolved_at AT TIME ZONE 'UTC',
  ALTER COLUMN alert_status DROP NOT NULL,
  ALTER COLUMN alert_status DROP DEFAULT,
  DROP COLUMN event_id,
  DROP COLUMN acknowledged_at,
  DROP COLUMN acknowledged_by,
  DROP COLUMN resolved_by,
  DROP COLUMN created_at,
  DROP COLUMN updated_at,
  ADD CONSTRAINT device_alerts_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE;

DROP TABLE device_events;

-- What 006 cannot hold: codes longer than eight characters, a second row of a trap that was released, the role owner.
DROP TRIGGER claim_codes_updated ON claim_codes;
DROP INDEX claim_codes_tenant;
DELETE FROM claim_codes WHERE length(claim_code) > 8;
ALTER TABLE claim_codes
  DROP CONSTRAINT claim_codes_device,
  DROP CONSTRAINT claim_codes_whole,
  ALTER COLUMN status DROP NOT NULL,
  ALTER COLUMN status DROP DEFAULT,
  ALTER COLUMN expires_at DROP NOT NULL,
  ALTER COLUMN expires_at TYPE timestamp USING expires_at AT TIME ZONE 'UTC',
  ALTER COLUMN claim_code TYPE varchar(8),
  DROP COLUMN created_by,
  DROP COLUMN created_at,
  DROP COLUMN claimed_at,
  DROP COLUMN updated_at;

DROP TRIGGER device_claiming_queue_updated ON device_claiming_queue;
DROP INDEX device_claiming_queue_open_ip;
DROP INDEX device_claiming_queue_serial;
DROP INDEX device_claiming_queue_device;
ALTER TABLE device_claiming_queue
  DROP CONSTRAINT device_claiming_queue_device,
  ALTER COLUMN expires_at TYPE timestamp USING expires_at AT TIME ZONE 'UTC',
  ALTER COLUMN created_at DROP NOT NULL,
  ALTER COLUMN created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC',
  DROP COLUMN tenant_id,
  DROP COLUMN device_id,
  DROP COLUMN claimed_by,
  DROP COLUMN claimed_at,
  DROP COLUMN updated_at;
CREATE OR REPLACE FUNCTION cleanup_expired_claiming_devices() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  closed integer;
BEGIN
  DELETE FROM device_claiming_queue WHERE expires_at < now() AT TIME ZONE 'UTC';
  GET DIAGNOSTICS closed = ROW_COUNT;
  RETURN closed;
END;
$$;

DROP TRIGGER devices_updated ON devices;
DROP INDEX devices_mac_address_claimed;
DROP INDEX devices_serial_number_claimed;
DROP INDEX devices_mqtt_username;
DROP INDEX devices_tenant_claimed;
DELETE FROM devices AS released WHERE released.unclaimed_at IS NOT NULL AND EXISTS (
  SELECT FROM devices AS other
  WHERE other.mac_address = released.mac_address AND other.id <> released.id
    AND (other.unclaimed_at IS NULL OR (other.unclaimed_at, other.id) > (released.unclaimed_at, released.id))
);
ALTER TABLE devices
  DROP CONSTRAINT devices_tenant_id_id_key,
  DROP CONSTRAINT devices_whole,
  ALTER COLUMN name DROP NOT NULL,
  ALTER COLUMN online DROP NOT NULL,
  ALTER COLUMN online DROP DEFAULT,
  ALTER COLUMN claimed_at TYPE timestamp USING claimed_at AT TIME ZONE 'UTC',
  ALTER COLUMN unclaimed_at TYPE timestamp USING unclaimed_at AT TIME ZONE 'UTC',
  ALTER COLUMN last_seen TYPE timestamp USING last_seen AT TIME ZONE 'UTC',
  DROP COLUMN serial_number,
  DROP COLUMN kind,
  DROP COLUMN trap_state,
  DROP COLUMN battery_mv,
  DROP COLUMN rssi,
  DROP COLUMN firmware_version,
  DROP COLUMN firmware_sha256,
  DROP COLUMN hardware,
  DROP COLUMN boot_id,
  DROP COLUMN session,
  DROP COLUMN telemetry,
  DROP COLUMN desired_config,
  DROP COLUMN config_revision,
  DROP COLUMN reported_config,
  DROP COLUMN reported_revision,
  DROP COLUMN credentials_confirmed_at,
  DROP COLUMN created_at,
  DROP COLUMN updated_at,
  ADD CONSTRAINT devices_mac_address_key UNIQUE (mac_address);

DROP TABLE device_challenges;
DROP TABLE device_identities;
DROP TABLE sessions;

DROP TRIGGER user_tenant_memberships_updated ON user_tenant_memberships;
DROP INDEX user_tenant_memberships_tenant;
UPDATE user_tenant_memberships SET role = 'admin' WHERE role = 'owner';
ALTER TABLE user_tenant_memberships
  DROP CONSTRAINT user_tenant_memberships_role_listed,
  ADD CONSTRAINT user_tenant_memberships_role_listed CHECK (role IN ('viewer', 'operator', 'admin', 'superadmin')),
  ALTER COLUMN role DROP NOT NULL,
  ALTER COLUMN joined_at DROP NOT NULL,
  ALTER COLUMN joined_at DROP DEFAULT,
  ALTER COLUMN joined_at TYPE timestamp USING joined_at AT TIME ZONE 'UTC',
  DROP COLUMN status,
  DROP COLUMN updated_at;

DROP TRIGGER users_updated ON users;
DROP INDEX users_email_any_case;
ALTER TABLE users
  ALTER COLUMN email DROP NOT NULL,
  ALTER COLUMN created_at DROP NOT NULL,
  ALTER COLUMN created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC',
  DROP COLUMN name,
  DROP COLUMN is_active,
  DROP COLUMN updated_at;

DROP TRIGGER tenants_updated ON tenants;
ALTER TABLE tenants
  ALTER COLUMN name DROP NOT NULL,
  ALTER COLUMN created_at DROP NOT NULL,
  ALTER COLUMN created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC',
  DROP COLUMN slug,
  DROP COLUMN updated_at;

DROP FUNCTION set_updated_at();
