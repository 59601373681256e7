-- Logs by month: what devices said, what people did, what happened. Each is a table of partitions, made ahead and dropped by retention.
-- What no month fits lies in the default partition: an event is never lost because a partition is missing.
-- A unique key of a partitioned table has to hold its month, so that an event is unique in device_event_keys, for as long as the keys are
-- kept, and belongs to exactly one key by its foreign key and by being unique itself.

-- UP
-- Nobody changes a log; time takes it away by the month.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'TL002', TABLE = TG_TABLE_NAME;
END;
$$;

-- Events -------------------------------------------------------------------------------------------------------------

-- An event goes with its month, and is no longer looked for behind its alert.
ALTER TABLE device_alerts DROP CONSTRAINT device_alerts_event_id_fkey;
DROP INDEX device_alerts_event;

CREATE TABLE device_event_keys (
  device_id uuid NOT NULL,
  boot_id char(16) NOT NULL,
  sequence bigint NOT NULL,
  tenant_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (device_id, boot_id, sequence),
  UNIQUE (device_id, boot_id, sequence, received_at),
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX device_event_keys_received_at ON device_event_keys (received_at);

INSERT INTO device_event_keys (device_id, boot_id, sequence, tenant_id, received_at)
  SELECT device_id, boot_id, sequence, tenant_id, received_at FROM device_events;

ALTER TABLE device_events RENAME TO device_events_whole;
ALTER TABLE device_events_whole RENAME CONSTRAINT device_events_pkey TO device_events_whole_pkey;
ALTER TABLE device_events_whole RENAME CONSTRAINT device_events_device_id_boot_id_sequence_key TO device_events_whole_key;
ALTER TABLE device_events_whole RENAME CONSTRAINT device_events_tenant_id_device_id_fkey TO device_events_whole_fkey;
ALTER INDEX device_events_newest RENAME TO device_events_whole_newest;

CREATE TABLE device_events (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
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
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, received_at),
  UNIQUE (device_id, boot_id, sequence, received_at),
  FOREIGN KEY (device_id, boot_id, sequence, received_at)
    REFERENCES device_event_keys (device_id, boot_id, sequence, received_at) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT device_events_interval CHECK (occurred_earliest <= occurred_latest)
) PARTITION BY RANGE (received_at);
CREATE TABLE device_events_default PARTITION OF device_events DEFAULT;
CREATE INDEX device_events_newest ON device_events (tenant_id, device_id, received_at DESC);

INSERT INTO device_events (id, tenant_id, device_id, boot_id, sequence, kind, value, age_ms, exact, received_at, occurred_earliest,
    occurred_latest, created_at)
  SELECT id, tenant_id, device_id, boot_id, sequence, kind, value, age_ms, exact, received_at, occurred_earliest, occurred_latest,
    received_at
  FROM device_events_whole;
DROP TABLE device_events_whole;
CREATE TRIGGER device_events_append_only BEFORE UPDATE ON device_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who did what, and what happened ------------------------------------------------------------------------------------------

-- Keeps its rows when what they speak of is gone: ids without foreign keys. tenant_id NULL: nobody's in particular, such as a failed log-in.
CREATE TABLE audit_logs (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  tenant_id uuid,
  user_id uuid,
  action varchar(50) NOT NULL
    CONSTRAINT audit_logs_action_listed CHECK (action IN ('create', 'read', 'update', 'delete', 'login', 'logout', 'register', 'invite',
      'claim', 'release', 'acknowledge', 'resolve', 'command', 'configure', 'publish', 'rollout', 'export', 'import')),
  resource_type varchar(100) NOT NULL,
  resource_id text,
  old_values jsonb,
  new_values jsonb,
  details jsonb NOT NULL DEFAULT '{}',
  result varchar(20) NOT NULL DEFAULT 'success'
    CONSTRAINT audit_logs_result_listed CHECK (result IN ('success', 'denied', 'failure')),
  error_message text,
  ip_address inet,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;
CREATE INDEX audit_logs_newest ON audit_logs (tenant_id, created_at DESC);
CREATE INDEX audit_logs_resource ON audit_logs (tenant_id, resource_type, resource_id, created_at DESC);
CREATE INDEX audit_logs_user ON audit_logs (tenant_id, user_id, created_at DESC);
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE activity_logs (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id uuid,
  device_id uuid,
  action varchar(50) NOT NULL
    CONSTRAINT activity_logs_action_listed CHECK (action IN ('device_created', 'device_updated', 'device_deleted', 'device_online',
      'device_offline', 'property_changed', 'alert_raised', 'alert_answered', 'firmware_updated', 'user_login', 'user_logout',
      'subscription_created', 'subscription_updated', 'alexa_command', 'ifttt_trigger', 'ifttt_action', 'webhook_delivered')),
  details jsonb NOT NULL DEFAULT '{}',
  source varchar(20)
    CONSTRAINT activity_logs_source_listed CHECK (source IN ('device', 'web', 'api', 'alexa', 'ifttt', 'system')),
  ip_address inet,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE activity_logs_default PARTITION OF activity_logs DEFAULT;
CREATE INDEX activity_logs_newest ON activity_logs (tenant_id, created_at DESC);
CREATE INDEX activity_logs_device ON activity_logs (tenant_id, device_id, created_at DESC);
CREATE TRIGGER activity_logs_append_only BEFORE UPDATE ON activity_logs FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Months -----------------------------------------------------------------------------------------------------------------

-- The logs and the column their months are counted by.
CREATE FUNCTION list_logs_by_month() RETURNS TABLE (log text, moment text) LANGUAGE sql IMMUTABLE AS $$
  VALUES ('device_events', 'received_at'), ('audit_logs', 'created_at'), ('activity_logs', 'created_at');
$$;

-- Makes one month's partition, with its own wall: nobody but the owner reads a partition by its name. What lay in the default partition
-- moves over. Months are those of UTC. False: it is there already.
CREATE FUNCTION create_partition(log text, moment text, month timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' SET timezone = 'UTC' AS $$
DECLARE
  first_moment timestamptz := date_trunc('month', month);
  end_moment timestamptz := date_trunc('month', month) + interval '1 month';
  partition_name text := format('%s_%s', log, to_char(month, 'YYYY_MM'));
  has_strays boolean;
BEGIN
  IF to_regclass('public.' || quote_ident(partition_name)) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE %I >= %L AND %I < %L)', log || '_default', moment, first_moment, moment,
    end_moment) INTO has_strays;
  IF has_strays THEN
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', log, log || '_default');
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', partition_name, log, first_moment,
    end_moment);
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition_name);
  EXECUTE format('CREATE POLICY owner_all ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', partition_name);
  IF has_strays THEN
    EXECUTE format('INSERT INTO public.%I SELECT * FROM public.%I WHERE %I >= %L AND %I < %L', partition_name, log || '_default', moment,
      first_moment, moment, end_moment);
    EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', log || '_default');
    EXECUTE format('DELETE FROM public.%I WHERE %I >= %L AND %I < %L', log || '_default', moment, first_moment, moment, end_moment);
    EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER USER', log || '_default');
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I DEFAULT', log, log || '_default');
  END IF;
  RETURN true;
END;
$$;

-- The partitions of this month and the next ones, and of every month that lies in a default partition. Several at once come one after
-- the other. The answer: how many were made.
CREATE FUNCTION ensure_partitions(months_ahead integer DEFAULT 3) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  made integer := 0;
  one record;
  months timestamptz[];
  month timestamptz;
BEGIN
  IF months_ahead IS NULL OR months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'partitions are made 0 to 24 months ahead, not %', months_ahead USING ERRCODE = '22023';
  END IF;
  PERFORM pg_advisory_xact_lock(7472617003);
  FOR one IN SELECT log, moment FROM public.list_logs_by_month() LOOP
    -- All of them first: a table that is still being read cannot be altered.
    EXECUTE format(
      'SELECT array(SELECT generate_series(date_trunc(''month'', now()), now() + make_interval(months => $1), ''1 month'') '
        || 'UNION SELECT date_trunc(''month'', %I) FROM public.%I ORDER BY 1)', one.moment, one.log || '_default')
      INTO months USING months_ahead;
    FOREACH month IN ARRAY months LOOP
      made := made + public.create_partition(one.log, one.moment, month)::integer;
    END LOOP;
  END LOOP;
  RETURN made;
END;
$$;

-- Drops the partitions of a log that end at or before a moment, and what is older in its default partition. The answer: their names.
-- The last two months are never dropped, whoever asks. The keys of the events stay: delete_event_keys.
CREATE FUNCTION drop_partitions(log_name text, ended_by timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' SET timezone = 'UTC' AS $$
DECLARE
  moment_name text;
  one record;
BEGIN
  SELECT moment INTO moment_name FROM public.list_logs_by_month() WHERE log = log_name;
  IF NOT FOUND OR ended_by IS NULL OR ended_by > date_trunc('month', now()) - interval '1 month' THEN
    RAISE EXCEPTION 'no log of that name, or months that are too young to be dropped: % %', log_name, ended_by
      USING ERRCODE = '22023';
  END IF;
  PERFORM pg_advisory_xact_lock(7472617003);
  FOR one IN
    SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = ('public.' || quote_ident(log_name))::regclass AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
      AND to_date(right(child.relname, 7), 'YYYY_MM')::timestamptz + interval '1 month' <= ended_by
    ORDER BY child.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', one.relname);
    RETURN NEXT one.relname;
  END LOOP;
  EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER USER', log_name || '_default');
  EXECUTE format('DELETE FROM public.%I WHERE %I < %L', log_name || '_default', moment_name, ended_by);
  EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER USER', log_name || '_default');
END;
$$;

-- Deletes keys of events received before a moment, so many at most; the answer is how many. Row by row they take longer than nobody may
-- write events for, which nobody may while a month is being dropped: so they go afterwards, a few at a time. As drop_partitions refuses.
CREATE FUNCTION delete_event_keys(ended_by timestamptz, count_max integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  deleted integer;
BEGIN
  IF ended_by IS NULL OR count_max IS NULL OR ended_by > date_trunc('month', now()) - interval '1 month' THEN
    RAISE EXCEPTION 'no number of keys, or keys that are too young to be deleted: % %', count_max, ended_by USING ERRCODE = '22023';
  END IF;
  DELETE FROM public.device_event_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM public.device_event_keys WHERE received_at < ended_by ORDER BY received_at LIMIT count_max
  ));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END;
$$;

REVOKE ALL ON FUNCTION create_partition(text, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION ensure_partitions(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_partitions(text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION delete_event_keys(timestamptz, integer) FROM PUBLIC;

-- DOWN
DROP FUNCTION delete_event_keys(timestamptz, integer);
DROP FUNCTION drop_partitions(text, timestamptz);
DROP FUNCTION ensure_partitions(integer);
DROP FUNCTION create_partition(text, text, timestamptz);
DROP FUNCTION list_logs_by_month();
DROP TABLE activity_logs;
DROP TABLE audit_logs;

CREATE TEMP TABLE kept_events ON COMMIT DROP AS
  SELECT id, tenant_id, device_id, boot_id, sequence, kind, value, age_ms, exact, received_at, occurred_earliest, occurred_latest
  FROM device_events;
DROP TABLE device_events;
DROP TABLE device_event_keys;
DROP FUNCTION refuse_change();
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
INSERT INTO device_events SELECT * FROM kept_events;
CREATE INDEX device_events_newest ON device_events (tenant_id, device_id, received_at DESC);

UPDATE device_alerts SET event_id = NULL
  WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM device_events WHERE device_events.id = device_alerts.event_id);
ALTER TABLE device_alerts ADD FOREIGN KEY (event_id) REFERENCES device_events (id) ON DELETE SET NULL;
CREATE INDEX device_alerts_event ON device_alerts (event_id);
