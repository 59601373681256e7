// What the upgrade makes other in the rows of mousetrap-rows.ts, and what the way back cannot make as it was: the whole mapping, as tables.
// Whatever does not stand here is equal, before and after.
import { createHash } from "node:crypto";
import { alert, CLEAR, device, firmware, type Row, tenant, user } from "./mousetrap-rows.ts";

/** Table, key, and the columns that are other. */
export type Change = [table: string, key: string, columns: Row];

/** A moment during the upgrade, and one thirty days later. */
export const NOW = "(now)";
export const IN_30_DAYS = "(in 30 days)";

const bare = (uuid: string) => uuid.replaceAll("-", "");
const hashed = (password: string) => `sha256:${createHash("sha256").update(password).digest("hex")}`;
/** The released row that a device's past with a former tenant went to. */
export const past = (number: number, of: number) =>
  createHash("md5")
    .update(device(number) + tenant(of))
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
const member = (person: number, of = 1) => `${user(person)} ${tenant(of)}`;
const OFFLINE = { online: false };
const SPRUNG = { alert_type: "sprung", severity: "critical" };

export const LISTED: Change[] = [
  ["tenants", tenant(2), { created_at: NOW }],
  ["tenants", tenant(3), { name: "Tenant" }],
  ["tenants", tenant(5), { created_at: NOW }],

  // Addresses that differ by case alone, and none at all.
  ["users", user(2), { email: `ann+${bare(user(2))}@example.org` }],
  ["users", user(3), { email: `ANN+${bare(user(3))}@EXAMPLE.ORG`, created_at: NOW }],
  ["users", user(4), { email: `unknown+${bare(user(4))}@invalid`, created_at: NOW }],
  ["users", user(5), { email: `unknown+${bare(user(5))}@invalid` }],
  ["users", user(7), { email: `no-address+${bare(user(7))}` }],

  ["user_tenant_memberships", member(1, 2), { joined_at: NOW }],
  ["user_tenant_memberships", member(4), { role: "viewer", joined_at: NOW }],

  // Nobody is online before a session is open; no password stays in clear; what nobody has is released; what is missing is filled in.
  ["devices", device(1), { ...OFFLINE, mqtt_password: hashed(CLEAR.plain) }],
  ["devices", device(2), { ...OFFLINE, mqtt_password: hashed(CLEAR.stored) }],
  ["devices", device(3), OFFLINE],
  ["devices", device(4), OFFLINE],
  ["devices", device(6), { ...OFFLINE, unclaimed_at: NOW, mqtt_password: hashed(CLEAR.nobodys) }],
  ["devices", device(7), { ...OFFLINE, name: "Trap", mac_address: `unknown-${device(7)}` }],
  ["devices", device(8), { ...OFFLINE, name: "Trap", unclaimed_at: NOW }],
  ["devices", device(9), { ...OFFLINE, name: "Trap", mac_address: `unknown-${device(9)}` }],
  ["devices", device(10), OFFLINE],
  ["devices", device(11), OFFLINE],
  ["devices", device(12), { ...OFFLINE, mqtt_password: null }],
  ["devices", device(13), { ...OFFLINE, mqtt_password: hashed(CLEAR.hashlike) }],
  ["devices", device(14), { ...OFFLINE, mqtt_password: hashed(CLEAR.both) }],
  ["devices", device(15), OFFLINE],

  // Of several open ones of one kind the newest stays open, and each stays with the tenant that had the device then.
  ["device_alerts", alert(1), { ...SPRUNG, alert_status: "resolved", resolved_at: NOW }],
  ["device_alerts", alert(2), { ...SPRUNG, alert_status: "resolved", resolved_at: NOW }],
  ["device_alerts", alert(3), { ...SPRUNG, alert_status: "resolved" }],
  ["device_alerts", alert(4), { alert_type: "fault", severity: "warning", alert_status: "new", triggered_at: NOW }],
  ["device_alerts", alert(5), SPRUNG],
  ["device_alerts", alert(6), { alert_type: "fault", severity: "warning", alert_status: "new", triggered_at: NOW }],
  ["device_alerts", alert(7), { ...SPRUNG, device_id: past(10, 1) }],
  ["device_alerts", alert(8), { ...SPRUNG, device_id: past(10, 2) }],
  ["device_alerts", alert(9), { ...SPRUNG, device_id: past(11, 1) }],
  ["device_alerts", alert(10), { ...SPRUNG, tenant_id: tenant(2) }],
  ["device_alerts", alert(11), SPRUNG],
  ["device_alerts", alert(12), { alert_type: "battery-low", severity: "info" }],
  ["device_alerts", alert(13), { alert_type: "offline", severity: "warning" }],
  ["device_alerts", alert(14), { severity: "critical" }],
  ["device_alerts", alert(15), { alert_type: "fault", triggered_at: NOW }],

  ["claim_codes", "NOEND001", { expires_at: IN_30_DAYS }],
  ["claim_codes", "MISSING1", { claimed_by_device_id: null }],
  ["claim_codes", "MOVED001", { claimed_by_device_id: past(11, 1) }],
  ["claim_codes", "OTHERS01", { claimed_by_device_id: null }],
  ["claim_codes", "NOBODYS1", { status: "expired" }],
  ["claim_codes", "a", { status: "expired", expires_at: NOW }],

  ["device_claiming_queue", "8", { created_at: NOW }],

  ["firmware_versions", firmware(2), { global: false }],
  ["firmware_versions", firmware(3), { global: true, required: false }],
];

export const UNLISTED: Change[] = [
  ["user_tenant_memberships", member(5), { role: "admin" }],
  ["user_tenant_memberships", member(7), { role: "operator" }],
  ["user_tenant_memberships", member(8), { role: "viewer" }],
  ["device_alerts", alert(20), { ...SPRUNG, alert_status: "new" }],
  ["device_alerts", alert(21), { ...SPRUNG, alert_status: "resolved" }],
  ["device_alerts", alert(22), { ...SPRUNG, alert_status: "new" }],
  ["device_alerts", alert(23), { ...SPRUNG, alert_status: "acknowledged" }],
  ["device_alerts", alert(24), { ...SPRUNG, alert_status: "resolved" }],
  ["claim_codes", "USED0001", { status: "claimed" }],
  ["claim_codes", "PENDING1", { status: "active" }],
  ["claim_codes", "REVOKED1", { status: "expired" }],
  ["firmware_versions", firmware(4), { type: "filesystem", tenant_id: null }],
  ["firmware_versions", firmware(5), { type: "firmware", global: false, required: false }],
];

/** Of two memberships of one person in one tenant the one that may do more is left. */
export const UNKEYED: Change[] = [
  ["user_tenant_memberships", member(1, 2), { role: "admin", joined_at: "2025-06-01T00:00:00" }],
];

/** Back at 006: what stood in clear, and the hash that nobody can tell from a password. The rest is as it was. */
export const NOT_COMING_BACK: Change[] = [
  ["devices", device(1), { mqtt_password: hashed(CLEAR.plain), mqtt_password_plain: null }],
  ["devices", device(2), { mqtt_password: hashed(CLEAR.stored) }],
  ["devices", device(6), { mqtt_password: hashed(CLEAR.nobodys), mqtt_password_plain: null }],
  ["devices", device(12), { mqtt_password_plain: null }],
  ["devices", device(13), { mqtt_password: hashed(CLEAR.hashlike) }],
  ["devices", device(14), { mqtt_password_plain: null }],
];
