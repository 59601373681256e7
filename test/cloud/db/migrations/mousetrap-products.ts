// Databases that stand at 006, as the mousetrap product may have made them: its document says which tables and columns there are, and leaves
// open how keys are called, what else is forbidden and how applied migrations are remembered. The rows in them are mousetrap-rows.ts.
import type pg from "pg";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { testLog as log } from "../../../support/test-log.ts";

export interface MousetrapProduct {
  name: string;
  create(client: pg.Client): Promise<unknown>;
  /** The rows it can hold: those that keep to our checks; also those of words the document does not list; also those without keys. */
  takes: ("listed" | "unlisted" | "unkeyed")[];
}

/** The document's own words and no more. */
const BY_THE_DOCUMENT = `
  CREATE TABLE tenants (id UUID PRIMARY KEY, name VARCHAR, created_at TIMESTAMP);
  CREATE TABLE users (id UUID PRIMARY KEY, email VARCHAR UNIQUE, password_hash VARCHAR, created_at TIMESTAMP);
  CREATE TABLE user_tenant_memberships (
    user_id UUID REFERENCES users, tenant_id UUID REFERENCES tenants, role VARCHAR, joined_at TIMESTAMP
  );
  CREATE TABLE devices (
    id UUID PRIMARY KEY, tenant_id UUID REFERENCES tenants, name VARCHAR, mac_address VARCHAR UNIQUE,
    mqtt_client_id VARCHAR, mqtt_username VARCHAR, mqtt_password VARCHAR, mqtt_password_plain VARCHAR,
    claimed_at TIMESTAMP, unclaimed_at TIMESTAMP, last_seen TIMESTAMP, online BOOLEAN
  );
  CREATE TABLE claim_codes (
    claim_code VARCHAR(8) PRIMARY KEY, tenant_id UUID REFERENCES tenants, device_name VARCHAR, status VARCHAR,
    expires_at TIMESTAMP, claimed_by_device_id UUID
  );
  CREATE TABLE device_claiming_queue (
    id SERIAL PRIMARY KEY, mac_address VARCHAR(17) UNIQUE NOT NULL, serial_number VARCHAR(50), ip_address VARCHAR(45),
    expires_at TIMESTAMP NOT NULL, created_at TIMESTAMP DEFAULT NOW()
  );
  CREATE TABLE firmware_versions (
    id UUID PRIMARY KEY, version VARCHAR, type VARCHAR, file_path VARCHAR, file_url VARCHAR, sha256 VARCHAR, changelog TEXT,
    required BOOLEAN, global BOOLEAN, tenant_id UUID
  );
  CREATE TABLE device_alerts (
    id UUID PRIMARY KEY, device_id UUID REFERENCES devices, tenant_id UUID REFERENCES tenants, alert_type VARCHAR,
    alert_status VARCHAR, severity VARCHAR, message TEXT, triggered_at TIMESTAMP, resolved_at TIMESTAMP
  );
  CREATE FUNCTION cleanup_expired_claiming_devices() RETURNS void LANGUAGE sql AS
    'DELETE FROM device_claiming_queue WHERE expires_at < NOW()';
  CREATE TABLE schema_migrations (id SERIAL PRIMARY KEY, migration VARCHAR(255) NOT NULL, executed_at TIMESTAMP DEFAULT NOW());
  INSERT INTO schema_migrations (migration) VALUES ('001_initial_schema.sql'), ('002_add_ota_support.sql'),
    ('003_add_claim_codes.sql'), ('004_add_multi_tenancy.sql'), ('005_create_user_tenant_memberships.sql'),
    ('006_create_device_claiming_queue.sql');
`;

/** The same tables with much that the document does not say: names, lengths, defaults, indexes, and times that carry their zone. */
const WITH_A_MIND_OF_ITS_OWN = `
  CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
  CREATE TABLE tenants (
    id UUID DEFAULT uuid_generate_v4() CONSTRAINT pk_tenants PRIMARY KEY, name VARCHAR(300), created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
  );
  CREATE TABLE users (
    id UUID DEFAULT uuid_generate_v4() CONSTRAINT pk_users PRIMARY KEY, email VARCHAR(40), password_hash VARCHAR(60), created_at TIMESTAMP
  );
  CREATE UNIQUE INDEX idx_users_email ON users (email);
  CREATE TABLE user_tenant_memberships (
    user_id UUID, tenant_id UUID, role TEXT DEFAULT 'viewer', joined_at TIMESTAMP(0) DEFAULT NOW()
  );
  CREATE TABLE devices (
    id UUID DEFAULT uuid_generate_v4() CONSTRAINT pk_devices PRIMARY KEY,
    tenant_id UUID CONSTRAINT fk_device_tenant REFERENCES tenants (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    name TEXT, mac_address VARCHAR(17), mqtt_client_id VARCHAR(64), mqtt_username VARCHAR(64),
    mqtt_password VARCHAR(130), mqtt_password_plain VARCHAR(60), claimed_at TIMESTAMP, unclaimed_at TIMESTAMP, last_seen TIMESTAMP,
    online BOOLEAN DEFAULT false,
    CONSTRAINT one_name UNIQUE (tenant_id, name)
  );
  CREATE UNIQUE INDEX idx_devices_mac ON devices (mac_address);
  CREATE INDEX idx_devices_tenant ON devices (tenant_id);
  CREATE TABLE claim_codes (
    claim_code VARCHAR(8) CONSTRAINT pk_claim_codes PRIMARY KEY, tenant_id UUID REFERENCES tenants ON DELETE SET NULL, device_name TEXT,
    status TEXT DEFAULT 'active', expires_at TIMESTAMP, claimed_by_device_id UUID
  );
  CREATE TABLE device_claiming_queue (
    id SERIAL PRIMARY KEY, mac_address VARCHAR(17) NOT NULL CONSTRAINT uq_queue UNIQUE, serial_number VARCHAR(50), ip_address VARCHAR(45),
    expires_at TIMESTAMP NOT NULL, created_at TIMESTAMP DEFAULT NOW()
  );
  CREATE INDEX idx_claiming_queue_expires ON device_claiming_queue (expires_at);
  CREATE TABLE firmware_versions (
    id UUID PRIMARY KEY, version TEXT, type TEXT, file_path TEXT, file_url TEXT, sha256 CHARACTER VARYING(64), changelog VARCHAR,
    required BOOLEAN DEFAULT true, global BOOLEAN DEFAULT true, tenant_id UUID
  );
  CREATE TABLE device_alerts (
    id UUID PRIMARY KEY, device_id UUID CONSTRAINT fk_alert_device REFERENCES devices (id), tenant_id UUID REFERENCES tenants,
    alert_type TEXT, alert_status TEXT DEFAULT 'new', severity TEXT CONSTRAINT some_severity CHECK (severity <> ''), message VARCHAR,
    triggered_at TIMESTAMP DEFAULT NOW(), resolved_at TIMESTAMP
  );
  CREATE INDEX idx_alerts_open ON device_alerts (tenant_id) WHERE alert_status = 'new';
  CREATE FUNCTION cleanup_expired_claiming_devices() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN DELETE FROM device_claiming_queue WHERE expires_at < NOW() - INTERVAL ''100 years''; RETURN NULL; END';
  CREATE TRIGGER sweep AFTER INSERT OR UPDATE ON device_claiming_queue EXECUTE FUNCTION cleanup_expired_claiming_devices();
  CREATE TABLE schema_migrations (version VARCHAR(3) PRIMARY KEY, checksum VARCHAR(32), applied_by TEXT DEFAULT CURRENT_USER);
  INSERT INTO schema_migrations SELECT lpad(n::text, 3, '0'), md5(n::text) FROM generate_series(1, 6) AS n;
`;

export const OUR_OWN: MousetrapProduct = {
  name: "our own 001 to 006",
  create: (client) => migrateUp(client, { log, to: 6 }),
  takes: ["listed"],
};
export const DOCUMENTED: MousetrapProduct = {
  name: "a product that keeps to the document",
  create: (client) => client.query(BY_THE_DOCUMENT),
  takes: ["listed", "unlisted"],
};
export const MOUSETRAP_PRODUCTS: MousetrapProduct[] = [
  OUR_OWN,
  DOCUMENTED,
  {
    name: "a product with a mind of its own",
    create: (client) => client.query(WITH_A_MIND_OF_ITS_OWN),
    takes: ["listed", "unlisted", "unkeyed"],
  },
];
