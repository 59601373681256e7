// Who did what at the sample's tenants, and what happened there, over the last weeks: every action there is, at least once.
import { sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { namedDevice } from "./device-rows.ts";
import { userId } from "./people.ts";
import { ACME, BETA, DEMO, TECHSTART, tenantId } from "./tenants.ts";

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

type AuditLine = [
  hours: number,
  tenant: string | null,
  person: string | null,
  action: string,
  resource: string,
  name: string | null,
  result: "success" | "denied" | "failure",
  change?: { old?: SampleRow; new?: SampleRow; error?: string },
];

const AUDIT: AuditLine[] = [
  [143, DEMO, "demo-owner", "register", "tenant", "demo-company", "success", { new: { name: "Demo Company" } }],
  [142, DEMO, "demo-owner", "login", "session", null, "success"],
  [141, DEMO, "demo-owner", "claim", "device", "D01", "success", { new: { name: "First trap" } }],
  [24, DEMO, "demo-owner", "invite", "invitation", "consultant@external.com", "success", { new: { role: "admin" } }],
  [26, ACME, "acme-admin", "login", "session", null, "success"],
  [25, ACME, "acme-admin", "logout", "session", null, "success"],
  [12, null, null, "login", "session", null, "failure", { error: "wrong-credentials" }],
  [50, ACME, "acme-admin", "invite", "invitation", "new.technician@acme-corp.example", "success"],
  [49, ACME, "acme-manager", "create", "task", "batteries", "success", { new: { priority: "low" } }],
  [
    47,
    ACME,
    "acme-operator",
    "update",
    "device",
    "A10",
    "success",
    { old: { status: "online" }, new: { status: "maintenance" } },
  ],
  [
    46,
    ACME,
    "acme-operator",
    "configure",
    "device",
    "A01",
    "success",
    { old: { buzzer: true }, new: { buzzer: false } },
  ],
  [30, ACME, "acme-operator", "command", "device", "A01", "success", { new: { command: "identify" } }],
  [3.6, ACME, "acme-operator", "acknowledge", "alert", "A08", "success"],
  [69, ACME, "acme-manager", "resolve", "alert", "A07", "success"],
  [40 * 24, ACME, "acme-admin", "release", "device", "A06", "success", { old: { name: "Old canteen" } }],
  [14 * 24, ACME, "acme-admin", "publish", "firmware", "1.1.0+sample.acme.1", "success"],
  [72, ACME, "acme-admin", "rollout", "rollout", "docks", "success", { new: { percentage: 25 } }],
  [200, ACME, "acme-operator", "delete", "site", "warehouse", "denied", { error: "forbidden" }],
  [100, ACME, "acme-admin", "read", "audit_log", null, "success"],
  [99, ACME, "acme-admin", "export", "event", null, "success", { new: { rows: 1_240 } }],
  [20 * 24, ACME, "acme-admin", "import", "site", null, "failure", { error: "line 3: no such timezone" }],
  [33, TECHSTART, "techstart-member", "acknowledge", "alert", "T06", "success"],
  [80, TECHSTART, "techstart-member", "command", "device", "T03", "failure", { error: "the trap did not take it" }],
  [200, TECHSTART, "techstart-admin", "publish", "firmware", "1.1.0+sample.techstart.1", "success"],
  [35, TECHSTART, "consultant", "login", "session", null, "success"],
  [8, BETA, "beta-admin", "acknowledge", "alert", "B02", "success"],
  [7, BETA, "beta-admin", "claim", "device", null, "denied", { error: "the plan allows 2 devices" }],
  [6, BETA, "consultant", "update", "device", "B01", "denied", { error: "forbidden" }],
];

type ActivityLine = [
  hours: number,
  tenant: string,
  person: string | null,
  number: string | null,
  action: string,
  source: "device" | "web" | "api" | "alexa" | "ifttt" | "system",
  details: SampleRow,
];

const ACTIVITY: ActivityLine[] = [
  [141, DEMO, "demo-owner", "D01", "device_created", "web", { name: "First trap" }],
  [144, DEMO, "demo-owner", null, "subscription_created", "system", { tier: "pro", status: "trialing" }],
  [20, DEMO, null, "D01", "device_online", "device", {}],
  [3, DEMO, null, "D01", "alert_raised", "system", { type: "sprung" }],
  [47, ACME, "acme-operator", "A10", "device_updated", "web", { status: "maintenance" }],
  [40 * 24, ACME, "acme-admin", "A12", "device_deleted", "web", { name: "Gate house" }],
  [60, ACME, null, "A23", "device_online", "device", {}],
  [58, ACME, null, "A09", "device_offline", "system", { reason: "silent" }],
  [0.6, ACME, null, "A02", "alert_raised", "system", { type: "sprung", severity: "critical" }],
  [3.6, ACME, "acme-operator", "A08", "alert_answered", "web", { status: "acknowledged" }],
  [4, ACME, null, "A08", "alert_raised", "system", { type: "sprung" }],
  [5, ACME, null, "A28", "property_changed", "device", { property: "temperature", old: "4.0", new: "4.5" }],
  [69.5, ACME, null, "A01", "firmware_updated", "device", { version: "1.1.0+sample.acme.1" }],
  [26, ACME, "acme-admin", null, "user_login", "web", {}],
  [25, ACME, "acme-admin", null, "user_logout", "web", {}],
  [10 * 24, ACME, null, null, "subscription_updated", "system", { tier: "business" }],
  [15, ACME, "acme-admin", "A33", "alexa_command", "alexa", { directive: "TurnOn" }],
  [0.6, ACME, "acme-operator", "A02", "ifttt_trigger", "ifttt", { trigger: "trap_sprung" }],
  [14, ACME, "acme-operator", "A33", "ifttt_action", "ifttt", { action: "set_brightness", value: 70 }],
  [0.59, ACME, null, "A02", "webhook_delivered", "system", { status_code: 200 }],
  [22, TECHSTART, null, "T03", "device_offline", "system", { reason: "silent" }],
  [1.5, TECHSTART, null, "T01", "alert_raised", "system", { type: "sprung", severity: "critical" }],
  [35, TECHSTART, "consultant", null, "user_login", "web", {}],
  [
    18,
    TECHSTART,
    "techstart-member",
    "T07",
    "property_changed",
    "web",
    { property: "power", old: "false", new: "true" },
  ],
  [10, ACME, "acme-admin", "A25", "property_changed", "api", { property: "channel", old: "1", new: "6" }],
  [9, BETA, null, "B02", "alert_raised", "system", { type: "sprung" }],
  [8, BETA, "beta-admin", "B02", "alert_answered", "web", { status: "acknowledged" }],
  [7.5, BETA, null, "B02", "device_offline", "system", { reason: "silent" }],
];

export function listLogTables(setting: SampleSetting): SampleTable[] {
  const audit = AUDIT.map((line, place) => toAudit(line, place, setting));
  const activity = ACTIVITY.map((line, place) => toActivity(line, place, setting));
  return [
    { name: "audit_logs", key: ["id", "created_at"], rows: audit, isLog: true },
    { name: "activity_logs", key: ["id", "created_at"], rows: activity, isLog: true },
  ];
}

function toAudit(line: AuditLine, place: number, { at }: SampleSetting): SampleRow {
  const [hours, tenant, person, action, resource, name, result, change = {}] = line;
  const isDevice = resource === "device" && name !== null;
  return {
    id: sampleId("audit", place, action),
    tenant_id: tenant === null ? null : tenantId(tenant),
    user_id: person === null ? null : userId(person),
    action,
    resource_type: resource,
    resource_id: isDevice ? namedDevice(name).device_id : name,
    old_values: change.old ?? null,
    new_values: change.new ?? null,
    details: { sample: true },
    result,
    error_message: change.error ?? null,
    ip_address: "192.0.2.10",
    user_agent: BROWSER,
    created_at: at.hoursAgo(hours),
  };
}

function toActivity(line: ActivityLine, place: number, { at }: SampleSetting): SampleRow {
  const [hours, tenant, person, number, action, source, details] = line;
  return {
    id: sampleId("activity", place, action),
    tenant_id: tenantId(tenant),
    user_id: person === null ? null : userId(person),
    device_id: number === null ? null : namedDevice(number).device_id,
    action,
    details,
    source,
    ip_address: person === null ? null : "192.0.2.10",
    user_agent: source === "web" ? BROWSER : null,
    created_at: at.hoursAgo(hours),
  };
}
