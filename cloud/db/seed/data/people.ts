// The sample's people and as what they act: the log-ins. Everybody's password is SAMPLE_PASSWORD. Data alone; their ways in beside the
// password are entries.ts.
import { sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { ACME, BETA, DEMO, siteId, TECHSTART, tenantId } from "./tenants.ts";

/** Documented, and meant to be known: nobody seeds a database that matters. */
export const SAMPLE_PASSWORD = "trapline-sample";

export const PEOPLE = [
  { key: "system-admin", email: "admin@system.local", first: "System", last: "Administrator", type: "system_admin" },
  { key: "acme-admin", email: "admin@acme-corp.example", first: "Sarah", last: "Chen", type: "tenant_admin" },
  { key: "acme-manager", email: "manager@acme-corp.example", first: "Michael", last: "Okafor", type: "regular_user" },
  { key: "acme-operator", email: "operator@acme-corp.example", first: "Elena", last: "Petrova", type: "regular_user" },
  { key: "techstart-admin", email: "admin@techstart.example", first: "David", last: "Kim", type: "tenant_admin" },
  { key: "techstart-member", email: "member@techstart.example", first: "Priya", last: "Nair", type: "regular_user" },
  { key: "beta-admin", email: "admin@beta-solutions.example", first: "Tomás", last: "Silva", type: "tenant_admin" },
  { key: "demo-owner", email: "owner@demo-company.example", first: "Nora", last: "Berg", type: "tenant_admin" },
  { key: "consultant", email: "consultant@external.com", first: "Alex", last: "Thompson", type: "regular_user" },
] as const;

/**
 * Whoever logs in comes to the tenant they joined first. The administrator of the system acts in a tenant as a member like everybody, and
 * is one of each. Demo Company is pending: its owner may look around, and the consultant has yet to accept.
 */
export const MEMBERSHIPS = [
  { person: "system-admin", tenant: ACME, role: "superadmin", status: "active", days: 400 },
  { person: "system-admin", tenant: TECHSTART, role: "superadmin", status: "active", days: 250 },
  { person: "system-admin", tenant: BETA, role: "superadmin", status: "active", days: 120 },
  { person: "system-admin", tenant: DEMO, role: "superadmin", status: "active", days: 6 },
  { person: "acme-admin", tenant: ACME, role: "admin", status: "active", days: 399 },
  { person: "acme-manager", tenant: ACME, role: "manager", status: "active", days: 360 },
  { person: "acme-operator", tenant: ACME, role: "operator", status: "active", days: 300 },
  { person: "techstart-admin", tenant: TECHSTART, role: "admin", status: "active", days: 249 },
  { person: "techstart-member", tenant: TECHSTART, role: "member", status: "active", days: 180 },
  { person: "beta-admin", tenant: BETA, role: "admin", status: "active", days: 119 },
  { person: "demo-owner", tenant: DEMO, role: "owner", status: "active", days: 6 },
  { person: "consultant", tenant: ACME, role: "technician", status: "active", days: 200 },
  { person: "consultant", tenant: TECHSTART, role: "manager", status: "active", days: 150 },
  { person: "consultant", tenant: BETA, role: "viewer", status: "active", days: 90 },
  { person: "consultant", tenant: DEMO, role: "admin", status: "invited", days: 1 },
] as const;

const WAREHOUSE_LEAD = {
  tenant: ACME,
  name: "warehouse-lead",
  description: "Plans the visits of the warehouse and may let traps go",
  permissions: ["site:read", "device:*", "task:*", "member:read"],
};

/** What people may do beside their membership's role: a tenant's admin owns it too, where nobody else does. */
const MORE_ROLES = [
  { person: "acme-admin", tenant: ACME, role: "owner", by: "system-admin", days: 398 },
  { person: "acme-manager", tenant: ACME, role: "dispatcher", by: "acme-admin", days: 300 },
  { person: "acme-operator", tenant: ACME, role: WAREHOUSE_LEAD.name, by: "acme-admin", days: 120 },
  { person: "techstart-admin", tenant: TECHSTART, role: "owner", by: "system-admin", days: 248 },
  { person: "beta-admin", tenant: BETA, role: "owner", by: "system-admin", days: 118 },
] as const;

const ASSIGNMENTS = [
  { person: "acme-manager", tenant: ACME, site: "headquarters", by: "acme-admin", days: 350 },
  { person: "acme-manager", tenant: ACME, site: "warehouse", by: "acme-admin", days: 350 },
  { person: "acme-operator", tenant: ACME, site: "warehouse", by: "acme-manager", days: 290 },
  { person: "consultant", tenant: ACME, site: "warehouse", by: "acme-manager", days: 199 },
  { person: "techstart-member", tenant: TECHSTART, site: "office", by: "techstart-admin", days: 179 },
  { person: "consultant", tenant: TECHSTART, site: "office", by: "techstart-admin", days: 149 },
  { person: "beta-admin", tenant: BETA, site: "lab", by: "beta-admin", days: 119 },
];

export function userId(person: string): string {
  return sampleId("user", person);
}

export function listPeopleTables(setting: SampleSetting): SampleTable[] {
  return [
    { name: "users", key: ["id"], isNeeded: true, rows: PEOPLE.map((one) => toUser(one, setting)) },
    { name: "roles", key: ["id"], isNeeded: true, rows: [toRole(setting)] },
    {
      name: "user_tenant_memberships",
      key: ["user_id", "tenant_id"],
      isNeeded: true,
      rows: MEMBERSHIPS.map((one) => toMembership(one, setting)),
    },
    {
      name: "membership_roles",
      key: ["tenant_id", "user_id", "role_id"],
      rows: MORE_ROLES.map((one) => toMembershipRole(one, setting)),
    },
    {
      name: "user_site_assignments",
      key: ["tenant_id", "user_id", "site_id"],
      rows: ASSIGNMENTS.map((one) => toAssignment(one, setting)),
    },
  ];
}

/** When the person came, in days: with their first tenant. */
function findDays(person: string): number {
  return Math.max(...MEMBERSHIPS.filter((one) => one.person === person).map((one) => one.days));
}

function toUser({ key, first, last, type }: (typeof PEOPLE)[number], setting: SampleSetting): SampleRow {
  const { at } = setting;
  const isVerified = key !== "demo-owner";
  return {
    id: userId(key),
    email: setting.emailOf(key),
    password_hash: setting.passwordHashOf(key),
    name: `${first} ${last}`,
    first_name: first,
    last_name: last,
    user_type: type,
    email_verified: isVerified,
    email_verified_at: isVerified ? at.daysAgo(findDays(key)) : null,
    last_login_at: at.hoursAgo(2 + key.length),
    settings: { theme: "auto" },
    // The moment is what later runs count from.
    metadata: { sample: { first_run: at.first.toISOString() } },
    created_at: at.daysAgo(findDays(key)),
  };
}

function toRole({ at }: SampleSetting): SampleRow {
  const { tenant, ...role } = WAREHOUSE_LEAD;
  return { id: sampleId("role", role.name), tenant_id: tenantId(tenant), ...role, created_at: at.daysAgo(121) };
}

function toMembership(one: (typeof MEMBERSHIPS)[number], { at }: SampleSetting): SampleRow {
  const joinedAt = at.daysAgo(one.days);
  return {
    user_id: userId(one.person),
    tenant_id: tenantId(one.tenant),
    role: one.role,
    status: one.status,
    joined_at: joinedAt,
    created_at: joinedAt,
  };
}

/** Ids of the built-in roles, as the migration that made them gave them. */
const BUILT_IN: Record<string, string> = {
  owner: "00000000-0000-4000-8000-000000000002",
  dispatcher: "00000000-0000-4000-8000-000000000006",
};

function toMembershipRole(one: (typeof MORE_ROLES)[number], { at }: SampleSetting): SampleRow {
  const builtIn = BUILT_IN[one.role];
  return {
    tenant_id: tenantId(one.tenant),
    user_id: userId(one.person),
    role_id: builtIn ?? sampleId("role", one.role),
    role_scope_id: builtIn === undefined ? tenantId(one.tenant) : "00000000-0000-0000-0000-000000000000",
    assigned_by: userId(one.by),
    assigned_at: at.daysAgo(one.days),
    created_at: at.daysAgo(one.days),
  };
}

function toAssignment(one: (typeof ASSIGNMENTS)[number], { at }: SampleSetting): SampleRow {
  return {
    id: sampleId("assignment", one.tenant, one.person, one.site),
    tenant_id: tenantId(one.tenant),
    user_id: userId(one.person),
    site_id: siteId(one.tenant, one.site),
    assigned_by: userId(one.by),
    assigned_at: at.daysAgo(one.days),
    created_at: at.daysAgo(one.days),
  };
}
