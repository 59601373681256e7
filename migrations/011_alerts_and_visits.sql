-- Alerts that escalate, and the visits they lead to: a sprung trap opens a task in the transaction of its alert, and an alert that is
-- settled ends it. Words of the mousetrap days become ours; details -> 'mousetrap' shows them, and remembers them for the way back.

-- UP
ALTER TABLE device_alerts
  DROP CONSTRAINT device_alerts_whole,
  DROP CONSTRAINT device_alerts_type_listed,
  DROP CONSTRAINT device_alerts_severity_listed,
  ADD COLUMN escalation_level integer NOT NULL DEFAULT 0
    CONSTRAINT device_alerts_escalation_level_positive CHECK (escalation_level >= 0),
  ADD COLUMN escalated_at timestamptz,
  ADD COLUMN next_escalation_at timestamptz,
  ADD COLUMN details jsonb NOT NULL DEFAULT '{}',
  ADD CONSTRAINT device_alerts_tenant_id_id_key UNIQUE (tenant_id, id);

-- The index on open alerts is per type, and several words of the old days mean one of ours.
DROP INDEX device_alerts_one_open;
UPDATE device_alerts SET
  alert_type = CASE
      WHEN alert_type IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline') THEN alert_type
      WHEN alert_type ~* 'batter' THEN 'battery-low'
      WHEN alert_type ~* '(off.?line|disconnect|lost)' THEN 'offline'
      WHEN alert_type ~* 'sensor' THEN 'sensor-fault'
      WHEN alert_type ~* '(error|fault|fail)' THEN 'fault'
      WHEN alert_type ~* '(trigger|spr[iua]ng|catch|caught|trap|mouse)' THEN 'sprung'
      ELSE 'fault'
    END,
  severity = CASE
      WHEN severity IN ('info', 'warning', 'critical') THEN severity
      WHEN severity ~* '(high|crit|urgent|emerg|severe|fatal)' THEN 'critical'
      WHEN severity ~* '(low|info|debug|notice)' THEN 'info'
      ELSE 'warning'
    END,
  details = jsonb_build_object('mousetrap', jsonb_build_object('alert_type', alert_type, 'severity', severity))
  WHERE alert_type IS NULL OR alert_type NOT IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline')
    OR severity IS NULL OR severity NOT IN ('info', 'warning', 'critical');
-- Where they do, the newest stays open.
CREATE TEMP TABLE superseded_alerts ON COMMIT DROP AS
  SELECT id, alert_status, resolved_at AT TIME ZONE 'UTC' AS was, coalesce(resolved_at, now()) AT TIME ZONE 'UTC' AS became
  FROM device_alerts AS older
  WHERE alert_status <> 'resolved' AND EXISTS (
    SELECT FROM device_alerts AS newer
    WHERE newer.device_id = older.device_id AND newer.alert_type = older.alert_type AND newer.alert_status <> 'resolved'
      AND (newer.triggered_at, newer.id) > (older.triggered_at, older.id)
  );
INSERT INTO former_values (table_name, row_key, column_name, was, became)
  SELECT 'device_alerts', id, 'alert_status', alert_status, 'resolved' FROM superseded_alerts
  UNION ALL SELECT 'device_alerts', id, 'resolved_at', to_jsonb(was) #>> '{}', to_jsonb(became) #>> '{}' FROM superseded_alerts
  ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET became = excluded.became;
UPDATE device_alerts SET alert_status = 'resolved', resolved_at = became AT TIME ZONE 'UTC' FROM superseded_alerts
  WHERE superseded_alerts.id = device_alerts.id;
ALTER TABLE device_alerts
  ALTER COLUMN alert_type SET NOT NULL,
  ALTER COLUMN severity SET NOT NULL,
  ADD CONSTRAINT device_alerts_whole CHECK (tenant_id IS NOT NULL AND device_id IS NOT NULL) NOT VALID,
  ADD CONSTRAINT device_alerts_type_listed
    CHECK (alert_type IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline')),
  ADD CONSTRAINT device_alerts_severity_listed CHECK (severity IN ('info', 'warning', 'critical'));
CREATE UNIQUE INDEX device_alerts_one_open ON device_alerts (device_id, alert_type) WHERE alert_status <> 'resolved';
-- Lists go by the moment an alert was made; that of what caused it can be long before.
DROP INDEX device_alerts_newest;
CREATE INDEX device_alerts_created ON device_alerts (tenant_id, created_at DESC, id DESC);
CREATE INDEX device_alerts_open ON device_alerts (tenant_id, created_at DESC, id DESC) WHERE alert_status <> 'resolved';
CREATE INDEX device_alerts_device_alerts ON device_alerts (tenant_id, device_id, created_at DESC);
CREATE INDEX device_alerts_escalating ON device_alerts (next_escalation_at) WHERE alert_status = 'new';

CREATE TABLE tasks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  title varchar(255) NOT NULL,
  description text,
  priority varchar(10) NOT NULL DEFAULT 'medium'
    CONSTRAINT tasks_priority_listed CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
  status varchar(20) NOT NULL DEFAULT 'open'
    CONSTRAINT tasks_status_listed CHECK (status IN ('open', 'assigned', 'in_progress', 'done', 'cancelled')),
  due_date timestamptz,
  assignee_id uuid,
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  site_id uuid,
  device_id uuid,
  alert_id uuid,
  completed_at timestamptz,
  completed_by uuid REFERENCES users (id) ON DELETE SET NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  is_active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, alert_id),
  CONSTRAINT tasks_assignee FOREIGN KEY (tenant_id, assignee_id) REFERENCES user_tenant_memberships (tenant_id, user_id)
    ON DELETE SET NULL (assignee_id),
  CONSTRAINT tasks_site FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id) ON DELETE SET NULL (site_id),
  CONSTRAINT tasks_device FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
    ON DELETE SET NULL (device_id),
  CONSTRAINT tasks_alert FOREIGN KEY (tenant_id, alert_id) REFERENCES device_alerts (tenant_id, id)
    ON DELETE SET NULL (alert_id),
  CONSTRAINT tasks_completed_whole CHECK ((status IN ('done', 'cancelled')) = (completed_at IS NOT NULL))
);
CREATE INDEX tasks_open ON tasks (tenant_id, due_date) WHERE status NOT IN ('done', 'cancelled') AND is_active;
CREATE INDEX tasks_assignee_tasks ON tasks (tenant_id, assignee_id, due_date);
CREATE INDEX tasks_device_tasks ON tasks (tenant_id, device_id);
CREATE INDEX tasks_site_tasks ON tasks (tenant_id, site_id);

-- Both run as the owner: what raises alerts need not be able to write tasks. They touch the alert's own tenant alone.
CREATE FUNCTION open_visit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.tasks (tenant_id, title, priority, due_date, site_id, device_id, alert_id)
    SELECT d.tenant_id, left('Visit ' || d.name, 255), CASE d.kind WHEN 'live-catch' THEN 'urgent' ELSE 'high' END,
      NEW.triggered_at + CASE d.kind WHEN 'live-catch' THEN interval '1 hour' ELSE interval '1 day' END, d.site_id, d.id, NEW.id
    FROM public.devices AS d WHERE d.tenant_id = NEW.tenant_id AND d.id = NEW.device_id
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END;
$$;

CREATE FUNCTION close_visit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.tasks SET status = 'done', completed_at = coalesce(NEW.resolved_at, now()), completed_by = NEW.resolved_by
    WHERE tenant_id = NEW.tenant_id AND alert_id = NEW.id AND status NOT IN ('done', 'cancelled');
  RETURN NULL;
END;
$$;

CREATE TRIGGER device_alerts_open_visit AFTER INSERT ON device_alerts
  FOR EACH ROW WHEN (NEW.alert_type = 'sprung' AND NEW.alert_status <> 'resolved') EXECUTE FUNCTION open_visit();
CREATE TRIGGER device_alerts_close_visit AFTER UPDATE OF alert_status ON device_alerts
  FOR EACH ROW WHEN (NEW.alert_status = 'resolved' AND OLD.alert_status <> 'resolved') EXECUTE FUNCTION close_visit();
CREATE TRIGGER tasks_updated BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER tasks_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON tasks FOR EACH ROW EXECUTE FUNCTION set_deleted_at();

-- DOWN
DROP TRIGGER device_alerts_close_visit ON device_alerts;
DROP TRIGGER device_alerts_open_visit ON device_alerts;
DROP FUNCTION close_visit();
DROP FUNCTION open_visit();
DROP TABLE tasks;

DROP INDEX device_alerts_one_open;
DROP INDEX device_alerts_created;
DROP INDEX device_alerts_open;
CREATE INDEX device_alerts_newest ON device_alerts (tenant_id, triggered_at DESC);
DROP INDEX device_alerts_device_alerts;
DROP INDEX device_alerts_escalating;
ALTER TABLE device_alerts
  DROP CONSTRAINT device_alerts_whole,
  DROP CONSTRAINT device_alerts_type_listed,
  DROP CONSTRAINT device_alerts_severity_listed,
  DROP CONSTRAINT device_alerts_tenant_id_id_key,
  ALTER COLUMN alert_type DROP NOT NULL,
  ALTER COLUMN severity DROP NOT NULL;
UPDATE device_alerts SET
  alert_type = details -> 'mousetrap' ->> 'alert_type',
  severity = details -> 'mousetrap' ->> 'severity'
  WHERE details ? 'mousetrap';
ALTER TABLE device_alerts
  DROP COLUMN escalation_level,
  DROP COLUMN escalated_at,
  DROP COLUMN next_escalation_at,
  DROP COLUMN details,
  ADD CONSTRAINT device_alerts_whole CHECK (
    tenant_id IS NOT NULL AND device_id IS NOT NULL AND alert_type IS NOT NULL AND severity IS NOT NULL
  ) NOT VALID,
  ADD CONSTRAINT device_alerts_type_listed
    CHECK (alert_type IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline')) NOT VALID,
  ADD CONSTRAINT device_alerts_severity_listed CHECK (severity IN ('info', 'warning', 'critical')) NOT VALID;
CREATE UNIQUE INDEX device_alerts_one_open ON device_alerts (device_id, alert_type) WHERE alert_status <> 'resolved';
