-- Firmware that is signed and counted, and rollouts: which traps get which version, in what share. A trap's update says which rollout it
-- belongs to, and takes firmware of its own tenant or of everybody, never of another tenant.

-- UP
ALTER TABLE firmware_versions
  ADD COLUMN scope_id uuid NOT NULL
    GENERATED ALWAYS AS (CASE WHEN global THEN shared_scope() ELSE coalesce(tenant_id, shared_scope()) END) STORED,
  ADD COLUMN signature bytea,
  ADD COLUMN counter bigint CONSTRAINT firmware_versions_counter_positive CHECK (counter >= 0),
  ADD COLUMN target_hardware varchar(40),
  ADD COLUMN is_active boolean NOT NULL DEFAULT true,
  ADD COLUMN deleted_at timestamptz,
  ADD CONSTRAINT firmware_versions_scope_id_id_key UNIQUE (scope_id, id);
CREATE UNIQUE INDEX firmware_versions_one_content ON firmware_versions (scope_id, type, version) WHERE content IS NOT NULL;

CREATE TABLE firmware_rollouts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  firmware_scope_id uuid NOT NULL,
  firmware_version_id uuid NOT NULL,
  name varchar(200) NOT NULL,
  status varchar(20) NOT NULL DEFAULT 'draft'
    CONSTRAINT firmware_rollouts_status_listed CHECK (status IN ('draft', 'running', 'paused', 'completed', 'cancelled')),
  percentage integer NOT NULL DEFAULT 100
    CONSTRAINT firmware_rollouts_percentage_is_one CHECK (percentage BETWEEN 0 AND 100),
  site_id uuid,
  kind varchar(20)
    CONSTRAINT firmware_rollouts_kind_listed
    CHECK (kind IN ('live-catch', 'snap', 'bait-station', 'monitor', 'gateway', 'sensor', 'switch')),
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  CONSTRAINT firmware_rollouts_scope CHECK (firmware_scope_id IN (shared_scope(), tenant_id)),
  FOREIGN KEY (firmware_scope_id, firmware_version_id) REFERENCES firmware_versions (scope_id, id),
  CONSTRAINT firmware_rollouts_site FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id)
    ON DELETE SET NULL (site_id)
);
CREATE INDEX firmware_rollouts_newest ON firmware_rollouts (tenant_id, created_at DESC);
CREATE INDEX firmware_rollouts_firmware ON firmware_rollouts (firmware_scope_id, firmware_version_id);
CREATE INDEX firmware_rollouts_site_rollouts ON firmware_rollouts (tenant_id, site_id);

ALTER TABLE device_updates
  DROP CONSTRAINT device_updates_firmware_version_id_fkey,
  ADD COLUMN firmware_scope_id uuid,
  ADD COLUMN rollout_id uuid,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD CONSTRAINT device_updates_rollout FOREIGN KEY (tenant_id, rollout_id) REFERENCES firmware_rollouts (tenant_id, id)
    ON DELETE SET NULL (rollout_id);
UPDATE device_updates SET firmware_scope_id = f.scope_id, created_at = offered_at
  FROM firmware_versions AS f WHERE f.id = firmware_version_id;
ALTER TABLE device_updates
  ALTER COLUMN firmware_scope_id SET NOT NULL,
  ADD CONSTRAINT device_updates_scope CHECK (firmware_scope_id IN (shared_scope(), tenant_id)),
  ADD CONSTRAINT device_updates_firmware_version FOREIGN KEY (firmware_scope_id, firmware_version_id)
    REFERENCES firmware_versions (scope_id, id);
DROP INDEX device_updates_firmware;
CREATE INDEX device_updates_firmware ON device_updates (firmware_scope_id, firmware_version_id);
CREATE INDEX device_updates_rollout_updates ON device_updates (tenant_id, rollout_id);

CREATE TRIGGER firmware_rollouts_updated BEFORE UPDATE ON firmware_rollouts
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER firmware_versions_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON firmware_versions
  FOR EACH ROW EXECUTE FUNCTION set_deleted_at();

-- DOWN
DROP INDEX device_updates_rollout_updates;
ALTER TABLE device_updates
  DROP CONSTRAINT device_updates_firmware_version,
  DROP CONSTRAINT device_updates_scope,
  DROP CONSTRAINT device_updates_rollout,
  DROP COLUMN firmware_scope_id,
  DROP COLUMN rollout_id,
  DROP COLUMN created_at,
  ADD FOREIGN KEY (firmware_version_id) REFERENCES firmware_versions (id);
CREATE INDEX device_updates_firmware ON device_updates (firmware_version_id);
DROP TABLE firmware_rollouts;

DROP TRIGGER firmware_versions_deleted ON firmware_versions;
DROP INDEX firmware_versions_one_content;
ALTER TABLE firmware_versions
  DROP CONSTRAINT firmware_versions_scope_id_id_key,
  DROP COLUMN scope_id,
  DROP COLUMN signature,
  DROP COLUMN counter,
  DROP COLUMN target_hardware,
  DROP COLUMN is_active,
  DROP COLUMN deleted_at;
