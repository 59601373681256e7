-- Many customers in one database: everything that one of them owns names its tenant.

-- UP
CREATE TABLE tenants (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar,
  created_at timestamp DEFAULT now()
);

ALTER TABLE devices ADD COLUMN tenant_id uuid REFERENCES tenants (id);
ALTER TABLE device_alerts ADD COLUMN tenant_id uuid REFERENCES tenants (id);
ALTER TABLE claim_codes ADD COLUMN tenant_id uuid REFERENCES tenants (id);
ALTER TABLE firmware_versions
  ADD COLUMN global boolean,
  ADD COLUMN tenant_id uuid REFERENCES tenants (id);

-- DOWN
ALTER TABLE firmware_versions
  DROP COLUMN tenant_id,
  DROP COLUMN global;
ALTER TABLE claim_codes DROP COLUMN tenant_id;
ALTER TABLE device_alerts DROP COLUMN tenant_id;
ALTER TABLE devices DROP COLUMN tenant_id;

DROP TABLE tenants;
