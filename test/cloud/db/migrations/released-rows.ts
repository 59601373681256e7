// A database as the first released version left it: 007 with the text it had then, and rows in every table, those that version could not yet
// put right among them.
import * as fs from "node:fs";
import * as path from "node:path";
import type pg from "pg";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { loadMigrations, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { testLog as log } from "../../../support/test-log.ts";

export const RELEASED_TABLES: Record<string, string[]> = {
  tenants: ["id"],
  users: ["id"],
  user_tenant_memberships: ["user_id", "tenant_id"],
  sessions: ["id"],
  device_identities: ["serial_number"],
  device_challenges: ["challenge"],
  devices: ["id"],
  device_claiming_queue: ["id"],
  claim_codes: ["claim_code"],
  device_events: ["id"],
  device_alerts: ["id"],
  device_sessions: ["device_id", "boot_id", "session"],
  device_commands: ["id"],
  firmware_versions: ["id"],
  device_updates: ["id"],
};

const id = (kind: string, number: number) => `00000000-0000-4000-8000-${kind}${String(number).padStart(11, "0")}`;
export const tenant = id("a", 1);
const other = id("a", 2);
export const ann = id("b", 1);
export const trap = (number: number) => id("c", number);
export const alert = (number: number) => id("d", number);
const boot = "0000000100000001";

const PEOPLE = `
  INSERT INTO tenants (id, name, slug, created_at) VALUES
    ('${tenant}', 'Acme', 'acme', '2025-01-01Z'), ('${other}', 'Bär', 'baer', '2025-01-02Z');
  INSERT INTO users (id, email, name, password_hash, is_active, created_at) VALUES
    ('${ann}', 'Ann@Example.org', 'Ann', '$argon2id$x', true, '2025-01-01Z'),
    ('${id("b", 2)}', 'bob@example.org', NULL, NULL, false, '2025-01-01Z');
  INSERT INTO user_tenant_memberships (user_id, tenant_id, role, status, joined_at) VALUES
    ('${ann}', '${tenant}', 'owner', 'active', '2025-01-01Z'), ('${ann}', '${other}', 'superadmin', 'active', '2025-01-01Z'),
    ('${id("b", 2)}', '${tenant}', 'viewer', 'suspended', '2025-01-01Z');
  INSERT INTO sessions (user_id, tenant_id, token_hash, ip_address, user_agent, expires_at, revoked_at) VALUES
    ('${ann}', '${tenant}', repeat('a', 64), '::1', 'Mozilla', '2099-01-01Z', NULL),
    ('${ann}', '${other}', repeat('b', 64), NULL, NULL, '2025-01-01Z', '2025-01-01Z');
`;

/** The fourth is of the mousetrap days, the fifth of nobody, the sixth lacks its address, the seventh was the first one's former life. */
const TRAPS = `
  INSERT INTO device_identities (serial_number, mac_address, key_sealed, hardware, kind) VALUES
    ('TL-1', '24:0a:c4:00:00:01', '\\x00ff', 'esp32', 'live-catch');
  INSERT INTO device_challenges (challenge, serial_number, expires_at, used_at) VALUES (repeat('c', 32), 'TL-1', '2099-01-01Z', now());
  INSERT INTO devices (id, tenant_id, name, mac_address, serial_number, kind, mqtt_client_id, mqtt_username, mqtt_password,
    mqtt_password_plain, trap_state, battery_mv, rssi, firmware_version, firmware_sha256, hardware, boot_id, session, telemetry, desired_config,
    config_revision, reported_config, reported_revision, credentials_confirmed_at, claimed_at, last_seen, online) VALUES
    ('${trap(1)}', '${tenant}', 'Küche', '24:0a:c4:00:00:01', 'TL-1', 'live-catch', 'u-1', 'u-1', 'sha256:' || repeat('1', 64), NULL, 'armed',
      4000, -60, '1.0.0', repeat('f', 64), 'esp32', '${boot}', 3, '{"heap": 5}', '{"led": true}', 2, '{"led": false}', 1, now(),
      '2025-01-01Z', '2025-02-01Z', true);
  INSERT INTO devices (id, tenant_id, name, mac_address, kind, mqtt_username, mqtt_password, mqtt_password_plain, claimed_at) VALUES
    ('${trap(4)}', '${tenant}', 'Old', 'AA:4', 'snap', 'old', 'clear once', 'clear twice', '2024-01-01Z');
  ALTER TABLE devices DROP CONSTRAINT devices_whole;
  INSERT INTO devices (id, name, mac_address, kind) VALUES ('${trap(5)}', 'Nobody''s', 'AA:5', 'snap');
  INSERT INTO devices (id, tenant_id, name, kind) VALUES ('${trap(6)}', '${other}', 'No address', 'snap');
  ALTER TABLE devices ADD CONSTRAINT devices_whole CHECK (tenant_id IS NOT NULL AND mac_address IS NOT NULL) NOT VALID;
  INSERT INTO devices (id, tenant_id, name, mac_address, kind, unclaimed_at) VALUES
    ('${trap(7)}', '${other}', 'Before', '24:0a:c4:00:00:01', 'live-catch', '2024-06-01Z');
  INSERT INTO device_claiming_queue (mac_address, serial_number, ip_address, expires_at, tenant_id, device_id, claimed_by, claimed_at) VALUES
    ('24:0a:c4:00:00:01', 'TL-1', '::1', '2099-01-01Z', '${tenant}', '${trap(1)}', '${ann}', '2025-01-01Z'),
    ('AA:9', NULL, NULL, '2025-01-01Z', NULL, NULL, NULL, NULL);
  ALTER TABLE claim_codes DROP CONSTRAINT claim_codes_device, DROP CONSTRAINT claim_codes_whole;
  INSERT INTO claim_codes (claim_code, tenant_id, device_name, status, expires_at, claimed_by_device_id, created_by, claimed_at) VALUES
    ('ABCDEFGH23', '${tenant}', 'Küche', 'claimed', '2025-01-01Z', '${trap(1)}', '${ann}', '2025-01-01Z'),
    ('OLDCODE1', '${tenant}', NULL, 'claimed', '2024-01-01Z', '${trap(99)}', NULL, NULL),
    ('OLDCODE2', NULL, NULL, 'expired', '2024-01-01Z', NULL, NULL, NULL);
  ALTER TABLE claim_codes
    ADD CONSTRAINT claim_codes_whole CHECK (tenant_id IS NOT NULL) NOT VALID,
    ADD CONSTRAINT claim_codes_device FOREIGN KEY (tenant_id, claimed_by_device_id)
      REFERENCES devices (tenant_id, id) ON DELETE SET NULL (claimed_by_device_id) NOT VALID;
`;

/** Over the years, and more than one to a month. */
const HAPPENED = `
  INSERT INTO device_events (id, tenant_id, device_id, boot_id, sequence, kind, value, age_ms, exact, received_at, occurred_earliest,
      occurred_latest)
    SELECT ('00000000-0000-4000-8000-e' || lpad(n::text, 11, '0'))::uuid, '${tenant}', '${trap(1)}', '${boot}', n, 'sprung', n, 5, n % 2 = 0, at,
      at - interval '1 s', at
    FROM generate_series(1, 40) AS n, LATERAL (SELECT '2023-12-31 23:00Z'::timestamptz + n * interval '25 days' AS at) AS moment;
  ALTER TABLE device_alerts DROP CONSTRAINT device_alerts_type_listed, DROP CONSTRAINT device_alerts_severity_listed,
    DROP CONSTRAINT device_alerts_whole;
  INSERT INTO device_alerts (id, tenant_id, device_id, alert_type, alert_status, severity, message, triggered_at, resolved_at, event_id,
    acknowledged_at, acknowledged_by, resolved_by) VALUES
    ('${alert(1)}', '${tenant}', '${trap(1)}', 'sprung', 'acknowledged', 'critical', 'Sprung', '2025-02-01Z', NULL, '${id("e", 1)}', '2025-02-01Z',
      '${ann}', NULL),
    ('${alert(2)}', '${tenant}', '${trap(1)}', 'trap_triggered', 'new', 'high', 'Older', '2025-01-01Z', NULL, NULL, NULL, NULL, NULL),
    ('${alert(3)}', '${tenant}', '${trap(1)}', 'sprung', 'resolved', 'critical', 'Done', '2024-02-01Z', '2024-02-02Z', '${id("e", 2)}', NULL, NULL,
      '${ann}'),
    ('${alert(4)}', NULL, NULL, NULL, 'new', NULL, NULL, '2024-02-01Z', NULL, NULL, NULL, NULL, NULL);
  ALTER TABLE device_alerts
    ADD CONSTRAINT device_alerts_whole
      CHECK (tenant_id IS NOT NULL AND device_id IS NOT NULL AND alert_type IS NOT NULL AND severity IS NOT NULL) NOT VALID,
    ADD CONSTRAINT device_alerts_type_listed
      CHECK (alert_type IN ('sprung', 'battery-low', 'sensor-fault', 'fault', 'offline')) NOT VALID,
    ADD CONSTRAINT device_alerts_severity_listed CHECK (severity IN ('info', 'warning', 'critical')) NOT VALID;
  INSERT INTO device_sessions (device_id, boot_id, session, tenant_id, connected_at, last_heard_at, ended_at, end_reason) VALUES
    ('${trap(1)}', '${boot}', 2, '${tenant}', '2025-01-01Z', '2025-01-02Z', '2025-01-02Z', 'superseded'),
    ('${trap(1)}', '${boot}', 3, '${tenant}', '2025-01-02Z', '2025-02-01Z', NULL, NULL);
  INSERT INTO device_commands (tenant_id, device_id, command, created_by, expires_at, sent_at, answered_at, code) VALUES
    ('${tenant}', '${trap(1)}', 'identify', '${ann}', '2099-01-01Z', '2025-01-01Z', '2025-01-01Z', 0),
    ('${tenant}', '${trap(1)}', 'reboot', NULL, '2099-01-01Z', NULL, NULL, NULL);
  INSERT INTO firmware_versions (id, version, type, sha256, required, global, tenant_id, size, content, created_by) VALUES
    ('${id("f", 1)}', '1.0.0', 'firmware', repeat('f', 64), true, false, '${tenant}', 2, '\\x00ff', '${ann}'),
    ('${id("f", 2)}', '1.0.0', 'firmware', repeat('e', 64), false, true, NULL, 1, '\\x01', NULL),
    ('${id("f", 3)}', NULL, NULL, NULL, false, true, '${other}', NULL, NULL, NULL);
  INSERT INTO device_updates (tenant_id, device_id, firmware_version_id, status, boot_id_at_offer, received, code, booted_at) VALUES
    ('${tenant}', '${trap(1)}', '${id("f", 1)}', 'booted', '${boot}', 2, NULL, '2025-01-01Z'),
    ('${tenant}', '${trap(1)}', '${id("f", 2)}', 'failed', NULL, 0, 33, NULL);
`;

export async function createReleased(client: pg.Client): Promise<void> {
  const file = path.resolve(import.meta.dirname, "released/007_first_story.sql");
  const migrations = (await loadMigrations()).slice(0, 6);
  const released = parseMigration("007_first_story.sql", fs.readFileSync(file, "utf8"));
  await migrateUp(client, { log, migrations: [...migrations, released] });
  for (const rows of [PEOPLE, TRAPS, HAPPENED]) await client.query(rows);
}
