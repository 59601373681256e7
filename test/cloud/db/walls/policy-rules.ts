// Rules of row-level security: every table has its wall, the wall is exactly the tenant's, and every door in it is known.
import type { CatalogueRule } from "./catalogue-rule.ts";

const IS_TENANTS = "(tenant_id = current_tenant_id())";

/** Where the migrator keeps its own record: which migrations ran, and nothing of anybody. */
const RECORD_REASON = "the migrator's own record: which migrations ran when, and nothing of anybody";

const everyTableIsWalled: CatalogueRule = {
  name: "every table and every partition has row-level security, enabled and forced",
  reason: "whoever is granted a table without it sees every tenant's rows, and without FORCE its owner does",
  offences: "SELECT name FROM tables WHERE NOT (walled AND forced)",
  allowed: {
    schema_migrations: RECORD_REASON,
    schema_checkpoints: RECORD_REASON,
  },
  broken: [
    { by: "CREATE TABLE left_open (id uuid PRIMARY KEY, tenant_id uuid)", offence: "left_open" },
    { by: "CREATE TABLE left_open (id uuid PRIMARY KEY)", offence: "left_open" },
    { by: "ALTER TABLE sites DISABLE ROW LEVEL SECURITY", offence: "sites" },
    { by: "ALTER TABLE users NO FORCE ROW LEVEL SECURITY", offence: "users" },
    { by: "ALTER TABLE device_events_default DISABLE ROW LEVEL SECURITY", offence: "device_events_default" },
  ],
};

const wallIsExact: CatalogueRule = {
  name: "every table of tenants has tenant_wall, which binds trapline_app to the rows of the present tenant and to nothing else",
  reason:
    "a wall that is missing shows nothing, and one that is written otherwise may show, or take, another tenant's rows",
  offences: `
    SELECT t.name || ' has none' FROM tables t
      WHERE NOT t.is_partition AND (t.has_tenant OR t.name IN ('tenants', 'users'))
        AND NOT EXISTS (
          SELECT FROM policies p WHERE p.table_oid = t.oid AND p.name = 'tenant_wall' AND p.command = '*' AND p.is_permissive
            AND (SELECT oid FROM roles WHERE name = 'trapline_app') = ANY (p.roles)
        )
    UNION ALL
    SELECT format('%s: %s, %s', p.table_name, p.visible, p.writable) FROM policies p
      WHERE p.name = 'tenant_wall' AND (p.visible IS DISTINCT FROM '${IS_TENANTS}' OR p.writable IS DISTINCT FROM p.visible)
    UNION ALL
    SELECT format('%s: binds %s', p.table_name, r.name) FROM policies p, roles r
      WHERE p.name = 'tenant_wall' AND r.oid = ANY (p.roles) AND r.name NOT IN ('trapline_app', 'trapline_ingest')`,
  allowed: {
    "users has none": "people are global: which of them a tenant sees follows from its members (members_read)",
    "tenants: (id = current_tenant_id()), (id = current_tenant_id())": "the row that is the tenant",
    "firmware_versions: ((tenant_id = current_tenant_id()) AND (NOT global)), ((tenant_id = current_tenant_id()) AND (NOT global))":
      "what everybody may install is nobody's to change, even where a tenant once made it",
  },
  broken: [
    { by: "DROP POLICY tenant_wall ON devices", offence: "devices has none" },
    {
      by: "ALTER POLICY tenant_wall ON sites USING (tenant_id IS NOT NULL)",
      offence: `sites: (tenant_id IS NOT NULL), ${IS_TENANTS}`,
    },
    {
      by: "ALTER POLICY tenant_wall ON sites WITH CHECK (tenant_id = current_tenant_id() OR is_active)",
      offence: `sites: ${IS_TENANTS}, ((tenant_id = current_tenant_id()) OR is_active)`,
    },
    { by: "ALTER POLICY tenant_wall ON tasks TO trapline_ingest", offence: "tasks has none" },
    {
      by: "ALTER POLICY tenant_wall ON tasks TO trapline_app, trapline_system",
      offence: "tasks: binds trapline_system",
    },
    {
      by: `DROP POLICY tenant_wall ON tasks;
        CREATE POLICY tenant_wall ON tasks FOR SELECT TO trapline_app USING (tenant_id = current_tenant_id())`,
      offence: "tasks has none",
    },
    { by: "CREATE TABLE left_open (id uuid, tenant_id uuid)", offence: "left_open has none" },
  ],
};

const openingsAreKnown: CatalogueRule = {
  name: "every other policy that lets trapline_app or trapline_ingest see rows is known",
  reason: "policies add up: one of them is enough to look past tenant_wall",
  offences: `
    SELECT p.table_name || '.' || p.name FROM policies p
    WHERE p.is_permissive AND p.name <> 'tenant_wall'
      AND EXISTS (SELECT FROM roles r WHERE r.oid = ANY (p.roles) AND r.name IN ('trapline_app', 'trapline_ingest'))`,
  allowed: {
    "users.members_read": "the members of the present tenant, and oneself",
    "users.own_row": "one's own name and settings, whatever the tenant",
    "user_identities.own_rows": "one's own log-ins with other issuers, whatever the tenant",
    "roles.built_in_read": "the built-in roles are the same for everybody",
    "firmware_versions.shared_read": "firmware that was published for everybody",
    "device_identities.own_traps": "the maker's record of a trap the tenant owns at present",
    "oauth_clients.everybody_reads": "programs that anybody may let in; secrets are granted to nobody",
  },
  broken: [
    {
      by: "CREATE POLICY extra ON devices FOR SELECT TO trapline_app USING (is_active)",
      offence: "devices.extra",
    },
    { by: "CREATE POLICY extra ON tasks TO trapline_ingest USING (is_active)", offence: "tasks.extra" },
  ],
};

const personalStaysPersonal: CatalogueRule = {
  name: "what is one person's own has a second wall, which binds trapline_app to that person",
  reason: "being an administrator of a tenant is no reason to read what others have let in for themselves",
  offences: `
    SELECT c.table_name FROM columns c
    WHERE c.name = 'user_id' AND c.is_required AND c.has_tenant AND NOT c.is_partition AND NOT EXISTS (
      SELECT FROM policies p WHERE p.table_oid = c.table_oid AND p.name = 'user_wall' AND NOT p.is_permissive AND p.command = '*'
        AND (SELECT oid FROM roles WHERE roles.name = 'trapline_app') = ANY (p.roles)
        AND p.visible = '(user_id = current_user_id())' AND p.writable = p.visible
    )`,
  allowed: {
    user_tenant_memberships: "who belongs to the tenant is the tenant's business",
    membership_roles: "what its members may do is the tenant's business",
    user_site_assignments: "who works where is the tenant's business",
    sessions: "an administrator may end a member's sessions",
    api_keys: "an administrator may see which keys there are, and end them; the keys themselves are hashes",
  },
  broken: [
    { by: "DROP POLICY user_wall ON oauth_tokens", offence: "oauth_tokens" },
    { by: "ALTER POLICY user_wall ON refresh_tokens USING (true)", offence: "refresh_tokens" },
    {
      by: `DROP POLICY user_wall ON alexa_lwa_tokens; CREATE POLICY user_wall ON alexa_lwa_tokens TO trapline_app
        USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id())`,
      offence: "alexa_lwa_tokens",
    },
    { by: "CREATE TABLE diaries (tenant_id uuid NOT NULL, user_id uuid NOT NULL)", offence: "diaries" },
  ],
};

const ownerSeesAll: CatalogueRule = {
  name: "every table with row-level security has owner_all, for its owner alone",
  reason: "FORCE binds the owner too: without the policy a backup of the table is empty, and nobody notices",
  offences: `
    SELECT t.name FROM tables t WHERE t.walled AND NOT EXISTS (
      SELECT FROM policies p WHERE p.table_oid = t.oid AND p.name = 'owner_all' AND p.is_permissive AND p.command = '*'
        AND p.roles = ARRAY[t.owner] AND p.visible = 'true' AND p.writable = 'true'
    )`,
  broken: [
    { by: "DROP POLICY owner_all ON audit_logs", offence: "audit_logs" },
    { by: "ALTER POLICY owner_all ON devices TO CURRENT_USER, trapline_app", offence: "devices" },
    { by: "ALTER POLICY owner_all ON devices USING (is_active)", offence: "devices" },
    { by: "DROP POLICY owner_all ON device_events_default", offence: "device_events_default" },
  ],
};

const nothingForPublic: CatalogueRule = {
  name: "no policy is for PUBLIC",
  reason: "it would hold for every role that is ever made",
  offences: "SELECT table_name || '.' || name FROM policies WHERE 0::oid = ANY (roles)",
  broken: [
    { by: "CREATE POLICY extra ON sites USING (tenant_id = current_tenant_id())", offence: "sites.extra" },
    { by: "ALTER POLICY tenant_wall ON sites TO PUBLIC", offence: "sites.tenant_wall" },
  ],
};

const onlyTwoSeeAll: CatalogueRule = {
  name: "no policy shows or takes every row, but for the owner's and trapline_system's",
  reason: "USING (true) is no wall",
  offences: `
    SELECT p.table_name || '.' || p.name FROM policies p
    WHERE 'true' IN (p.visible, p.writable) AND p.is_permissive
      AND NOT (p.name = 'owner_all' AND p.roles = ARRAY[p.owner])
      AND NOT (p.name = 'system_door' AND p.roles = ARRAY(SELECT oid FROM roles WHERE name = 'trapline_system'))`,
  broken: [
    { by: "ALTER POLICY tenant_wall ON devices USING (true)", offence: "devices.tenant_wall" },
    { by: "CREATE POLICY extra ON sites FOR INSERT TO trapline_app WITH CHECK (true)", offence: "sites.extra" },
    { by: "ALTER POLICY system_door ON devices TO trapline_system, trapline_ingest", offence: "devices.system_door" },
  ],
};

const doorsAreKnown: CatalogueRule = {
  name: "trapline_system goes through system_door alone, and through known ones",
  reason: "it sees every tenant's rows there: each table needs a reason",
  offences: `
    SELECT p.table_name || CASE p.name WHEN 'system_door' THEN '' ELSE '.' || p.name END FROM policies p
    WHERE (SELECT oid FROM roles WHERE name = 'trapline_system') = ANY (p.roles)`,
  allowed: {
    tenants: "registering makes one, logging in names it",
    users: "logging in looks for the person before any tenant is known",
    user_identities: "logging in with another issuer looks for the person by it",
    user_tenant_memberships:
      "logging in chooses among the person's tenants; registering and accepting an invitation make one",
    roles: "what a log-in may do follows from it",
    tenant_invitations: "whoever accepts one is no member yet",
    sessions: "a cookie is looked up before any tenant is known; ended ones are swept",
    refresh_tokens: "a token is looked up before any tenant is known; ended ones are swept",
    api_keys: "a key is looked up before any tenant is known",
    subscriptions: "the payment provider's notices name its own ids, no tenant",
    billing_events: "the payment provider's notices name its own ids, no tenant",
    device_identities: "the factory registers them; a trap proves itself before anybody owns it",
    device_challenges: "a trap proves itself before anybody owns it",
    devices: "a trap's credentials are looked up before its tenant is known; claiming makes the row",
    device_claiming_queue: "a window is open before anybody owns the trap; it is swept",
    claim_codes: "the trap that shows a code does not know whose it is; codes are swept",
    device_alerts: "a trap that was reset is released: its open alerts are settled",
    device_sessions: "what all traps of all tenants were heard at is written in one statement; silent ones are swept",
    firmware_versions: "a trap fetches its firmware by id",
    audit_logs: "failed log-ins are nobody's in particular",
    activity_logs: "log-ins and sweeps are written down in the tenant they concern",
    webhooks: "the sender of deliveries serves all tenants",
    webhook_deliveries: "the sender of deliveries serves all tenants",
    oauth_clients: "a token is asked for before any tenant is known",
    oauth_tokens: "a token is looked up before any tenant is known; ended ones are swept",
    alexa_lwa_tokens: "the sender of Alexa's notices serves all tenants",
    ifttt_trigger_subscriptions: "IFTTT names its own ids, no tenant",
  },
  broken: [
    { by: "CREATE POLICY system_door ON tasks TO trapline_system USING (true)", offence: "tasks" },
    { by: "CREATE POLICY extra ON sites TO trapline_system USING (is_active)", offence: "sites.extra" },
  ],
};

export const POLICY_RULES: CatalogueRule[] = [
  everyTableIsWalled,
  wallIsExact,
  openingsAreKnown,
  personalStaysPersonal,
  ownerSeesAll,
  nothingForPublic,
  onlyTwoSeeAll,
  doorsAreKnown,
];
