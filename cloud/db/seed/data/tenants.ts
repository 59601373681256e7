// The sample's tenants, what they have paid for, and where they are. Data alone; people are people.ts, traps devices.ts.
import { sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";

export const ACME = "acme-corp";
export const TECHSTART = "techstart";
export const BETA = "beta-solutions";
export const DEMO = "demo-company";

/** How many days ago each came. */
export const TENANTS = [
  { key: ACME, name: "Acme Corporation", type: "enterprise", status: "active", days: 400 },
  { key: TECHSTART, name: "TechStart Inc", type: "standard", status: "active", days: 250 },
  { key: BETA, name: "Beta Solutions", type: "starter", status: "active", days: 120 },
  { key: DEMO, name: "Demo Company", type: "trial", status: "pending", days: 6 },
] as const;

const SETTINGS: Record<string, SampleRow> = {
  [ACME]: { locale: "en-US", escalation_minutes: 30, quiet_hours: { from: "22:00", to: "06:00" } },
  [TECHSTART]: { locale: "en-US", escalation_minutes: 60 },
  [BETA]: { locale: "pt-PT" },
  [DEMO]: {},
};

interface SampleSite {
  tenant: string;
  key: string;
  name: string;
  address: string;
  latitude: number;
  longitude: number;
  timezone: string;
  metadata: SampleRow;
}

const SITES: SampleSite[] = [
  {
    tenant: ACME,
    key: "headquarters",
    name: "Headquarters",
    address: "100 Industrial Way, Chicago, IL 60607, USA",
    latitude: 41.874,
    longitude: -87.6562,
    timezone: "America/Chicago",
    metadata: { floors: 4, contact: "Reception" },
  },
  {
    tenant: ACME,
    key: "warehouse",
    name: "Warehouse",
    address: "2400 Harbor Drive, Newark, NJ 07114, USA",
    latitude: 40.7062,
    longitude: -74.1586,
    timezone: "America/New_York",
    metadata: { docks: 12, contact: "Shift office" },
  },
  {
    tenant: TECHSTART,
    key: "office",
    name: "Office",
    address: "1 Market Street, San Francisco, CA 94105, USA",
    latitude: 37.7937,
    longitude: -122.395,
    timezone: "America/Los_Angeles",
    metadata: { floors: 1 },
  },
  {
    tenant: BETA,
    key: "lab",
    name: "Lab",
    address: "Rua do Alecrim 20, 1200-018 Lisboa, Portugal",
    latitude: 38.7071,
    longitude: -9.1437,
    timezone: "Europe/Lisbon",
    metadata: { badge_needed: true },
  },
];

/** A plan's device limit is judged by a trigger: Beta's is used up, so that people see what happens then. */
const SUBSCRIPTIONS = [
  { tenant: ACME, person: "acme-admin", tier: "business", status: "active", max_devices: null, days: 400 },
  { tenant: TECHSTART, person: "techstart-admin", tier: "free", status: "canceled", max_devices: 2, days: 250 },
  { tenant: TECHSTART, person: "techstart-admin", tier: "pro", status: "active", max_devices: 10, days: 200 },
  { tenant: BETA, person: "beta-admin", tier: "free", status: "active", max_devices: 2, days: 120 },
  { tenant: DEMO, person: "demo-owner", tier: "pro", status: "trialing", max_devices: 5, days: 6 },
];

const FEATURES: Record<string, SampleRow> = {
  free: { webhooks: 0, history_days: 30 },
  pro: { webhooks: 5, history_days: 365, alexa: true, ifttt: true },
  business: { webhooks: 50, history_days: 1095, alexa: true, ifttt: true, api: true, sso: true },
};

const BILLING_EVENTS = [
  { tenant: ACME, key: "acme-paid", type: "invoice.paid", days: 10, amount: 49_900, error: null },
  { tenant: ACME, key: "acme-upgraded", type: "customer.subscription.updated", days: 380, amount: 49_900, error: null },
  { tenant: TECHSTART, key: "techstart-paid", type: "invoice.paid", days: 20, amount: 2_900, error: null },
  {
    tenant: TECHSTART,
    key: "techstart-failed",
    type: "invoice.payment_failed",
    days: 22,
    amount: 2_900,
    error: "card_declined: the card has expired",
  },
  { tenant: DEMO, key: "demo-trial", type: "customer.subscription.trial_will_end", days: 1, amount: 0, error: null },
];

export function tenantId(tenant: string): string {
  return sampleId("tenant", tenant);
}

export function siteId(tenant: string, site: string): string {
  return sampleId("site", tenant, site);
}

export function listTenantTables(setting: SampleSetting): SampleTable[] {
  return [
    { name: "tenants", key: ["id"], isNeeded: true, rows: TENANTS.map((one) => toTenant(one, setting)) },
    { name: "sites", key: ["id"], isNeeded: true, rows: SITES.map((one) => toSite(one, setting)) },
  ];
}

/** After the people, who have taken them out. */
export function listBillingTables(setting: SampleSetting): SampleTable[] {
  return [
    { name: "subscriptions", key: ["id"], rows: SUBSCRIPTIONS.map((one) => toSubscription(one, setting)) },
    { name: "billing_events", key: ["id"], rows: BILLING_EVENTS.map((one) => toBillingEvent(one, setting)) },
  ];
}

function toTenant({ key, name, type, status, days }: (typeof TENANTS)[number], setting: SampleSetting): SampleRow {
  return {
    id: tenantId(key),
    name,
    slug: setting.slugOf(key),
    type,
    status,
    settings: SETTINGS[key] ?? {},
    metadata: { sample: true },
    created_at: setting.at.daysAgo(days),
  };
}

function toSite({ tenant, key, ...site }: SampleSite, { at }: SampleSetting): SampleRow {
  const days = TENANTS.find((one) => one.key === tenant)?.days ?? 1;
  return {
    id: siteId(tenant, key),
    tenant_id: tenantId(tenant),
    ...site,
    created_at: at.daysAgo(days - 0.5),
  };
}

function toSubscription(one: (typeof SUBSCRIPTIONS)[number], { at }: SampleSetting): SampleRow {
  const { tenant, person, tier, status, max_devices, days } = one;
  const isPaid = tier !== "free" && status !== "trialing";
  const isTrial = status === "trialing";
  return {
    id: sampleId("subscription", tenant, tier),
    tenant_id: tenantId(tenant),
    user_id: sampleId("user", person),
    stripe_customer_id: isPaid ? `cus_sample_${tenant}` : null,
    stripe_subscription_id: isPaid ? `sub_sample_${tenant}` : null,
    tier,
    status,
    max_devices,
    features: FEATURES[tier] ?? {},
    current_period_start: at.daysAgo(isTrial ? 6 : 10),
    current_period_end: at.daysAgo(isTrial ? -8 : -20),
    canceled_at: status === "canceled" ? at.daysAgo(200) : null,
    trial_start: isTrial ? at.daysAgo(6) : null,
    trial_end: isTrial ? at.daysAgo(-8) : null,
    created_at: at.daysAgo(days),
  };
}

function toBillingEvent(one: (typeof BILLING_EVENTS)[number], { at }: SampleSetting): SampleRow {
  const { tenant, key, type, days, amount, error } = one;
  return {
    id: sampleId("billing event", key),
    tenant_id: tenantId(tenant),
    event_id: `evt_sample_${key}`,
    type,
    payload: { id: `evt_sample_${key}`, type, data: { customer: `cus_sample_${tenant}`, amount, currency: "usd" } },
    processed_at: at.daysAgo(days),
    error_message: error,
    created_at: at.daysAgo(days),
  };
}
