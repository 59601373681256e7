// Two tenants with a row of each in every table that has tenants, so that a look over the wall would see something. The tables are the
// catalogue's: one that is filled in here by nobody fails the tests, so that a new one is not forgotten.
import pg from "pg";

export interface FilledTenant {
  mark: "a" | "b";
  tenantId: string;
  /** Of the person whose the tokens are; the only member. */
  userId: string;
  /** The id of the row of this table that the filler made. */
  id(table: string): string;
  /** Columns and values of the rows the filler made, in an order in which they can be inserted. */
  rows: FilledRow[];
}

export interface FilledRow {
  table: string;
  values: Record<string, unknown>;
}

const SHARED_SCOPE = "00000000-0000-0000-0000-000000000000";
const LATER = "2099-01-01T00:00:00Z";

/** What everybody shares: a client program, and firmware that was published for all. */
export const SHARED_CLIENT = "c0000000-0000-4000-8000-0000000000c1";
export const SHARED_FIRMWARE = "c0000000-0000-4000-8000-0000000000f1";

export async function fillTwoTenants(owner: pg.ClientBase): Promise<{ a: FilledTenant; b: FilledTenant }> {
  await insertRow(owner, {
    table: "oauth_clients",
    values: {
      id: SHARED_CLIENT,
      client_id: "alexa",
      client_secret_hash: "x",
      name: "Alexa",
      type: "alexa",
      redirect_uris: "{}",
    },
  });
  await insertRow(owner, {
    table: "firmware_versions",
    values: { id: SHARED_FIRMWARE, version: "1.0.0", type: "firmware", sha256: "f".repeat(64), global: true },
  });
  const now = new Date();
  const [a, b] = [describeTenant("a", now), describeTenant("b", now)];
  for (const tenant of [a, b]) for (const row of tenant.rows) await insertRow(owner, row);
  return { a, b };
}

export async function insertRow(client: pg.ClientBase, { table, values }: FilledRow): Promise<void> {
  const names = Object.keys(values);
  const places = names.map((_name, index) => `$${index + 1}`);
  const columns = names.map((name) => pg.escapeIdentifier(name));
  await client.query(
    `INSERT INTO ${pg.escapeIdentifier(table)} (${columns.join(", ")}) VALUES (${places.join(", ")})`,
    Object.values(values),
  );
}

function describeTenant(mark: "a" | "b", now: Date): FilledTenant {
  const tenantId = createId(mark, "tenants");
  const userId = createId(mark, "users");
  const id = (table: string) => createId(mark, table);
  const facts: Facts = { mark, tenantId, userId, id, now, hash: (name) => `${mark}${createHex(name)}`.padEnd(64, "0") };
  const rows = [listPeople, listTraps, listTold, listLogs, listPrograms].flatMap((list) => list(facts));
  return { mark, tenantId, userId, id, rows };
}

interface Facts {
  mark: "a" | "b";
  tenantId: string;
  userId: string;
  now: Date;
  id(table: string): string;
  /** 64 hexadecimal digits. */
  hash(name: string): string;
}

/** Beginning with the tenant's mark, so that a failure tells at a glance whose row was seen. */
function createId(mark: string, table: string): string {
  const hex = createHex(table);
  return `${mark.repeat(8)}-0000-4000-8000-${hex.slice(0, 12).padEnd(12, "0")}`;
}

function createHex(name: string): string {
  return Buffer.from(name).toString("hex").slice(-12);
}

function listPeople({ mark, tenantId, userId, id, hash }: Facts): FilledRow[] {
  const own = { tenant_id: tenantId };
  const member = { ...own, user_id: userId };
  return [
    { table: "tenants", values: { id: tenantId, name: `Tenant ${mark}`, slug: `tenant-${mark}` } },
    {
      table: "users",
      values: { id: userId, email: `${mark}@example.com`, username: `user-${mark}`, password_hash: `hash-${mark}` },
    },
    {
      table: "user_identities",
      values: { id: id("user_identities"), user_id: userId, issuer: "keycloak", subject: `subject-${mark}` },
    },
    { table: "roles", values: { id: id("roles"), ...own, name: "ratcatcher", permissions: "{device:read}" } },
    { table: "user_tenant_memberships", values: { ...member, role: "ratcatcher", role_scope_id: tenantId } },
    { table: "membership_roles", values: { ...member, role_id: id("roles"), role_scope_id: tenantId } },
    { table: "sites", values: { id: id("sites"), ...own, name: `Barn of ${mark}` } },
    { table: "user_site_assignments", values: { id: id("user_site_assignments"), ...member, site_id: id("sites") } },
    {
      table: "tenant_invitations",
      values: {
        id: id("tenant_invitations"),
        ...own,
        email: `new@${mark}.example.com`,
        role: "viewer",
        role_scope_id: SHARED_SCOPE,
        token_hash: hash("invitation"),
        expires_at: LATER,
      },
    },
    { table: "sessions", values: { id: id("sessions"), ...member, token_hash: hash("session"), expires_at: LATER } },
    {
      table: "refresh_tokens",
      values: { id: id("refresh_tokens"), ...member, token_hash: hash("refresh"), expires_at: LATER },
    },
    { table: "api_keys", values: { id: id("api_keys"), ...member, key_hash: hash("api"), name: "script" } },
    {
      table: "subscriptions",
      values: { id: id("subscriptions"), ...own, tier: "pro", max_devices: 50, stripe_customer_id: `cus-${mark}` },
    },
    {
      table: "billing_events",
      values: { id: id("billing_events"), ...own, event_id: `evt-${mark}`, type: "invoice.paid", payload: "{}" },
    },
  ];
}

function listTraps({ mark, tenantId, userId, now, id }: Facts): FilledRow[] {
  const own = { tenant_id: tenantId };
  const serial = `TL-${mark.toUpperCase()}-1`;
  const mac = `24:0a:c4:00:00:0${mark}`;
  const trap = { ...own, device_id: id("devices") };
  return [
    {
      table: "device_identities",
      values: { serial_number: serial, mac_address: mac, key_sealed: "key", hardware: "esp32", kind: "snap" },
    },
    { table: "device_challenges", values: { challenge: mark.repeat(32), serial_number: serial, expires_at: LATER } },
    {
      table: "devices",
      values: {
        id: id("devices"),
        ...own,
        name: `Trap of ${mark}`,
        mac_address: mac,
        serial_number: serial,
        kind: "snap",
        site_id: id("sites"),
        mqtt_username: `login-${mark}`,
        mqtt_password: `hash-${mark}`,
        claimed_at: now,
        claimed_by: userId,
      },
    },
    {
      table: "device_properties",
      values: { id: id("device_properties"), ...trap, name: "temperature", value: "21", data_type: "integer" },
    },
    {
      table: "device_claiming_queue",
      values: { ...trap, mac_address: mac, serial_number: serial, claimed_at: now, expires_at: LATER },
    },
    {
      table: "claim_codes",
      values: {
        claim_code: `CODE${mark.toUpperCase()}23456`,
        ...own,
        device_name: `Next of ${mark}`,
        expires_at: LATER,
      },
    },
  ];
}

/** What traps said, and what follows from it. */
function listTold({ mark, tenantId, userId, now, id, hash }: Facts): FilledRow[] {
  const own = { tenant_id: tenantId };
  const number = mark === "a" ? 1 : 2;
  const trap = { ...own, device_id: id("devices") };
  const key = { ...trap, boot_id: "0000000100000001", sequence: number, received_at: now };
  const firmware = { firmware_scope_id: tenantId, firmware_version_id: id("firmware_versions") };
  return [
    { table: "device_event_keys", values: key },
    {
      table: "device_events",
      values: {
        id: id("device_events"),
        ...key,
        kind: "sprung",
        age_ms: 5,
        exact: true,
        occurred_earliest: now,
        occurred_latest: now,
      },
    },
    {
      table: "device_alerts",
      values: {
        id: id("device_alerts"),
        ...trap,
        alert_type: mark === "a" ? "sprung" : "offline",
        severity: "critical",
        message: `Secret of ${mark}`,
        triggered_at: now,
      },
    },
    {
      table: "tasks",
      values: { id: id("tasks"), ...trap, title: `Visit of ${mark}`, site_id: id("sites"), assignee_id: userId },
    },
    {
      table: "device_sessions",
      values: { ...trap, boot_id: "0000000100000001", session: number, connected_at: now, last_heard_at: now },
    },
    { table: "device_commands", values: { ...trap, command: "identify", expires_at: LATER } },
    {
      table: "firmware_versions",
      values: {
        id: id("firmware_versions"),
        ...own,
        version: `1.0.0-${mark}`,
        type: "firmware",
        sha256: hash("firmware"),
      },
    },
    {
      table: "firmware_rollouts",
      values: { id: id("firmware_rollouts"), ...own, ...firmware, name: `Rollout of ${mark}` },
    },
    {
      table: "device_updates",
      values: { id: id("device_updates"), ...trap, ...firmware, rollout_id: id("firmware_rollouts") },
    },
  ];
}

function listLogs({ mark, tenantId, userId, id }: Facts): FilledRow[] {
  const member = { tenant_id: tenantId, user_id: userId };
  return [
    {
      table: "audit_logs",
      values: {
        id: id("audit_logs"),
        ...member,
        action: "login",
        resource_type: "session",
        details: `{"of": "${mark}"}`,
      },
    },
    {
      table: "activity_logs",
      values: { id: id("activity_logs"), ...member, device_id: id("devices"), action: "device_online" },
    },
  ];
}

/** What other programs are told and may ask. */
function listPrograms({ mark, tenantId, userId, id, hash }: Facts): FilledRow[] {
  const own = { tenant_id: tenantId };
  const member = { ...own, user_id: userId };
  return [
    {
      table: "webhooks",
      values: {
        id: id("webhooks"),
        ...own,
        device_id: id("devices"),
        url: `https://${mark}.example.com/`,
        events: "{alert}",
        secret_sealed: mark,
      },
    },
    {
      table: "webhook_deliveries",
      values: {
        id: id("webhook_deliveries"),
        ...own,
        webhook_id: id("webhooks"),
        event_type: "alert",
        payload: `{"of": "${mark}"}`,
      },
    },
    {
      table: "oauth_tokens",
      values: {
        id: id("oauth_tokens"),
        ...member,
        client_id: SHARED_CLIENT,
        access_token_hash: hash("access"),
        access_token_expires_at: LATER,
        refresh_token_hash: hash("renewal"),
      },
    },
    {
      table: "alexa_lwa_tokens",
      values: {
        id: id("alexa_lwa_tokens"),
        ...member,
        access_token_sealed: mark,
        refresh_token_sealed: mark,
        access_token_expires_at: LATER,
      },
    },
    {
      table: "ifttt_trigger_subscriptions",
      values: {
        id: id("ifttt_trigger_subscriptions"),
        ...member,
        trigger_type: "trap_sprung",
        trigger_identity: `identity-${mark}`,
      },
    },
  ];
}
