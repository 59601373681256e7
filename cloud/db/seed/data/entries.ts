// The ways in of the sample's people, beside their password: identities of another issuer, invitations, sessions, tokens and keys. None of
// the hashes is that of a token anybody knows.
import { sampleId, unmatchableHash } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { userId } from "./people.ts";
import { ACME, DEMO, TECHSTART, tenantId } from "./tenants.ts";

const IDENTITIES = [
  { person: "acme-admin", issuer: "https://login.acme-corp.example/realms/acme", days: 390, usedHours: 20 },
  { person: "acme-manager", issuer: "https://login.acme-corp.example/realms/acme", days: 350, usedHours: 70 },
  { person: "consultant", issuer: "https://external.auth0.example/", days: 200, usedHours: 30 },
];

const INVITATIONS = [
  {
    tenant: ACME,
    email: "new.technician@acme-corp.example",
    role: "technician",
    by: "acme-admin",
    days: 2,
    end: "open",
  },
  { tenant: ACME, email: "operator@acme-corp.example", role: "operator", by: "acme-admin", days: 301, end: "accepted" },
  { tenant: ACME, email: "auditor@partner.example", role: "viewer", by: "acme-manager", days: 40, end: "revoked" },
  {
    tenant: TECHSTART,
    email: "intern@techstart.example",
    role: "member",
    by: "techstart-admin",
    days: 30,
    end: "over",
  },
  { tenant: DEMO, email: "consultant@external.com", role: "admin", by: "demo-owner", days: 1, end: "open" },
];

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";

const SESSIONS = [
  { person: "acme-admin", tenant: ACME, key: "browser", address: "192.0.2.10", agent: BROWSER, days: 1 },
  { person: "acme-operator", tenant: ACME, key: "phone", address: "192.0.2.23", agent: PHONE, days: 2 },
  { person: "techstart-admin", tenant: TECHSTART, key: "browser", address: "198.51.100.7", agent: BROWSER, days: 3 },
  { person: "consultant", tenant: ACME, key: "browser", address: "203.0.113.40", agent: BROWSER, days: 4 },
];

const REFRESH_TOKENS = [
  { person: "acme-operator", tenant: ACME, family: "phone", place: 1, usedHours: 30, isRevoked: false },
  { person: "acme-operator", tenant: ACME, family: "phone", place: 2, usedHours: null, isRevoked: false },
  { person: "techstart-member", tenant: TECHSTART, family: "lost phone", place: 1, usedHours: 100, isRevoked: true },
];

const API_KEYS = [
  {
    person: "acme-admin",
    tenant: ACME,
    name: "Reporting",
    description: "Reads alerts and events every night",
    scopes: ["device:read", "alert:read", "event:read"],
    usedHours: 9,
    isActive: true,
  },
  {
    person: "techstart-admin",
    tenant: TECHSTART,
    name: "Old dashboard",
    description: "Deleted when the dashboard was",
    scopes: ["device:read"],
    usedHours: 2_000,
    isActive: false,
  },
];

export function listEntryTables(setting: SampleSetting): SampleTable[] {
  return [
    { name: "user_identities", key: ["id"], rows: IDENTITIES.map((one) => toIdentity(one, setting)) },
    { name: "tenant_invitations", key: ["id"], rows: INVITATIONS.map((one) => toInvitation(one, setting)) },
    { name: "sessions", key: ["id"], rows: SESSIONS.map((one) => toSession(one, setting)) },
    { name: "refresh_tokens", key: ["id"], rows: REFRESH_TOKENS.map((one) => toRefreshToken(one, setting)) },
    { name: "api_keys", key: ["id"], rows: API_KEYS.map((one) => toApiKey(one, setting)) },
  ];
}

function toIdentity(
  { person, issuer, days, usedHours }: (typeof IDENTITIES)[number],
  { at }: SampleSetting,
): SampleRow {
  return {
    id: sampleId("identity", person),
    user_id: userId(person),
    issuer,
    subject: sampleId("subject", person),
    last_used_at: at.hoursAgo(usedHours),
    created_at: at.daysAgo(days),
  };
}

function toInvitation(one: (typeof INVITATIONS)[number], { at }: SampleSetting): SampleRow {
  const { tenant, email, role, by, days, end } = one;
  return {
    id: sampleId("invitation", tenant, email),
    tenant_id: tenantId(tenant),
    email,
    role,
    token_hash: unmatchableHash("invitation", tenant, email),
    invited_by: userId(by),
    expires_at: at.daysAgo(days - 7),
    accepted_at: end === "accepted" ? at.daysAgo(days - 1) : null,
    accepted_by: end === "accepted" ? userId("acme-operator") : null,
    revoked_at: end === "revoked" ? at.daysAgo(days - 2) : null,
    created_at: at.daysAgo(days),
  };
}

function toSession(
  { person, tenant, key, address, agent, days }: (typeof SESSIONS)[number],
  { at }: SampleSetting,
): SampleRow {
  return {
    id: sampleId("session", person, key),
    user_id: userId(person),
    tenant_id: tenantId(tenant),
    token_hash: unmatchableHash("session", person, key),
    ip_address: address,
    user_agent: agent,
    created_at: at.daysAgo(days),
    expires_at: at.daysAgo(days - 30),
  };
}

function toRefreshToken(one: (typeof REFRESH_TOKENS)[number], { at }: SampleSetting): SampleRow {
  const { person, tenant, family, place, usedHours, isRevoked } = one;
  return {
    id: sampleId("refresh token", person, family, place),
    tenant_id: tenantId(tenant),
    user_id: userId(person),
    token_id: sampleId("refresh tokens", person, family),
    token_hash: unmatchableHash("refresh token", person, family, place),
    is_active: !isRevoked,
    ip_address: "192.0.2.23",
    user_agent: PHONE,
    expires_at: at.daysAgo(-60),
    last_used_at: usedHours === null ? null : at.hoursAgo(usedHours),
    revoked_at: isRevoked ? at.hoursAgo(90) : null,
    created_at: at.daysAgo(10 - place),
  };
}

function toApiKey(one: (typeof API_KEYS)[number], { at }: SampleSetting): SampleRow {
  const { person, tenant, name, description, scopes, usedHours, isActive } = one;
  return {
    id: sampleId("api key", tenant, name),
    tenant_id: tenantId(tenant),
    user_id: userId(person),
    key_hash: unmatchableHash("api key", tenant, name),
    name,
    description,
    scopes,
    last_used_at: at.hoursAgo(usedHours),
    expires_at: at.daysAgo(-300),
    is_active: isActive,
    created_at: at.daysAgo(100),
  };
}
