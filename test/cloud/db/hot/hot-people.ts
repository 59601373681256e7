// Fills the tables of people in the big database: tenants, users, what they log in with, what they have paid for and connected.
import {
  CLAIM_CODES,
  FIRMWARE_PER_TENANT,
  LOGIN_SESSIONS,
  SESSION_WORD,
  sqlTenantOf,
  TENANTS,
  TRAPS,
  UNCLAIMED,
  USERS,
} from "./hot-counts.ts";
import { sqlHash, sqlId } from "./hot-ids.ts";

/** Fills one table, all at once. */
export interface Filling {
  table: string;
  insert: string;
}

/** Of the person of this number, and of whatever is counted through the people again and again: there are as many for each tenant. */
const tenantOfUser = sqlId("tenant", `1 + (n - 1) % ${TENANTS}`);
const tenant = sqlId("tenant", "n");
/** Of a claim code only signs that are in its alphabet: hexadecimal digits but 0 and 1. */
const code = "translate(upper(lpad(to_hex(n), 10, '0')), '01', 'ZY')";

/** @param now the moment everything looks back from, as an expression of SQL */
export function listPeople(now: string): Filling[] {
  return [...listAccounts(now), ...listTokens(now), ...listWebhooks(now), ...listClaiming(now)];
}

function listAccounts(now: string): Filling[] {
  return [
    {
      table: "tenants",
      insert: `INSERT INTO tenants (id, name, slug, created_at)
        SELECT ${tenant}, 'Tenant ' || n, 'tenant-' || n, ${now} - interval '400 days' FROM generate_series(1, ${TENANTS}) AS n`,
    },
    {
      table: "users",
      insert: `INSERT INTO users (id, email, password_hash, name, created_at)
        SELECT ${sqlId("user", "n")}, 'Person' || n || '@Example.com', 'hash', 'Person ' || n, ${now} - interval '1 hour' * (n % 9600)
        FROM generate_series(1, ${USERS}) AS n`,
    },
    {
      table: "user_tenant_memberships",
      insert: `INSERT INTO user_tenant_memberships (user_id, tenant_id, role, joined_at)
        SELECT ${sqlId("user", "n")}, ${tenantOfUser}, CASE WHEN n <= ${TENANTS} THEN 'owner' ELSE 'operator' END, ${now}
        FROM generate_series(1, ${USERS}) AS n`,
    },
    {
      table: "sites",
      insert: `INSERT INTO sites (id, tenant_id, name)
        SELECT ${sqlId("site", "n")}, ${tenantOfUser}, 'Site ' || n FROM generate_series(1, 2000) AS n`,
    },
    {
      table: "subscriptions",
      insert: `INSERT INTO subscriptions (tenant_id, tier, max_devices)
        SELECT ${tenant}, 'business', 10000 FROM generate_series(1, ${TENANTS}) AS n`,
    },
  ];
}

function listTokens(now: string): Filling[] {
  return [
    // One in a hundred has run out, one in a hundred was revoked: the sweep comes every few minutes.
    {
      table: "sessions",
      insert: `INSERT INTO sessions (user_id, tenant_id, token_hash, ip_address, created_at, expires_at, revoked_at)
        SELECT ${sqlId("user", `1 + (n - 1) % ${USERS}`)}, ${tenantOfUser},
          ${sqlHash(SESSION_WORD, "n")}, '192.0.2.1', ${now} - interval '10 days',
          CASE WHEN n % 100 = 60 THEN ${now} - interval '1 minute' ELSE ${now} + interval '1 second' * n END,
          CASE WHEN n % 100 = 61 THEN ${now} - interval '1 minute' END
        FROM generate_series(1, ${LOGIN_SESSIONS}) AS n`,
    },
    {
      table: "refresh_tokens",
      insert: `INSERT INTO refresh_tokens (tenant_id, user_id, token_id, token_hash, is_active, expires_at, revoked_at)
        SELECT ${tenantOfUser}, ${sqlId("user", `1 + (n - 1) % ${USERS}`)},
          ${sqlId("other", "n / 3")}, ${sqlHash("refresh", "n")}, n % 10 > 0,
          ${now} + interval '1 day' * (CASE WHEN n % 200 = 3 THEN -31 ELSE n % 30 END),
          CASE WHEN n % 10 = 0 THEN ${now} - interval '1 day' * CASE WHEN n % 200 = 0 THEN 31 ELSE 20 END END
        FROM generate_series(1, 40000) AS n`,
    },
    {
      table: "oauth_clients",
      insert: `INSERT INTO oauth_clients (id, client_id, client_secret_hash, name, type, redirect_uris)
        SELECT ${sqlId("client", "n")}, 'client-' || n, 'hash', 'Client ' || n, 'web', '{}' FROM generate_series(1, 3) AS n`,
    },
    {
      table: "oauth_tokens",
      insert: `INSERT INTO oauth_tokens (tenant_id, user_id, client_id, access_token_hash, access_token_expires_at, refresh_token_hash,
          refresh_token_expires_at)
        SELECT ${tenantOfUser}, ${sqlId("user", "n")}, ${sqlId("client", "1 + n % 3")}, ${sqlHash("access", "n")},
          ${now} + interval '1 hour' * (CASE WHEN n % 100 = 0 THEN -800 ELSE n % 24 END), ${sqlHash("access refresh", "n")},
          ${now} + interval '1 day' * (CASE WHEN n % 100 = 0 THEN -31 ELSE n % 30 END)
        FROM generate_series(1, ${USERS}) AS n`,
    },
    {
      table: "api_keys",
      insert: `INSERT INTO api_keys (tenant_id, user_id, key_hash, name)
        SELECT ${tenantOfUser}, ${sqlId("user", "n")}, ${sqlHash("api key", "n")}, 'Key' FROM generate_series(1, 2000) AS n`,
    },
    {
      table: "tenant_invitations",
      insert: `INSERT INTO tenant_invitations (tenant_id, email, role, token_hash, expires_at)
        SELECT ${tenantOfUser}, 'guest' || n || '@example.com', 'viewer', ${sqlHash("invitation", "n")}, ${now} + interval '1 day'
        FROM generate_series(1, 2000) AS n`,
    },
  ];
}

function listWebhooks(now: string): Filling[] {
  return [
    {
      table: "webhooks",
      insert: `INSERT INTO webhooks (id, tenant_id, url, events, secret_sealed)
        SELECT ${sqlId("webhook", "n")}, ${tenant}, 'https://example.com/' || n, '{alert}', 'secret'
        FROM generate_series(1, ${TENANTS}) AS n`,
    },
    {
      table: "webhook_deliveries",
      insert: `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_type, payload, status, next_attempt_at, created_at)
        SELECT ${sqlId("tenant", `1 + n % ${TENANTS}`)}, ${sqlId("webhook", `1 + n % ${TENANTS}`)}, 'alert', '{}',
          CASE WHEN n % 50 = 0 THEN 'pending' ELSE 'delivered' END, CASE WHEN n % 50 = 0 THEN ${now} END,
          ${now} - interval '66 seconds' * n
        FROM generate_series(1, 40000) AS n`,
    },
  ];
}

function listClaiming(now: string): Filling[] {
  return [
    // One in five can still be used; the sweep comes every minute, and finds a few.
    {
      table: "claim_codes",
      insert: `INSERT INTO claim_codes (claim_code, device_name, status, expires_at, claimed_by_device_id, tenant_id, created_at, claimed_at)
        SELECT ${code}, 'Trap', CASE WHEN n % 5 = 0 THEN 'active' WHEN n % 5 < 4 THEN 'claimed' ELSE 'expired' END,
          CASE WHEN n % 5 = 0 AND n % 500 > 0 THEN ${now} + interval '1 day' ELSE ${now} - interval '1 minute' END,
          CASE WHEN n % 5 BETWEEN 1 AND 3 AND n <= 5000 THEN ${sqlId("trap", "n")} END,
          ${sqlId("tenant", `CASE WHEN n <= 5000 AND n % 5 > 0 THEN 1 ELSE 1 + n % ${TENANTS} END`)}, ${now} - interval '1 minute' * n,
          CASE WHEN n % 5 BETWEEN 1 AND 3 THEN ${now} - interval '1 hour' END
        FROM generate_series(1, ${CLAIM_CODES}) AS n`,
    },
    {
      table: "firmware_versions",
      insert: `INSERT INTO firmware_versions (id, version, type, counter, signed_by, sha256, tenant_id, size, content, created_at)
        SELECT ${sqlId("firmware", "n")}, '1.' || n / ${TENANTS} || '.0', 'firmware', n / ${TENANTS}, ${sqlHash("signer", "0")}, ${sqlHash("firmware", "n")},
          ${sqlId("tenant", `1 + n % ${TENANTS}`)}, 100, decode(repeat('00', 100), 'hex'), ${now} - interval '1 hour' * (n / ${TENANTS})
        FROM generate_series(0, ${TENANTS * FIRMWARE_PER_TENANT - 1}) AS n`,
    },
    {
      table: "device_identities",
      insert: `INSERT INTO device_identities (serial_number, mac_address, key_sealed, hardware, kind, registered_at)
        SELECT ${sqlSerial("n")}, ${sqlMac("n")}, decode(repeat('00', 60), 'hex'), 'esp32-devkit', 'snap', ${now} - interval '400 days'
        FROM generate_series(1, ${TRAPS + UNCLAIMED}) AS n`,
    },
    {
      table: "device_challenges",
      insert: `INSERT INTO device_challenges (challenge, serial_number, expires_at, used_at)
        SELECT ${sqlHash("challenge", "n", 32)}, ${sqlSerial("n")},
          ${now} + interval '1 second' * (CASE WHEN n % 100 = 0 THEN -1 ELSE n % 600 END), ${now} - interval '1 minute'
        FROM generate_series(1, 12000) AS n`,
    },
    // Three hundred traps stand open, thirty at one address; the others were claimed within the day.
    {
      table: "device_claiming_queue",
      insert: `INSERT INTO device_claiming_queue (mac_address, serial_number, ip_address, expires_at, created_at, tenant_id, device_id,
          claimed_by, claimed_at)
        SELECT ${sqlMac(`${TRAPS} + n`)}, ${sqlSerial(`${TRAPS} + n`)}, '198.51.100.' || n % 10, ${now} + interval '5 minutes', ${now},
          NULL, NULL, NULL, NULL FROM generate_series(1, 300) AS n
        UNION ALL SELECT ${sqlMac("n")}, ${sqlSerial("n")}, '198.51.100.' || n % 200,
          ${now} - interval '1 hour' * CASE WHEN n % 100 = 0 THEN 25 ELSE 2 END, ${now} - interval '3 hours',
          ${sqlId("tenant", sqlTenantOf("n"))}, ${sqlId("trap", "n")}, ${sqlId("user", sqlTenantOf("n"))}, ${now} - interval '2 hours'
        FROM generate_series(1, 12000) AS n
        UNION ALL SELECT ${sqlMac(`${TRAPS} + n`)}, ${sqlSerial(`${TRAPS} + n`)}, '198.51.100.' || n % 200, ${now} - interval '1 minute',
          ${now} - interval '11 minutes', NULL, NULL, NULL, NULL FROM generate_series(${UNCLAIMED - 6000}, ${UNCLAIMED - 5900}) AS n`,
    },
  ];
}

/** Serial number and MAC address of the trap of this number, as expressions of SQL. */
export function sqlSerial(trap: string): string {
  return `'TL-HOT-' || ${trap}`;
}

export function sqlMac(trap: string): string {
  return `'24:0a:c5:' || lpad(to_hex((${trap}) / 65536), 2, '0') || ':' || lpad(to_hex((${trap}) / 256 % 256), 2, '0') || ':' || lpad(to_hex((${trap}) % 256), 2, '0')`;
}
