-- The first story, end to end: accounts with sessions, traps with an identity of their own, claiming in both ways,
-- the event log, one open alert per trap and type, presence by session, commands and updates.
-- A database that stands at 006 keeps its data; every time in it is read as UTC. Where an old row may lack what every
-- new one must have, a check that is NOT VALID says so: it holds for what is written from here on.
-- What old rows hold and new ones cannot is changed first of all; former_values remembers it, and the way back puts it right again.
-- Earlier: b57cdb77f438e5964ad9de877ba73923eb4587153a60016c4ce2993c97ad8720, a database of the mousetrap product's own making stopped it
-- Earlier: 725bcae0243de315c2c83f01a73ca6e9bb0fff38a3426394cd50cf88e9f2401c, as the one before, and what it changed did not come back
-- Tables that change carry created_at and updated_at (a trigger); logs and what lives for minutes carry their own times.

-- UP
-- A database of the mousetrap product ------------------------------------------------------------------------------------

SET LOCAL timezone = 'UTC';

-- What is other in an old row from here on: column_name was this and became that. '*' is a row that had to leave its table, '+' one that came.
CREATE TABLE former_values (
  table_name text NOT NULL,
  row_key text NOT NULL,
  column_name text NOT NULL,
  was text,
  became text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_name, row_key, column_name)
);

-- The product's document says which tables and columns there are, not how their keys are called, how long a text may be or what else is
-- forbidden. All of that goes, but for the primary keys, and what 001 to 006 say comes back below.
DO $$
DECLARE
  mousetrap constant regclass[] := ARRAY['users', 'tenants', 'devices', 'device_alerts', 'firmware_versions', 'claim_codes',
    'user_tenant_memberships', 'device_claiming_queue'];
  one record;
BEGIN
  FOR one IN
    SELECT conrelid::regclass AS on_table, conname FROM pg_constraint
    WHERE conrelid = ANY (mousetrap) AND contype IN ('f', 'u', 'c', 'x') AND conparentid = 0
      OR conrelid = 'user_tenant_memberships'::regclass AND contype = 'p'
    ORDER BY contype = 'f' DESC
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.on_table, one.conname);
  END LOOP;
  FOR one IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = ANY (mousetrap) AND NOT indisprimary LOOP
    EXECUTE format('DROP INDEX %s', one.name);
  END LOOP;
  FOR one IN
    SELECT conrelid::regclass AS on_table, conname, c.relname || '_pkey' AS wanted
    FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
    WHERE conrelid = ANY (mousetrap) AND contype = 'p' AND conname <> c.relname || '_pkey'
  LOOP
    EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.on_table, one.conname, one.wanted);
  END LOOP;
  FOR one IN
    SELECT attrelid::regclass AS on_table, attname AS name, format_type(atttypid, atttypmod) AS type, CASE
        WHEN attname IN ('message', 'changelog') THEN 'text'
        WHEN format_type(atttypid, NULL) ~ '^timestamp' THEN 'timestamp without time zone'
        WHEN format_type(atttypid, NULL) IN ('text', 'character varying') AND attrelid <> 'device_claiming_queue'::regclass
          THEN 'character varying'
        ELSE format_type(atttypid, atttypmod)
      END AS wanted
    FROM pg_attribute AS a
    WHERE attrelid = ANY (mousetrap) AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND NOT EXISTS (
      SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey)
    )
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL, ALTER COLUMN %2$I DROP DEFAULT', one.on_table, one.name);
    IF one.type <> one.wanted THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', one.on_table, one.name, one.wanted);
    END IF;
  END LOOP;
END;
$$;

CREATE FUNCTION keep_former_values() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := to_jsonb(OLD);
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO former_values (table_name, row_key, column_name, was) VALUES (TG_TABLE_NAME, gen_random_uuid(), '*', old_row);
    RETURN NULL;
  END IF;
  INSERT INTO former_values AS f (table_name, row_key, column_name, was, became)
    SELECT TG_TABLE_NAME, (SELECT string_agg(old_row ->> name, ' ' ORDER BY place) FROM unnest(TG_ARGV) WITH ORDINALITY AS key (name, place)),
      column_name, was, became
    FROM jsonb_each_text(old_row) AS former (column_name, was)
      JOIN jsonb_each_text(to_jsonb(NEW)) AS present (column_name, became) USING (column_name)
    WHERE was IS DISTINCT FROM became
    ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET became = excluded.became;
  RETURN NULL;
END;
$$;

CREATE TRIGGER former AFTER UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');
CREATE TRIGGER former AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');
CREATE TRIGGER former AFTER UPDATE OR DELETE ON user_tenant_memberships
  FOR EACH ROW EXECUTE FUNCTION keep_former_values('user_id', 'tenant_id');
CREATE TRIGGER former AFTER UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');
CREATE TRIGGER former AFTER UPDATE ON device_alerts FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');
CREATE TRIGGER former AFTER UPDATE ON claim_codes FOR EACH ROW EXECUTE FUNCTION keep_former_values('claim_code');
CREATE TRIGGER former AFTER UPDATE ON device_claiming_queue FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');
CREATE TRIGGER former AFTER UPDATE ON firmware_versions FOR EACH ROW EXECUTE FUNCTION keep_former_values('id');

-- What speaks of a row that is not there.
UPDATE devices SET tenant_id = NULL WHERE tenant_id IS NOT NULL AND tenant_id NOT IN (SELECT id FROM tenants);
UPDATE device_alerts SET tenant_id = NULL WHERE tenant_id IS NOT NULL AND tenant_id NOT IN (SELECT id FROM tenants);
UPDATE device_alerts SET device_id = NULL WHERE device_id IS NOT NULL AND device_id NOT IN (SELECT id FROM devices);
UPDATE claim_codes SET tenant_id = NULL WHERE tenant_id IS NOT NULL AND tenant_id NOT IN (SELECT id FROM tenants);
UPDATE firmware_versions SET tenant_id = NULL, global = coalesce(global, false)
  WHERE tenant_id IS NOT NULL AND tenant_id NOT IN (SELECT id FROM tenants);
DELETE FROM user_tenant_memberships
  WHERE NOT EXISTS (SELECT FROM users WHERE id = user_id) OR NOT EXISTS (SELECT FROM tenants WHERE id = tenant_id);

UPDATE tenants SET name = coalesce(name, 'Tenant'), created_at = coalesce(created_at, now() AT TIME ZONE 'UTC')
  WHERE name IS NULL OR created_at IS NULL;

UPDATE users SET
  email = coalesce(email, 'unknown+' || replace(id::text, '-', '') || '@invalid'),
  created_at = coalesce(created_at, now() AT TIME ZONE 'UTC')
  WHERE email IS NULL OR created_at IS NULL;
-- Of two addresses that differ by case alone the older account keeps its own.
UPDATE users AS newer SET email = regexp_replace(newer.email, '(@|$)', '+' || replace(newer.id::text, '-', '') || '\1')
  WHERE EXISTS (
    SELECT FROM users AS older
    WHERE lower(older.email) = lower(newer.email) AND (older.created_at, older.id) < (newer.created_at, newer.id)
  );

-- One membership for each person and tenant, the one that may do the most; and of roles we do not know none that may do more.
DELETE FROM user_tenant_memberships AS weaker USING (
  SELECT ctid, row_number() OVER (
      PARTITION BY user_id, tenant_id ORDER BY array_position(ARRAY['superadmin', 'owner', 'admin', 'operator', 'viewer'], role::text), joined_at
    ) AS place
  FROM user_tenant_memberships
) AS ranked WHERE ranked.ctid = weaker.ctid AND ranked.place > 1;
UPDATE user_tenant_memberships SET
  joined_at = coalesce(joined_at, now() AT TIME ZONE 'UTC'),
  role = CASE
      WHEN role IN ('viewer', 'operator', 'admin', 'owner', 'superadmin') THEN role
      WHEN lower(trim(role)) IN ('viewer', 'operator', 'admin', 'owner', 'superadmin') THEN lower(trim(role))
      WHEN role ~* '^(administrator|tenant.?admin)$' THEN 'admin'
      WHEN role ~* '^(manager|dispatcher|technician|editor)$' THEN 'operator'
      ELSE 'viewer'
    END
  WHERE joined_at IS NULL OR role IS NULL OR role NOT IN ('viewer', 'operator', 'admin', 'owner', 'superadmin');

-- 006 knows no owner; the way back makes an admin of every new one, not of these.
INSERT INTO former_values (table_name, row_key, column_name, was, became)
  SELECT 'user_tenant_memberships', user_id || ' ' || tenant_id, 'role', 'owner', 'admin' FROM user_tenant_memberships WHERE role = 'owner'
  ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET became = excluded.became;

-- A device of nobody would stand in the way of whoever claims it now. Presence is kept by session, and no session of the old days is open.
UPDATE devices SET
  name = coalesce(name, mac_address, 'Trap'),
  online = false,
  unclaimed_at = CASE WHEN tenant_id IS NULL THEN coalesce(unclaimed_at, now() AT TIME ZONE 'UTC') ELSE unclaimed_at END
  WHERE name IS NULL OR online IS DISTINCT FROM false OR tenant_id IS NULL AND unclaimed_at IS NULL;

UPDATE device_alerts SET
  alert_status = CASE
      WHEN alert_status IN ('new', 'acknowledged', 'resolved') THEN alert_status
      WHEN alert_status ~* '^(ack|seen|read|in.?progress|assigned)' THEN 'acknowledged'
      WHEN alert_status ~* '^(resolv|clos|clear|dismiss|done|fixed|cancel|expire|ignore)' OR resolved_at IS NOT NULL THEN 'resolved'
      ELSE 'new'
    END,
  triggered_at = coalesce(triggered_at, resolved_at, now() AT TIME ZONE 'UTC')
  WHERE triggered_at IS NULL OR alert_status IS NULL OR alert_status NOT IN ('new', 'acknowledged', 'resolved');
-- An alert stays with the tenant that had the device when it came. Where the device is another's by now, or nobody's, a released row of the
-- same device takes its past: two tenants never share one.
WITH past AS (
  SELECT d.id, a.tenant_id, max(a.triggered_at) AS ended_at FROM device_alerts AS a JOIN devices AS d ON d.id = a.device_id
  WHERE a.tenant_id IS NOT NULL AND a.tenant_id IS DISTINCT FROM d.tenant_id
  GROUP BY d.id, a.tenant_id
), released AS (
  INSERT INTO devices (id, tenant_id, name, mac_address, online, unclaimed_at)
    SELECT md5(d.id::text || past.tenant_id::text)::uuid, past.tenant_id, d.name, d.mac_address, false,
      coalesce(CASE WHEN d.tenant_id IS NULL THEN d.unclaimed_at ELSE d.claimed_at END, past.ended_at)
    FROM past JOIN devices AS d ON d.id = past.id
  RETURNING id
)
INSERT INTO former_values (table_name, row_key, column_name) SELECT 'devices', id, '+' FROM released;
UPDATE device_alerts AS a SET device_id = md5(d.id::text || a.tenant_id::text)::uuid
  FROM devices AS d WHERE d.id = a.device_id AND a.tenant_id IS NOT NULL AND a.tenant_id IS DISTINCT FROM d.tenant_id;
UPDATE device_alerts AS a SET tenant_id = d.tenant_id
  FROM devices AS d WHERE d.id = a.device_id AND a.tenant_id IS NULL AND d.tenant_id IS NOT NULL;
-- Of several open alerts of one trap and type only the newest stays open.
UPDATE device_alerts AS older SET alert_status = 'resolved', resolved_at = coalesce(older.resolved_at, now() AT TIME ZONE 'UTC')
  WHERE older.alert_status <> 'resolved' AND EXISTS (
    SELECT FROM device_alerts AS newer
    WHERE newer.device_id = older.device_id AND newer.alert_type = older.alert_type AND newer.alert_status <> 'resolved'
      AND (newer.triggered_at, newer.id) > (older.triggered_at, older.id)
  );

-- A code without an end gets one; one of nobody is of no use to anybody.
UPDATE claim_codes SET
  status = CASE
      WHEN tenant_id IS NULL AND status = 'active' THEN 'expired'
      WHEN status IN ('active', 'claimed', 'expired') THEN status
      WHEN claimed_by_device_id IS NOT NULL OR status ~* '^(claim|use|redeem)' THEN 'claimed'
      WHEN status ~* '^(active|new|open|pending|available|valid|unused)' AND tenant_id IS NOT NULL THEN 'active'
      ELSE 'expired'
    END,
  expires_at = coalesce(expires_at, now() AT TIME ZONE 'UTC' + CASE WHEN status = 'active' THEN interval '30 days' ELSE interval '0' END)
  WHERE expires_at IS NULL OR status IS NULL OR status NOT IN ('active', 'claimed', 'expired') OR tenant_id IS NULL AND status = 'active';
UPDATE claim_codes AS c SET claimed_by_device_id = (
    SELECT d.id FROM devices AS d WHERE d.id = md5(c.claimed_by_device_id::text || c.tenant_id::text)::uuid AND d.tenant_id = c.tenant_id
  )
  WHERE tenant_id IS NOT NULL AND claimed_by_device_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM devices AS d WHERE d.id = c.claimed_by_device_id AND d.tenant_id = c.tenant_id
  );

UPDATE device_claiming_queue SET created_at = now() AT TIME ZONE 'UTC' WHERE created_at IS NULL;

UPDATE firmware_versions SET
  type = CASE
      WHEN type IS NULL OR type IN ('firmware', 'filesystem') THEN type
      WHEN type ~* '(file|fs$|data)' THEN 'filesystem'
      ELSE 'firmware'
    END,
  required = coalesce(required, false),
  global = coalesce(global, tenant_id IS NULL)
  WHERE type NOT IN ('firmware', 'filesystem') OR required IS NULL OR global IS NULL;

DROP TRIGGER former ON tenants;
DROP TRIGGER former ON users;
DROP TRIGGER former ON user_tenant_memberships;
DROP TRIGGER former ON devices;
DROP TRIGGER former ON device_alerts;
DROP TRIGGER former ON claim_codes;
DROP TRIGGER former ON device_claiming_queue;
DROP TRIGGER former ON firmware_versions;
DROP FUNCTION keep_former_values();
-- The mark that the way back has put behind the address of a device that is not the claimed one.
UPDATE devices SET mac_address = left(mac_address, -33)
  WHERE unclaimed_at IS NOT NULL AND right(mac_address, 33) = '+' || replace(id::text, '-', '');

ALTER TABLE tenants ALTER COLUMN id SET DEFAULT gen_random_uuid(), ALTER COLUMN created_at SET DEFAULT now();
ALTER TABLE users
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ALTER COLUMN created_at SET DEFAULT now(),
  ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE user_tenant_memberships
  ADD PRIMARY KEY (user_id, tenant_id),
  ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE devices
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE device_alerts
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  ADD CONSTRAINT device_alerts_status_listed CHECK (alert_status IN ('new', 'acknowledged', 'resolved'));
ALTER TABLE claim_codes
  ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  ADD CONSTRAINT claim_codes_status_listed CHECK (status IN ('active', 'claimed', 'expired'));
ALTER TABLE device_claiming_queue
  ALTER COLUMN mac_address SET NOT NULL,
  ALTER COLUMN expires_at SET NOT NULL,
  ALTER COLUMN created_at SET DEFAULT now(),
  ADD CONSTRAINT device_claiming_queue_mac_address_key UNIQUE (mac_address);
CREATE INDEX device_claiming_queue_expires_at ON device_claiming_queue (expires_at);
ALTER TABLE firmware_versions
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  ADD CONSTRAINT firmware_versions_type_listed CHECK (type IN ('firmware', 'filesystem'));

-- The first story --------------------------------------------------------------------------------------------------------

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
UPDATE tenants SET slug = CASE WHEN place = 1 THEN words || '-' || left(tenants.id::text, 8) ELSE left(words, 26) || '-' || tenants.id END
  FROM (
    SELECT id, words, row_number() OVER (PARTITION BY words, left(id::text, 8) ORDER BY id) AS place
    FROM tenants, coalesce(
      nullif(left(trim(BOTH '-' FROM lower(regexp_replace(name, '[^a-zA-Z0-9]+', '-', 'g'))), 50), ''), 'tenant'
    ) AS words
  ) AS named
  WHERE named.id = tenants.id;
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
  ADD CONSTRAINT user_tenant_memberships_role_listed
    CHECK (role IN ('viewer', 'operator', 'admin', 'owner', 'superadmin'));
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
UPDATE devices SET created_at = coalesce(claimed_at, now());
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
ALTER TABLE device_claiming_queue ALTER COLUMN created_at SET NOT NULL;
CREATE INDEX device_claiming_queue_open_ip ON device_claiming_queue (ip_address) WHERE claimed_at IS NULL;
CREATE INDEX device_claiming_queue_serial ON device_claiming_queue (serial_number);
CREATE INDEX device_claiming_queue_device ON device_claiming_queue (tenant_id, device_id);

-- A window that was claimed in time is kept for a day more: its trap may be slow to come back for its credentials.
-- Whatever it answered there, and whoever called it.
DROP FUNCTION IF EXISTS cleanup_expired_claiming_devices() CASCADE;
CREATE FUNCTION cleanup_expired_claiming_devices() RETURNS integer LANGUAGE plpgsql AS $$
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
  ALTER COLUMN triggered_at TYPE timestamptz USING triggered_at AT TIME ZONE 'UTC',
  ALTER COLUMN resolved_at TYPE timestamptz USING resolved_at AT TIME ZONE 'UTC',
  ADD COLUMN event_id uuid REFERENCES device_events (id) ON DELETE SET NULL,
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN acknowledged_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN resolved_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE device_alerts SET created_at = triggered_at;
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
  DROP COLUMN updated_at;

DROP TABLE device_events;

-- What 006 cannot hold: codes longer than eight characters, the role owner.
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
  DROP COLUMN updated_at;

DROP TABLE device_challenges;
DROP TABLE device_identities;
DROP TABLE sessions;

DROP TRIGGER user_tenant_memberships_updated ON user_tenant_memberships;
DROP INDEX user_tenant_memberships_tenant;
UPDATE user_tenant_memberships SET role = 'admin' WHERE role = 'owner';
ALTER TABLE user_tenant_memberships
  DROP CONSTRAINT user_tenant_memberships_role_listed,
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

-- The rows of the mousetrap days as they were, but for what was changed since.
SET LOCAL timezone = 'UTC';
ALTER TABLE devices DROP CONSTRAINT devices_tenant_id_fkey;
ALTER TABLE device_alerts DROP CONSTRAINT device_alerts_tenant_id_fkey, DROP CONSTRAINT device_alerts_status_listed;
ALTER TABLE claim_codes DROP CONSTRAINT claim_codes_tenant_id_fkey, DROP CONSTRAINT IF EXISTS claim_codes_status_listed;
ALTER TABLE firmware_versions
  DROP CONSTRAINT firmware_versions_tenant_id_fkey,
  DROP CONSTRAINT IF EXISTS firmware_versions_type_listed;
ALTER TABLE user_tenant_memberships
  DROP CONSTRAINT user_tenant_memberships_pkey,
  DROP CONSTRAINT user_tenant_memberships_user_id_fkey,
  DROP CONSTRAINT user_tenant_memberships_tenant_id_fkey,
  ALTER COLUMN user_id DROP NOT NULL,
  ALTER COLUMN tenant_id DROP NOT NULL;

DO $$
DECLARE
  one record;
  rule text;
BEGIN
  -- Nothing is remembered where an earlier text of this migration was applied.
  IF to_regclass('former_values') IS NOT NULL THEN
    FOR one IN
      SELECT DISTINCT f.table_name, f.column_name, format_type(a.atttypid, a.atttypmod) AS type,
        CASE f.table_name
          WHEN 'claim_codes' THEN 't.claim_code'
          WHEN 'user_tenant_memberships' THEN 't.user_id || '' '' || t.tenant_id'
          ELSE 't.id::text'
        END AS key
      FROM former_values AS f
        JOIN pg_attribute AS a ON a.attrelid = f.table_name::regclass AND a.attname = f.column_name AND NOT a.attisdropped
    LOOP
      EXECUTE format('UPDATE %1$I AS t SET %2$I = f.was::%3$s FROM former_values AS f '
        || 'WHERE f.table_name = %1$L AND f.column_name = %2$L AND f.row_key = %4$s AND to_jsonb(t.%2$I) #>> ''{}'' IS NOT DISTINCT FROM f.became',
        one.table_name, one.column_name, one.type, one.key);
    END LOOP;
    DELETE FROM devices AS d USING former_values AS f
      WHERE f.table_name = 'devices' AND f.column_name = '+' AND f.row_key = d.id::text
        AND NOT EXISTS (SELECT FROM device_alerts AS a WHERE a.device_id = d.id);
    INSERT INTO user_tenant_memberships (user_id, tenant_id, role, joined_at)
      SELECT row.user_id, row.tenant_id, row.role, row.joined_at
      FROM former_values AS f, jsonb_populate_record(NULL::user_tenant_memberships, f.was::jsonb) AS row
      WHERE f.table_name = 'user_tenant_memberships' AND f.column_name = '*';
    DROP TABLE former_values;
  END IF;

  -- 006 knows a device once. Of several rows the claimed one keeps the address, else the newest; the others get a mark behind it, and keep
  -- their alerts.
  UPDATE devices AS former SET mac_address = former.mac_address || '+' || replace(former.id::text, '-', '') WHERE EXISTS (
    SELECT FROM devices AS d
    WHERE d.mac_address = former.mac_address
      AND (d.tenant_id IS NOT NULL AND d.unclaimed_at IS NULL, d.tenant_id IS NOT NULL, coalesce(d.unclaimed_at, 'infinity'), d.id)
        > (former.tenant_id IS NOT NULL AND former.unclaimed_at IS NULL, former.tenant_id IS NOT NULL,
          coalesce(former.unclaimed_at, 'infinity'), former.id)
  );

  -- What the product did not keep to before, it does not have to keep to now.
  FOREACH rule IN ARRAY ARRAY[
    'devices ADD CONSTRAINT devices_mac_address_key UNIQUE (mac_address)',
    'devices ADD CONSTRAINT devices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)',
    'device_alerts ADD CONSTRAINT device_alerts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)',
    'device_alerts ADD CONSTRAINT device_alerts_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id) ON DELETE CASCADE',
    'device_alerts ADD CONSTRAINT device_alerts_status_listed CHECK (alert_status IN (''new'', ''acknowledged'', ''resolved''))',
    'claim_codes ADD CONSTRAINT claim_codes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)',
    'claim_codes ADD CONSTRAINT claim_codes_status_listed CHECK (status IN (''active'', ''claimed'', ''expired''))',
    'firmware_versions ADD CONSTRAINT firmware_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id)',
    'firmware_versions ADD CONSTRAINT firmware_versions_type_listed CHECK (type IN (''firmware'', ''filesystem''))',
    'user_tenant_memberships ADD CONSTRAINT user_tenant_memberships_pkey PRIMARY KEY (user_id, tenant_id)',
    'user_tenant_memberships ADD CONSTRAINT user_tenant_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE',
    'user_tenant_memberships ADD CONSTRAINT user_tenant_memberships_tenant_id_fkey '
      || 'FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE',
    'user_tenant_memberships ADD CONSTRAINT user_tenant_memberships_role_listed '
      || 'CHECK (role IN (''viewer'', ''operator'', ''admin'', ''superadmin''))'
  ] LOOP
    BEGIN
      EXECUTE 'ALTER TABLE ' || rule;
    EXCEPTION WHEN integrity_constraint_violation OR check_violation OR unique_violation OR foreign_key_violation OR not_null_violation THEN
      RAISE NOTICE 'left out, since rows of the mousetrap product do not keep to it: %', rule;
    END;
  END LOOP;
END;
$$;
