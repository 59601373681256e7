// Rows of the mousetrap days, with everything its document allows, and what becomes of them: the table of all that is other afterwards.
// Ids are counted, so that no two differ in their first characters.
import type pg from "pg";
import type { MousetrapProduct } from "./mousetrap-products.ts";

export type Row = Record<string, string | number | boolean | null>;
type Kind = MousetrapProduct["takes"][number];

export const TABLES: Record<string, string[]> = {
  tenants: ["id"],
  users: ["id"],
  user_tenant_memberships: ["user_id", "tenant_id"],
  devices: ["id"],
  device_alerts: ["id"],
  claim_codes: ["claim_code"],
  device_claiming_queue: ["id"],
  firmware_versions: ["id"],
};

const id = (kind: string, number: number) => `00000000-0000-4000-8000-${kind}${String(number).padStart(11, "0")}`;
export const tenant = (number: number) => id("a", number);
export const user = (number: number) => id("b", number);
export const device = (number: number) => id("c", number);
export const alert = (number: number) => id("d", number);
export const firmware = (number: number) => id("e", number);
const mac = (number: number) => `AA:BB:CC:00:00:${String(number).padStart(2, "0")}`;
const LONG = "Die Maus läuft über die Brücke. 木の家 🐭 \\ ' \" \n\t".repeat(200);

/** Passwords in clear, as the mousetrap product kept them for some; what they become must not tell them. */
export const CLEAR = {
  plain: "Klartext für die Falle",
  stored: "stored in the wrong column",
  hashlike: "$6$looks$like-a-hash",
  both: "told and hashed",
  nobodys: "of a trap that nobody has",
};
/** Made by mosquitto_passwd (the last two) and a bcrypt of those days. */
export const HASHED: Record<string, { password: string; hash: string }> = {
  bcrypt: { password: "bcrypt trap", hash: "$2b$04$wiveMpMdAn6gx3NPI.d5s.bp3TWKzBvF.78B.Fz3oIwPU2atuFWxC" },
  pbkdf2: {
    password: "pbkdf trap",
    hash: "$7$101$7hbFS88ZcnKNgBaY$rktavaZ9ODVj/I7Z742SDicKxAw1jrKDrYlgOAbBrWKhwSg3N8uk+w3smRxFqJUogim7tWxxYn+v3i/7MkrEYQ==",
  },
  sha512: {
    password: "sha trap",
    hash: "$6$FRzOCRtT0nI9RnaK$J4wq1HLXBcW0Zm6cbliFFZRZJJAZXYZXIORqw0KGpHz3UmvPKDCFYpy2EMhM3jXufpCAPoHm/DrKwbpTbijZIw==",
  },
};
export const PEOPLE = {
  ann: {
    email: "Ann@Example.org",
    password: "Ann s password",
    hash: "$2a$04$rbycexmhyJd7S0bQayUaQeat3qcWoDpfmxW0lZSvLIEmDtRNUMMOO",
  },
  joerg: {
    email: "Jörg.Müller@Mäusefänger.example",
    password: "Jörg s Paßwort",
    hash: "$2y$04$MKVlq43Q0s./CJhP/da.aeVNstUA6yXxKZ4irYPDxxYUG2vQ9Hx8O",
  },
};

const trap = (number: number, more: Row = {}): Row => ({
  id: device(number),
  tenant_id: tenant(1),
  name: `Trap ${number}`,
  mac_address: mac(number),
  mqtt_client_id: `esp32-${number}`,
  mqtt_username: `trap_${number}`,
  claimed_at: "2025-06-02T08:00:00",
  last_seen: "2025-10-26T01:30:00",
  online: true,
  ...more,
});
const told = (number: number, more: Row = {}): Row => ({
  id: alert(number),
  device_id: device(1),
  tenant_id: tenant(1),
  alert_type: "trap_triggered",
  alert_status: "new",
  severity: "high",
  message: `Alert ${number}`,
  triggered_at: `2025-07-01T00:00:${String(number).padStart(2, "0")}.123456`,
  ...more,
});

const LISTED: Record<string, Row[]> = {
  tenants: [
    { id: tenant(1), name: "Acme & Söhne", created_at: "2025-03-30T02:30:00" },
    { id: tenant(2), name: "Acme & Söhne", created_at: null },
    { id: tenant(3), name: null, created_at: "2025-06-01T12:00:00.123456" },
    { id: tenant(4), name: "木の家", created_at: "1970-01-01T00:00:00" },
    { id: tenant(5), name: "", created_at: null },
    { id: tenant(6), name: "Very long ".repeat(29), created_at: "2099-12-31T23:59:59" },
  ],
  users: [
    { id: user(1), email: PEOPLE.ann.email, password_hash: PEOPLE.ann.hash, created_at: "2025-01-01T00:00:00" },
    { id: user(2), email: "ann@example.org", password_hash: "$2b$10$x", created_at: "2025-01-01T00:00:00" },
    { id: user(3), email: "ANN@EXAMPLE.ORG", password_hash: null, created_at: null },
    { id: user(4), email: null, password_hash: null, created_at: null },
    { id: user(5), email: null, password_hash: "", created_at: "2025-02-01T00:00:00" },
    { id: user(6), email: "", password_hash: null, created_at: "2025-02-01T00:00:00" },
    { id: user(7), email: "no-address", password_hash: null, created_at: "2025-02-02T00:00:00" },
    { id: user(8), email: "NO-ADDRESS", password_hash: null, created_at: "2025-02-01T00:00:00" },
    { id: user(9), email: PEOPLE.joerg.email, password_hash: PEOPLE.joerg.hash, created_at: "2025-02-01T00:00:00" },
  ],
  user_tenant_memberships: [
    { user_id: user(1), tenant_id: tenant(1), role: "superadmin", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(1), tenant_id: tenant(2), role: "viewer", joined_at: null },
    { user_id: user(1), tenant_id: tenant(3), role: "operator", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(2), tenant_id: tenant(1), role: "admin", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(4), tenant_id: tenant(1), role: null, joined_at: null },
    { user_id: user(9), tenant_id: tenant(2), role: "admin", joined_at: "2025-06-01T00:00:00" },
  ],
  devices: [
    trap(1, { name: "Küche 木 🐭", mqtt_password: "$2b$10$of-another-password", mqtt_password_plain: CLEAR.plain }),
    trap(2, { mqtt_password: CLEAR.stored }),
    trap(3, { mqtt_password: HASHED.bcrypt?.hash ?? "" }),
    trap(4, { mqtt_password: HASHED.pbkdf2?.hash ?? "", online: null }),
    trap(5, { mqtt_password: HASHED.sha512?.hash ?? "", online: false }),
    trap(6, { tenant_id: null, claimed_at: null, mqtt_password_plain: CLEAR.nobodys }),
    { id: device(7), tenant_id: tenant(1) },
    { id: device(8) },
    { id: device(9), tenant_id: tenant(1) },
    trap(10, { tenant_id: null, unclaimed_at: "2025-08-01T00:00:00" }),
    trap(11, { tenant_id: tenant(2), claimed_at: "2025-09-01T00:00:00" }),
    trap(12, { mqtt_password: "", mqtt_password_plain: "" }),
    trap(13, { mqtt_password: CLEAR.hashlike }),
    trap(14, { mqtt_password: HASHED.bcrypt?.hash ?? "", mqtt_password_plain: CLEAR.both }),
    trap(15, { mac_address: mac(1).toLowerCase(), unclaimed_at: "2025-08-01T00:00:00" }),
  ],
  device_alerts: [
    told(1),
    told(2, { message: LONG }),
    told(3, { triggered_at: "2025-07-01T00:00:02.123456", resolved_at: "2025-07-02T00:00:00" }),
    told(4, { alert_type: null, alert_status: null, severity: null, message: null, triggered_at: null }),
    told(5, { device_id: null }),
    { id: alert(6) },
    told(7, { device_id: device(10), alert_status: "resolved" }),
    told(8, { device_id: device(10), tenant_id: tenant(2) }),
    told(9, { device_id: device(11), alert_status: "acknowledged" }),
    told(10, { device_id: device(11), tenant_id: null }),
    told(11, { device_id: device(6), tenant_id: null }),
    told(12, { alert_type: "trap_battery_low", severity: "low", resolved_at: "2025-07-02T00:00:00" }),
    told(13, { alert_type: "Trap offline", severity: "Medium" }),
    told(14, { alert_type: "sprung", severity: "CRITICAL" }),
    told(15, { alert_type: "wifi", severity: "warning", alert_status: "resolved", triggered_at: null }),
    told(16, { alert_type: "sensor-fault", severity: "info" }),
  ],
  claim_codes: [
    {
      claim_code: "ACTIVE01",
      tenant_id: tenant(1),
      device_name: "Käfig",
      status: "active",
      expires_at: "2099-01-01T00:00:00",
    },
    { claim_code: "NOEND001", tenant_id: tenant(1), status: "active" },
    {
      claim_code: "CLAIMED1",
      tenant_id: tenant(1),
      status: "claimed",
      expires_at: "2025-01-01T00:00:00",
      claimed_by_device_id: device(1),
    },
    {
      claim_code: "MISSING1",
      tenant_id: tenant(1),
      status: "claimed",
      expires_at: "2025-01-01T00:00:00",
      claimed_by_device_id: device(99),
    },
    {
      claim_code: "MOVED001",
      tenant_id: tenant(1),
      status: "claimed",
      expires_at: "2025-01-01T00:00:00",
      claimed_by_device_id: device(11),
    },
    {
      claim_code: "OTHERS01",
      tenant_id: tenant(2),
      status: "claimed",
      expires_at: "2025-01-01T00:00:00",
      claimed_by_device_id: device(3),
    },
    { claim_code: "NOBODYS1", status: "active", expires_at: "2025-01-01T00:00:00", claimed_by_device_id: device(3) },
    { claim_code: "a" },
  ],
  device_claiming_queue: [
    {
      id: 7,
      mac_address: "AA:BB:CC:00:00:01",
      serial_number: "S".repeat(50),
      ip_address: "2001:db8::1",
      expires_at: "2099-01-01T00:00:00",
      created_at: "2025-01-01T00:00:00",
    },
    { id: 8, mac_address: "queued", expires_at: "2025-01-01T00:00:00", created_at: null },
  ],
  firmware_versions: [
    {
      id: firmware(1),
      version: "1.0.0",
      type: "firmware",
      file_path: "/fw/ä.bin",
      file_url: "https://x",
      sha256: "ab",
      changelog: LONG,
      required: true,
      global: true,
      tenant_id: tenant(1),
    },
    { id: firmware(2), version: "1.0.0", type: "filesystem", required: false, global: null, tenant_id: tenant(1) },
    { id: firmware(3) },
  ],
};

const UNLISTED: Record<string, Row[]> = {
  user_tenant_memberships: [
    { user_id: user(5), tenant_id: tenant(1), role: " Admin", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(6), tenant_id: tenant(1), role: "owner", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(7), tenant_id: tenant(1), role: "Technician", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(8), tenant_id: tenant(1), role: "wizard", joined_at: "2025-06-01T00:00:00" },
  ],
  device_alerts: [
    told(20, { device_id: device(2), alert_status: "open" }),
    told(21, { device_id: device(2), alert_status: "Closed" }),
    told(22, { device_id: device(3), alert_status: "unresolved" }),
    told(23, { device_id: device(4), alert_status: "in_progress" }),
    told(24, { device_id: device(5), alert_status: "", resolved_at: "2025-07-02T00:00:00" }),
  ],
  claim_codes: [
    { claim_code: "USED0001", tenant_id: tenant(1), status: "used", expires_at: "2025-01-01T00:00:00" },
    { claim_code: "PENDING1", tenant_id: tenant(1), status: "Pending", expires_at: "2099-01-01T00:00:00" },
    { claim_code: "REVOKED1", tenant_id: tenant(1), status: "revoked", expires_at: "2099-01-01T00:00:00" },
  ],
  firmware_versions: [
    { id: firmware(4), type: "SPIFFS", required: true, global: false, tenant_id: tenant(99) },
    { id: firmware(5), type: "ota", required: null, global: null, tenant_id: tenant(2) },
  ],
};

const UNKEYED: Record<string, Row[]> = {
  user_tenant_memberships: [
    { user_id: user(1), tenant_id: tenant(2), role: "admin", joined_at: "2025-06-01T00:00:00" },
    { user_id: user(9), tenant_id: null, role: "viewer", joined_at: null },
    { user_id: user(99), tenant_id: tenant(1), role: "viewer", joined_at: "2025-06-01T00:00:00" },
  ],
};

const ROWS: Record<Kind, Record<string, Row[]>> = { listed: LISTED, unlisted: UNLISTED, unkeyed: UNKEYED };

export async function insertMousetrapRows(client: pg.Client, kinds: Kind[]): Promise<void> {
  for (const table of Object.keys(TABLES)) {
    const rows = kinds.flatMap((kind) => ROWS[kind][table] ?? []);
    await client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(rows),
    ]);
  }
  await client.query("SELECT setval(pg_get_serial_sequence('device_claiming_queue', 'id'), 8)");
}
