// What the sample's tenants are connected to: webhooks with their deliveries, OAuth clients and tokens, Alexa and IFTTT. What should be sealed
// is sealed by nobody: it opens with no key, and the addresses lead nowhere.
import { sampleId, unmatchableHash } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { namedDevice } from "./device-rows.ts";
import { userId } from "./people.ts";
import { ACME, TECHSTART, tenantId } from "./tenants.ts";

const WEBHOOKS = [
  {
    ...{
      key: "operations",
      tenant: ACME,
      by: "acme-admin",
      number: null,
      url: "https://hooks.acme-corp.example/traps",
    },
    ...{ events: ["alert_raised", "alert_answered"], code: 200, failures: 0, isActive: true },
  },
  {
    ...{ key: "cold store", tenant: ACME, by: "acme-admin", number: "A28", isActive: true },
    ...{ url: "https://hooks.acme-corp.example/cold-store", events: ["property_changed"], code: 503, failures: 4 },
  },
  {
    ...{
      key: "chat",
      tenant: TECHSTART,
      by: "techstart-admin",
      number: null,
      url: "https://chat.techstart.example/in",
    },
    ...{ events: ["alert_raised", "device_offline"], code: 410, failures: 12, isActive: false },
  },
];

const DELIVERIES = [
  {
    webhook: "operations",
    type: "alert_raised",
    number: "A02",
    status: "delivered",
    attempts: 1,
    code: 200,
    hours: 0.6,
  },
  {
    webhook: "operations",
    type: "alert_answered",
    number: "A08",
    status: "delivered",
    attempts: 1,
    code: 200,
    hours: 3.6,
  },
  { webhook: "operations", type: "alert_raised", number: "A08", status: "delivered", attempts: 2, code: 200, hours: 4 },
  { webhook: "operations", type: "alert_raised", number: "A16", status: "failed", attempts: 8, code: 500, hours: 16 },
  {
    webhook: "cold store",
    type: "property_changed",
    number: "A28",
    status: "failed",
    attempts: 8,
    code: 503,
    hours: 30,
  },
  {
    webhook: "cold store",
    type: "property_changed",
    number: "A28",
    status: "pending",
    attempts: 3,
    code: 503,
    hours: 0.3,
  },
  { webhook: "chat", type: "device_offline", number: "T03", status: "failed", attempts: 8, code: 410, hours: 22 },
];

export const CLIENTS = [
  {
    ...{ client: "trapline-web", name: "Trapline console", type: "web", scopes: ["read", "write", "admin"] },
    uris: ["http://localhost:8080/auth/callback"],
  },
  {
    ...{ client: "alexa-smart-home", name: "Amazon Alexa", type: "alexa", scopes: ["read", "write"] },
    uris: [
      "https://pitangui.amazon.com/api/skill/link/SAMPLE",
      "https://layla.amazon.com/api/skill/link/SAMPLE",
      "https://alexa.amazon.co.jp/api/skill/link/SAMPLE",
    ],
  },
  {
    ...{ client: "ifttt-service", name: "IFTTT", type: "ifttt", scopes: ["read", "write"] },
    uris: ["https://ifttt.com/channels/trapline_sample/authorize"],
  },
  {
    ...{ client: "trapline-mobile", name: "Trapline on the phone", type: "mobile", scopes: ["read", "write"] },
    uris: ["trapline://auth/callback"],
  },
];

const TOKENS = [
  { client: "alexa-smart-home", person: "acme-admin", tenant: ACME, days: 30, isRevoked: false },
  { client: "ifttt-service", person: "acme-operator", tenant: ACME, days: 12, isRevoked: false },
  { client: "ifttt-service", person: "techstart-member", tenant: TECHSTART, days: 60, isRevoked: true },
  { client: "trapline-mobile", person: "techstart-admin", tenant: TECHSTART, days: 2, isRevoked: false },
];

const TRIGGERS = [
  { person: "acme-operator", tenant: ACME, type: "trap_sprung", number: "A02", isActive: true, days: 12 },
  { person: "acme-operator", tenant: ACME, type: "property_changed", number: "A28", isActive: true, days: 11 },
  { person: "techstart-member", tenant: TECHSTART, type: "device_offline", number: "T03", isActive: false, days: 60 },
];

const UNSEALED = `\\x${Buffer.from("sample: sealed by nobody").toString("hex")}`;

/** Foreign data may know the client already: then its tokens are that one's. */
export function listClientTables({ at }: SampleSetting): SampleTable[] {
  const rows = CLIENTS.map(({ client, name, type, uris, scopes }) => ({
    id: sampleId("oauth client", client),
    client_id: client,
    client_secret_hash: unmatchableHash("oauth client", client),
    name,
    type,
    redirect_uris: uris,
    allowed_scopes: scopes,
    refresh_token_lifetime: 90 * 24 * 3600,
    created_at: at.daysAgo(400),
  }));
  return [{ name: "oauth_clients", key: ["client_id"], rows }];
}

/** @param clientIds the ids that the clients have in this database, by their names */
export function listIntegrationTables(setting: SampleSetting, clientIds: ReadonlyMap<string, string>): SampleTable[] {
  const tokens = TOKENS.map((one) => toToken(one, clientIds.get(one.client) ?? null, setting));
  return [
    { name: "webhooks", key: ["id"], isNeeded: true, rows: WEBHOOKS.map((one) => toWebhook(one, setting)) },
    { name: "webhook_deliveries", key: ["id"], rows: DELIVERIES.map((one) => toDelivery(one, setting)) },
    { name: "oauth_tokens", key: ["id"], rows: tokens },
    { name: "alexa_lwa_tokens", key: ["id"], rows: [toAlexaToken(setting)] },
    { name: "ifttt_trigger_subscriptions", key: ["id"], rows: TRIGGERS.map((one) => toTrigger(one, setting)) },
  ];
}

function toWebhook(one: (typeof WEBHOOKS)[number], { at }: SampleSetting): SampleRow {
  const { key, tenant, by, number, url, events, code, failures, isActive } = one;
  return {
    id: sampleId("webhook", tenant, key),
    tenant_id: tenantId(tenant),
    created_by: userId(by),
    device_id: number === null ? null : namedDevice(number).device_id,
    url,
    events,
    secret_sealed: UNSEALED,
    headers: { "x-source": "trapline" },
    last_triggered_at: at.hoursAgo(0.3),
    last_status_code: code,
    failure_count: failures,
    is_active: isActive,
    created_at: at.daysAgo(60),
  };
}

function toDelivery(one: (typeof DELIVERIES)[number], { at }: SampleSetting): SampleRow {
  const { webhook, type, number, status, attempts, code, hours } = one;
  const tenant = WEBHOOKS.find(({ key }) => key === webhook)?.tenant ?? "";
  return {
    id: sampleId("delivery", webhook, type, number, hours),
    tenant_id: tenantId(tenant),
    webhook_id: sampleId("webhook", tenant, webhook),
    event_type: type,
    payload: { type, device_id: namedDevice(number).device_id, at: at.hoursAgo(hours) },
    status,
    attempts,
    status_code: code,
    error_message: code < 400 ? null : `answered ${code}`,
    next_attempt_at: status === "pending" ? at.hoursAgo(-1) : null,
    delivered_at: status === "delivered" ? at.hoursAgo(hours - 0.001 * attempts) : null,
    created_at: at.hoursAgo(hours),
  };
}

function toToken(one: (typeof TOKENS)[number], clientId: string | null, { at }: SampleSetting): SampleRow {
  const { client, person, tenant, days, isRevoked } = one;
  return {
    id: sampleId("oauth token", client, person),
    tenant_id: tenantId(tenant),
    user_id: userId(person),
    client_id: clientId,
    access_token_hash: unmatchableHash("oauth access", client, person),
    access_token_expires_at: at.hoursAgo(-1),
    refresh_token_hash: unmatchableHash("oauth refresh", client, person),
    refresh_token_expires_at: at.daysAgo(days - 90),
    scope: ["read", "write"],
    revoked_at: isRevoked ? at.daysAgo(days - 5) : null,
    created_at: at.daysAgo(days),
  };
}

function toAlexaToken({ at }: SampleSetting): SampleRow {
  return {
    id: sampleId("alexa", "acme-admin"),
    tenant_id: tenantId(ACME),
    user_id: userId("acme-admin"),
    access_token_sealed: UNSEALED,
    refresh_token_sealed: UNSEALED,
    access_token_expires_at: at.hoursAgo(-1),
    scope: "alexa::async_event:write",
    region: "NA",
    created_at: at.daysAgo(30),
  };
}

function toTrigger(one: (typeof TRIGGERS)[number], { at }: SampleSetting): SampleRow {
  const { person, tenant, type, number, isActive, days } = one;
  return {
    id: sampleId("ifttt", person, type),
    tenant_id: tenantId(tenant),
    user_id: userId(person),
    trigger_type: type,
    trigger_fields: { device_id: namedDevice(number).device_id },
    trigger_identity: `sample-${person}-${type}`,
    ifttt_source: { id: "sample", url: "https://ifttt.com/applets/sample" },
    is_active: isActive,
    deleted_at: isActive ? null : at.daysAgo(days - 5),
    created_at: at.daysAgo(days),
  };
}
