// Fills the tables of traps in the big database, but for their events: the traps themselves, their sessions, alerts, visits, commands,
// updates and properties, and the logs of what people did.
import {
  ALERTS_PER_TRAP,
  CHATTER_SESSIONS,
  CHATTERBOX,
  FIRMWARE_PER_TENANT,
  LAST_BOOT,
  sqlTenantOf,
  TENANTS,
  TRAPS,
} from "./hot-counts.ts";
import { hotBoot, sqlHash, sqlId } from "./hot-ids.ts";
import { type Filling, sqlMac, sqlSerial } from "./hot-people.ts";

const trap = sqlId("trap", "n");
const tenant = sqlId("tenant", sqlTenantOf("n"));
const user = sqlId("user", sqlTenantOf("n"));
/** Seven of ten are there; one in a thousand of them has said nothing for long. */
const isOnline = "n % 10 < 7";

/** @param now the moment everything looks back from, as an expression of SQL */
export function listTraps(now: string): Filling[] {
  return [...listLives(now), ...listAlerts(now), ...listOrders(now)];
}

function listLives(now: string): Filling[] {
  const heardAt = `${now} - CASE WHEN n % 1000 = 0 THEN interval '10 minutes' ELSE interval '1 second' * (n % 30) END`;
  return [
    {
      table: "devices",
      insert: `INSERT INTO devices (id, tenant_id, name, kind, mac_address, serial_number, hardware, mqtt_client_id, mqtt_username,
          mqtt_password, alexa_endpoint_id, ifttt_device_id, claimed_at, credentials_confirmed_at, created_at, unclaimed_at, online, status,
          last_seen, boot_id, session, trap_state, battery_mv, rssi, firmware_version, firmware_sha256, telemetry)
        SELECT ${trap}, ${tenant}, 'Trap ' || n, CASE n % 4 WHEN 0 THEN 'live-catch' ELSE 'snap' END, ${sqlMac("n")}, ${sqlSerial("n")},
          'esp32-devkit', 'trap-' || n, 'trap-' || n, 'sha256:' || repeat('0', 64), 'trapline-' || n, 'trapline_' || n,
          ${now} - interval '380 days', CASE WHEN n % 100 <> 99 THEN ${now} - interval '380 days' END,
          ${now} - interval '380 days' + interval '1 second' * (n % 5000), CASE WHEN n % 50 = 49 THEN ${now} END, ${isOnline},
          CASE WHEN n % 50 = 49 THEN 'decommissioned' WHEN ${isOnline} THEN 'online' ELSE 'offline' END, ${heardAt},
          '${hotBoot(LAST_BOOT)}', 3, 'armed', 3900, -60, '1.2.0', ${sqlHash("firmware", `(${sqlTenantOf("n")} - 1)`)}, '{"uptimeMs": 1000, "memFree": 1200}'
        FROM generate_series(1, ${TRAPS}) AS n`,
    },
    {
      table: "device_sessions",
      insert: `INSERT INTO device_sessions (tenant_id, device_id, boot_id, session, connected_at, last_heard_at, ended_at, end_reason)
        SELECT ${tenant}, ${trap}, lpad(to_hex(s + ${LAST_BOOT - 3}), 8, '0') || 'deadbeef', s, ${now} - interval '10 days' * (4 - s),
          CASE WHEN s = 3 THEN ${heardAt} ELSE ${now} - interval '10 days' * (3 - s) END,
          CASE WHEN s < 3 OR NOT ${isOnline} THEN ${now} END, CASE WHEN s < 3 OR NOT ${isOnline} THEN 'will' END
        FROM generate_series(1, ${TRAPS}) AS n, generate_series(1, 3) AS s
        UNION ALL SELECT ${tenant}, ${trap}, '${hotBoot(LAST_BOOT - 1)}', 100 + s, ${now} - interval '15 days', ${now} - interval '14 days',
          ${now} - interval '14 days', 'will' FROM (VALUES (${CHATTERBOX})) AS one (n), generate_series(1, ${CHATTER_SESSIONS}) AS s`,
    },
  ];
}

function listAlerts(now: string): Filling[] {
  return [
    // One of each trap is long settled; of the others one in ten is open.
    {
      table: "device_alerts",
      insert: `INSERT INTO device_alerts (id, tenant_id, device_id, alert_type, alert_status, severity, message, triggered_at, created_at,
          acknowledged_at, acknowledged_by, resolved_at, resolved_by)
        SELECT ${sqlId("alert", `n * ${ALERTS_PER_TRAP} + a`)}, ${tenant}, ${trap}, CASE a WHEN 0 THEN 'sprung' ELSE 'battery-low' END,
          status, 'warning', 'Look after it', at, at, CASE WHEN status <> 'new' THEN at END, CASE WHEN status <> 'new' THEN ${user} END,
          CASE WHEN status = 'resolved' THEN at END, CASE WHEN status = 'resolved' THEN ${user} END
        FROM generate_series(1, ${TRAPS}) AS n, generate_series(0, ${ALERTS_PER_TRAP - 1}) AS a,
          LATERAL (SELECT CASE WHEN a = 1 AND n % 20 = 0 THEN 'new' WHEN a = 1 AND n % 20 = 1 THEN 'acknowledged' ELSE 'resolved' END,
            ${now} - interval '1 minute' * ((n * 7 + a * 200000) % 500000)) AS facts (status, at)`,
    },
    {
      table: "tasks",
      insert: `INSERT INTO tasks (id, tenant_id, title, status, due_date, device_id, alert_id, completed_at)
        SELECT ${sqlId("task", "n")}, ${tenant}, 'Visit Trap ' || n, CASE WHEN n % 20 = 0 THEN 'open' ELSE 'done' END, ${now}, ${trap},
          ${sqlId("alert", `n * ${ALERTS_PER_TRAP} + CASE WHEN n % 20 = 0 THEN 1 ELSE 0 END`)}, CASE WHEN n % 20 > 0 THEN ${now} END
        FROM generate_series(1, ${TRAPS}) AS n WHERE n % 2 = 0`,
    },
  ];
}

function listOrders(now: string): Filling[] {
  return [
    {
      table: "device_commands",
      insert: `INSERT INTO device_commands (tenant_id, device_id, command, created_by, created_at, expires_at, sent_at, answered_at, code)
        SELECT ${tenant}, ${trap}, 'identify', ${user}, ${now} - interval '1 day', ${now} - interval '1 day', ${now} - interval '1 day',
          ${now} - interval '1 day', 0 FROM generate_series(1, ${TRAPS}) AS n
        UNION ALL SELECT ${tenant}, ${trap}, CASE n % 40 WHEN 0 THEN 'identify' ELSE 'reboot' END, ${user}, ${now} - interval '1 second', ${now} + interval '1 minute', ${now},
          NULL, NULL FROM generate_series(1, ${TRAPS}) AS n WHERE n % 40 = 0 OR n % 5 = 0 AND n < 5000`,
    },
    {
      table: "device_updates",
      insert: `INSERT INTO device_updates (id, tenant_id, device_id, firmware_scope_id, firmware_version_id, status, boot_id_at_offer, offered_at)
        SELECT ${sqlId("update", "n * 2 + u")}, ${tenant}, ${trap}, ${tenant},
          ${sqlId("firmware", `${sqlTenantOf("n")} - 1 + ${TENANTS} * (n % ${FIRMWARE_PER_TENANT})`)},
          CASE u WHEN 0 THEN 'booted' ELSE 'offered' END, '${hotBoot(LAST_BOOT)}', ${now} - interval '1 day' * (2 - u)
        FROM generate_series(1, ${TRAPS}) AS n, generate_series(0, 1) AS u WHERE u = 0 OR n % 5 = 0`,
    },
    {
      table: "device_properties",
      insert: `INSERT INTO device_properties (tenant_id, device_id, name, value, data_type)
        SELECT ${tenant}, ${trap}, 'baited', 'true', 'boolean' FROM generate_series(1, ${TRAPS}) AS n`,
    },
    {
      table: "audit_logs",
      insert: `INSERT INTO audit_logs (tenant_id, user_id, action, resource_type, resource_id, created_at)
        SELECT ${sqlId("tenant", `1 + n % ${TENANTS}`)}, ${sqlId("user", `1 + n % ${TENANTS}`)}, 'login', 'session', n::text,
          ${now} - interval '5 minutes' * n FROM generate_series(1, 100000) AS n`,
    },
    {
      table: "activity_logs",
      insert: `INSERT INTO activity_logs (tenant_id, device_id, action, created_at)
        SELECT ${tenant}, ${trap}, 'alert_raised', ${now} - interval '5 minutes' * n FROM generate_series(1, ${TRAPS}) AS n`,
    },
  ];
}
