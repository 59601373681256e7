-- Devices with their place, their life and their properties; what a tenant has paid for; no password in clear any more.
-- What a row of the mousetrap days lacks is filled in, and former_values remembers what it was, for the way back to 006; but no clear password.

-- UP
-- Subscriptions --------------------------------------------------------------------------------------------------------

-- max_devices NULL: as many as they like. A tenant that never had a subscription is not limited: whoever runs Trapline for themselves buys
-- none. One that was canceled leaves what is free.
CREATE TABLE subscriptions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id uuid REFERENCES users (id) ON DELETE SET NULL,
  stripe_customer_id varchar(255),
  stripe_subscription_id varchar(255) UNIQUE,
  tier varchar(20) NOT NULL DEFAULT 'free'
    CONSTRAINT subscriptions_tier_listed CHECK (tier IN ('free', 'pro', 'business')),
  status varchar(20) NOT NULL DEFAULT 'active'
    CONSTRAINT subscriptions_status_listed CHECK (status IN ('active', 'past_due', 'canceled', 'trialing')),
  max_devices integer DEFAULT 2 CONSTRAINT subscriptions_max_devices_positive CHECK (max_devices >= 0),
  features jsonb NOT NULL DEFAULT '{}',
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  canceled_at timestamptz,
  trial_start timestamptz,
  trial_end timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX subscriptions_one_per_tenant ON subscriptions (tenant_id) WHERE status <> 'canceled';
CREATE INDEX subscriptions_tenant ON subscriptions (tenant_id);
CREATE INDEX subscriptions_stripe_customer ON subscriptions (stripe_customer_id);

-- What the payment provider told us, each event once, kept as it came.
CREATE TABLE billing_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
  provider varchar(20) NOT NULL DEFAULT 'stripe'
    CONSTRAINT billing_events_provider_listed CHECK (provider IN ('stripe')),
  event_id varchar(255) NOT NULL,
  type varchar(100) NOT NULL,
  payload jsonb NOT NULL,
  processed_at timestamptz,
  error_message text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, event_id)
);
CREATE INDEX billing_events_tenant ON billing_events (tenant_id, created_at DESC);
CREATE INDEX billing_events_waiting ON billing_events (created_at) WHERE processed_at IS NULL;

-- Devices --------------------------------------------------------------------------------------------------------------

ALTER TABLE devices
  DROP CONSTRAINT devices_whole,
  DROP CONSTRAINT devices_kind_listed,
  ADD CONSTRAINT devices_kind_listed
    CHECK (kind IN ('live-catch', 'snap', 'bait-station', 'monitor', 'gateway', 'sensor', 'switch')),
  ADD COLUMN status varchar(20) NOT NULL DEFAULT 'offline'
    CONSTRAINT devices_status_listed CHECK (status IN ('online', 'offline', 'maintenance', 'error', 'decommissioned')),
  ADD COLUMN site_id uuid,
  ADD COLUMN place varchar(200),
  ADD COLUMN description text,
  ADD COLUMN manufacturer varchar(100) NOT NULL DEFAULT 'Trapline',
  ADD COLUMN model varchar(100),
  ADD COLUMN claimed_by uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN last_state_change timestamptz,
  ADD COLUMN alexa_endpoint_id varchar(255),
  ADD COLUMN alexa_display_categories text[] NOT NULL DEFAULT '{}',
  ADD COLUMN alexa_capabilities jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN ifttt_device_id varchar(255),
  ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN is_active boolean NOT NULL DEFAULT true,
  ADD COLUMN deleted_at timestamptz,
  ADD CONSTRAINT devices_site FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id)
    ON DELETE SET NULL (site_id);

-- A device nobody had claimed would stand in the way of whoever claims it now; 007 has seen to it, but for its earlier texts.
INSERT INTO former_values (table_name, row_key, column_name, was, became)
  SELECT 'devices', id, 'unclaimed_at', NULL, to_jsonb(now() AT TIME ZONE 'UTC') #>> '{}' FROM devices WHERE tenant_id IS NULL AND unclaimed_at IS NULL
  UNION ALL SELECT 'devices', id, 'mac_address', NULL, 'unknown-' || id FROM devices WHERE tenant_id IS NOT NULL AND mac_address IS NULL
  ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET became = excluded.became;
UPDATE devices SET unclaimed_at = now() WHERE tenant_id IS NULL AND unclaimed_at IS NULL;
UPDATE devices SET mac_address = 'unknown-' || id WHERE tenant_id IS NOT NULL AND mac_address IS NULL;

-- Whoever has its password keeps it: what stands in clear is hashed as it stands, and the hashes that brokers of the old days made stay until
-- the device's next log-in (claiming/old-passwords.ts knows the same forms). What only begins like a hash is a password.
CREATE TEMP TABLE old_passwords ON COMMIT DROP AS
  SELECT id, CASE WHEN is_hash OR mqtt_password = '' THEN mqtt_password END AS was, CASE
      WHEN mqtt_password_plain <> '' THEN 'sha256:' || encode(sha256(convert_to(mqtt_password_plain, 'UTF8')), 'hex')
      WHEN mqtt_password = '' THEN NULL
      WHEN is_hash THEN mqtt_password
      ELSE 'sha256:' || encode(sha256(convert_to(mqtt_password, 'UTF8')), 'hex')
    END AS became
  FROM devices, coalesce(mqtt_password ~ ('^(sha256:[0-9a-f]{64}|\$2[aby]?\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}'
    || '|\$6\$[+/A-Za-z0-9]+=*\$[+/A-Za-z0-9]{86}==|\$7\$[0-9]{1,8}\$[+/A-Za-z0-9]+=*\$[+/A-Za-z0-9]{86}==)$'), false) AS is_hash;
INSERT INTO former_values (table_name, row_key, column_name, was, became)
  SELECT 'devices', id, 'mqtt_password', was, became FROM old_passwords WHERE was IS DISTINCT FROM became AND was IS NOT NULL
  ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET was = excluded.was, became = excluded.became;
UPDATE devices SET mqtt_password = became FROM old_passwords WHERE old_passwords.id = devices.id AND mqtt_password IS DISTINCT FROM became;
UPDATE devices SET credentials_confirmed_at = coalesce(claimed_at, created_at)
  WHERE tenant_id IS NOT NULL AND unclaimed_at IS NULL AND serial_number IS NULL AND mqtt_password IS NOT NULL
    AND credentials_confirmed_at IS NULL;
UPDATE devices SET
  alexa_endpoint_id = 'trapline-' || id,
  ifttt_device_id = 'trapline_' || replace(id::text, '-', ''),
  status = CASE WHEN unclaimed_at IS NOT NULL THEN 'decommissioned' WHEN online THEN 'online' ELSE 'offline' END;

ALTER TABLE devices
  DROP COLUMN mqtt_password_plain,
  ALTER COLUMN alexa_endpoint_id SET NOT NULL,
  ALTER COLUMN ifttt_device_id SET NOT NULL,
  ADD CONSTRAINT devices_alexa_endpoint_id_key UNIQUE (alexa_endpoint_id),
  ADD CONSTRAINT devices_ifttt_device_id_key UNIQUE (ifttt_device_id),
  ADD CONSTRAINT devices_whole CHECK (tenant_id IS NOT NULL AND mac_address IS NOT NULL) NOT VALID;
-- Writes the table anew: what was dropped or replaced would lie in its pages, and in its statistics, for long.
ALTER TABLE devices ALTER COLUMN mqtt_password TYPE varchar USING mqtt_password || '';
CREATE INDEX devices_site_devices ON devices (tenant_id, site_id);
CREATE INDEX devices_mac_address_released ON devices (mac_address) WHERE unclaimed_at IS NOT NULL;

CREATE FUNCTION set_device_names_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.alexa_endpoint_id := coalesce(NEW.alexa_endpoint_id, 'trapline-' || NEW.id);
  NEW.ifttt_device_id := coalesce(NEW.ifttt_device_id, 'trapline_' || replace(NEW.id::text, '-', ''));
  RETURN NEW;
END;
$$;

-- A person puts a device into maintenance or marks an error, and that stays; otherwise the status follows what is known of the device.
CREATE FUNCTION set_device_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.unclaimed_at IS NOT NULL OR NOT NEW.is_active THEN
    NEW.status := 'decommissioned';
  ELSIF NEW.status IN ('online', 'offline') OR (TG_OP = 'UPDATE' AND OLD.status = 'decommissioned') THEN
    NEW.status := CASE WHEN NEW.online THEN 'online' ELSE 'offline' END;
  END IF;
  IF TG_OP = 'INSERT' OR NEW.trap_state IS DISTINCT FROM OLD.trap_state THEN
    NEW.last_state_change := now();
  END IF;
  RETURN NEW;
END;
$$;

-- Runs as the owner: whoever claims need not be able to read subscriptions. The subscription's row is locked, so that two claims at once
-- cannot both take the last place.
CREATE FUNCTION check_device_limit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  most integer;
BEGIN
  SELECT CASE WHEN status = 'canceled' THEN least(max_devices, 2) ELSE max_devices END INTO most FROM public.subscriptions
    WHERE tenant_id = NEW.tenant_id ORDER BY status = 'canceled', created_at DESC LIMIT 1 FOR UPDATE;
  IF most IS NOT NULL AND most <= (
    SELECT count(*) FROM public.devices WHERE tenant_id = NEW.tenant_id AND unclaimed_at IS NULL AND id <> NEW.id
  ) THEN
    RAISE EXCEPTION 'the plan allows % devices', most USING ERRCODE = 'TL001', CONSTRAINT = 'devices_limit', TABLE = 'devices';
  END IF;
  RETURN NEW;
END;
$$;

-- A trap that was released is claimed anew, by a row of its own: the old one is its old tenant's past, and the trap may be another's by now.
CREATE FUNCTION refuse_taking_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a released device is claimed anew' USING ERRCODE = 'TL003', CONSTRAINT = 'devices_released', TABLE = 'devices';
END;
$$;

CREATE TRIGGER devices_names_elsewhere BEFORE INSERT ON devices FOR EACH ROW EXECUTE FUNCTION set_device_names_elsewhere();
CREATE TRIGGER devices_status BEFORE INSERT OR UPDATE OF online, status, unclaimed_at, is_active, trap_state ON devices
  FOR EACH ROW EXECUTE FUNCTION set_device_status();
CREATE TRIGGER devices_limit_insert BEFORE INSERT ON devices
  FOR EACH ROW WHEN (NEW.unclaimed_at IS NULL) EXECUTE FUNCTION check_device_limit();
CREATE TRIGGER devices_limit_update BEFORE UPDATE OF tenant_id ON devices
  FOR EACH ROW WHEN (NEW.unclaimed_at IS NULL AND NEW.tenant_id IS DISTINCT FROM OLD.tenant_id) EXECUTE FUNCTION check_device_limit();
CREATE TRIGGER devices_released BEFORE UPDATE OF unclaimed_at ON devices
  FOR EACH ROW WHEN (NEW.unclaimed_at IS NULL AND OLD.unclaimed_at IS NOT NULL) EXECUTE FUNCTION refuse_taking_back();
CREATE TRIGGER devices_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON devices
  FOR EACH ROW EXECUTE FUNCTION set_deleted_at();

-- Properties -------------------------------------------------------------------------------------------------------------

CREATE TABLE device_properties (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  name varchar(100) NOT NULL,
  value text,
  data_type varchar(10) NOT NULL
    CONSTRAINT device_properties_data_type_listed CHECK (data_type IN ('boolean', 'integer', 'float', 'string')),
  unit varchar(50),
  min_value numeric,
  max_value numeric,
  allowed_values text[],
  alexa_interface varchar(100),
  alexa_property_name varchar(100),
  last_changed_by varchar(20) NOT NULL DEFAULT 'device'
    CONSTRAINT device_properties_last_changed_by_listed
    CHECK (last_changed_by IN ('device', 'web', 'api', 'alexa', 'ifttt', 'system')),
  last_changed_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, device_id, name),
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT device_properties_value_typed CHECK (value IS NULL OR CASE data_type
      WHEN 'boolean' THEN value IN ('true', 'false')
      WHEN 'integer' THEN value ~ '^-?[0-9]{1,18}$'
      WHEN 'float' THEN value ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$'
      ELSE true
    END),
  CONSTRAINT device_properties_value_bounded CHECK (
    CASE WHEN data_type IN ('integer', 'float') AND value ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$'
      THEN value::numeric >= coalesce(min_value, value::numeric) AND value::numeric <= coalesce(max_value, value::numeric)
      ELSE true
    END
  ),
  CONSTRAINT device_properties_value_allowed CHECK (value IS NULL OR allowed_values IS NULL OR value = ANY (allowed_values))
);

CREATE FUNCTION set_last_changed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.last_changed_at := now();
  RETURN NEW;
END;
$$;

-- Delivered on commit, to whoever listens. A notice takes less than 8000 bytes: values that are too long are left out, and fetched.
CREATE FUNCTION notify_property_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  notice jsonb := jsonb_build_object(
    'tenant_id', NEW.tenant_id, 'device_id', NEW.device_id, 'property_name', NEW.name, 'data_type', NEW.data_type,
    'changed_by', NEW.last_changed_by, 'changed_at', NEW.last_changed_at
  );
  whole jsonb := notice || jsonb_build_object(
    'old_value', CASE WHEN TG_OP = 'UPDATE' THEN OLD.value END, 'new_value', NEW.value
  );
BEGIN
  PERFORM pg_notify('property_changes', (CASE WHEN octet_length(whole::text) <= 7500 THEN whole ELSE notice END)::text);
  RETURN NULL;
END;
$$;

CREATE TRIGGER device_properties_changed BEFORE UPDATE ON device_properties
  FOR EACH ROW WHEN (OLD.value IS DISTINCT FROM NEW.value) EXECUTE FUNCTION set_last_changed_at();
CREATE TRIGGER device_properties_inserted_notice AFTER INSERT ON device_properties
  FOR EACH ROW WHEN (NEW.value IS NOT NULL) EXECUTE FUNCTION notify_property_change();
CREATE TRIGGER device_properties_changed_notice AFTER UPDATE ON device_properties
  FOR EACH ROW WHEN (OLD.value IS DISTINCT FROM NEW.value) EXECUTE FUNCTION notify_property_change();

-- What the first story left without times of its own.
ALTER TABLE device_identities
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE device_identities SET created_at = registered_at;
ALTER TABLE device_sessions
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
UPDATE device_sessions SET created_at = connected_at;
-- The key begins with the device and finds its past; asked for by the tenant is only what is open, of however long a past.
DROP INDEX device_sessions_tenant;
CREATE INDEX device_sessions_current ON device_sessions (tenant_id, device_id) WHERE ended_at IS NULL;
ALTER TABLE device_commands ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX device_commands_newest ON device_commands (tenant_id, device_id, id DESC);
CREATE INDEX claim_codes_device_codes ON claim_codes (tenant_id, claimed_by_device_id);
CREATE INDEX claim_codes_active ON claim_codes (tenant_id, expires_at) WHERE status = 'active';
CREATE INDEX claim_codes_expiring ON claim_codes (expires_at) WHERE status = 'active';

CREATE TRIGGER subscriptions_updated BEFORE UPDATE ON subscriptions FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER billing_events_updated BEFORE UPDATE ON billing_events FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_properties_updated BEFORE UPDATE ON device_properties
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_identities_updated BEFORE UPDATE ON device_identities
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_sessions_updated BEFORE UPDATE ON device_sessions FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER device_commands_updated BEFORE UPDATE ON device_commands FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- DOWN
DROP TRIGGER device_commands_updated ON device_commands;
DROP TRIGGER device_sessions_updated ON device_sessions;
DROP TRIGGER device_identities_updated ON device_identities;
DROP INDEX claim_codes_device_codes;
DROP INDEX claim_codes_active;
DROP INDEX claim_codes_expiring;
DROP INDEX device_commands_newest;
ALTER TABLE device_commands DROP COLUMN updated_at;
DROP INDEX device_sessions_current;
CREATE INDEX device_sessions_tenant ON device_sessions (tenant_id, device_id);
ALTER TABLE device_sessions DROP COLUMN created_at, DROP COLUMN updated_at;
ALTER TABLE device_identities DROP COLUMN created_at, DROP COLUMN updated_at;

DROP TABLE device_properties;
DROP FUNCTION notify_property_change();
DROP FUNCTION set_last_changed_at();

DROP TRIGGER devices_deleted ON devices;
DROP TRIGGER devices_released ON devices;
DROP TRIGGER devices_limit_update ON devices;
DROP TRIGGER devices_limit_insert ON devices;
DROP TRIGGER devices_status ON devices;
DROP TRIGGER devices_names_elsewhere ON devices;
DROP FUNCTION refuse_taking_back();
DROP FUNCTION check_device_limit();
DROP FUNCTION set_device_status();
DROP FUNCTION set_device_names_elsewhere();
DROP INDEX devices_site_devices;
DROP INDEX devices_mac_address_released;

-- The version below knows traps only.
ALTER TABLE devices DROP CONSTRAINT devices_whole;
UPDATE devices SET kind = 'monitor' WHERE kind IN ('gateway', 'sensor', 'switch');
ALTER TABLE devices
  DROP CONSTRAINT devices_kind_listed,
  ADD CONSTRAINT devices_kind_listed CHECK (kind IN ('live-catch', 'snap', 'bait-station', 'monitor')),
  ADD CONSTRAINT devices_whole CHECK (tenant_id IS NOT NULL AND mac_address IS NOT NULL) NOT VALID,
  ADD COLUMN mqtt_password_plain varchar,
  DROP COLUMN status,
  DROP COLUMN site_id,
  DROP COLUMN place,
  DROP COLUMN description,
  DROP COLUMN manufacturer,
  DROP COLUMN model,
  DROP COLUMN claimed_by,
  DROP COLUMN last_state_change,
  DROP COLUMN alexa_endpoint_id,
  DROP COLUMN alexa_display_categories,
  DROP COLUMN alexa_capabilities,
  DROP COLUMN ifttt_device_id,
  DROP COLUMN metadata,
  DROP COLUMN is_active,
  DROP COLUMN deleted_at;

DROP TABLE billing_events;
DROP TABLE subscriptions;
