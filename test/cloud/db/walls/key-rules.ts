// Rules of keys: none crosses tenants, none tells one tenant of another, and none makes PostgreSQL read a whole table.
import type { CatalogueRule } from "./catalogue-rule.ts";

/** Foreign keys as pairs of columns; those of partitions are their parents'. */
const PAIRS = `
  SELECT k.oid, k.conname AS name, k.conrelid, k.confrelid, child.name AS from_table, parent.name AS to_table,
    array_agg(a.attname || '>' || b.attname) AS pairs
  FROM pg_constraint k
  JOIN tables child ON child.oid = k.conrelid AND child.has_tenant AND NOT child.is_partition
  JOIN tables parent ON parent.oid = k.confrelid AND parent.has_tenant
  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (own, other)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own
  JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.other
  WHERE k.contype = 'f'
  GROUP BY 1, 2, 3, 4, 5, 6`;

const keysStayInTenant: CatalogueRule = {
  name: "a foreign key between tables of tenants holds the tenant, or its scope, on both sides",
  reason:
    "foreign keys are checked past the walls: one by id alone ties a row to another tenant's and tells that it is there",
  offences: `
    SELECT from_table || '.' || name FROM (${PAIRS}) AS keys
    WHERE NOT EXISTS (SELECT FROM unnest(pairs) AS pair WHERE pair = 'tenant_id>tenant_id' OR pair ~ '(^|_)scope_id>scope_id$')`,
  allowed: {
    "device_events.device_events_device_id_boot_id_sequence_received_at_fkey":
      "a trap is one tenant's, and both sides name trap and tenant by a key of their own",
  },
  broken: [
    {
      by: "ALTER TABLE tasks DROP CONSTRAINT tasks_site, ADD CONSTRAINT tasks_site FOREIGN KEY (site_id) REFERENCES sites (id)",
      offence: "tasks.tasks_site",
    },
    {
      by: "ALTER TABLE device_updates ADD CONSTRAINT by_id FOREIGN KEY (firmware_version_id) REFERENCES firmware_versions (id)",
      offence: "device_updates.by_id",
    },
  ],
};

const scopesAreBound: CatalogueRule = {
  name: "a scope named in a row is that of its own tenant or that of everybody",
  reason: "the foreign key would be content with another tenant's",
  offences: `
    SELECT c.table_name || '.' || c.name FROM columns c
    WHERE c.name ~ '.scope_id$' AND c.has_tenant AND NOT (c.is_required AND EXISTS (
      SELECT FROM pg_constraint k WHERE k.conrelid = c.table_oid AND k.contype = 'c' AND k.convalidated
        AND pg_get_constraintdef(k.oid) = format('CHECK (((%1$s = shared_scope()) OR (%1$s = tenant_id)))', c.name)
    ))`,
  broken: [
    {
      by: "ALTER TABLE membership_roles DROP CONSTRAINT membership_roles_scope",
      offence: "membership_roles.role_scope_id",
    },
    {
      by: "ALTER TABLE device_updates ALTER firmware_scope_id DROP NOT NULL",
      offence: "device_updates.firmware_scope_id",
    },
    {
      by: `ALTER TABLE firmware_rollouts DROP CONSTRAINT firmware_rollouts_scope,
        ADD CONSTRAINT firmware_rollouts_scope CHECK (firmware_scope_id IN (shared_scope(), tenant_id) OR percentage = 0)`,
      offence: "firmware_rollouts.firmware_scope_id",
    },
  ],
};

const TRAP = "begins with the trap, whose id is random and one tenant's";
const HASH = "a hash of what nobody can guess";

/** Columns of an index, those of its expressions and its condition included. */
const INDEX_COLUMNS = `
  SELECT i.indexrelid, number FROM pg_index i, unnest(i.indkey::int2[]) AS number WHERE number > 0
  UNION SELECT d.objid, d.refobjsubid FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0`;

const uniqueTellsNothing: CatalogueRule = {
  name: "what must be unique is unique within a tenant, wherever people or traps write it",
  reason: "whoever meets a value of another tenant learns that it is there, and keeps them from having it",
  offences: `
    SELECT DISTINCT x.relname FROM pg_index i
      JOIN pg_class x ON x.oid = i.indexrelid JOIN tables t ON t.oid = i.indrelid AND NOT t.is_partition
      JOIN (${INDEX_COLUMNS}) AS used ON used.indexrelid = i.indexrelid
      JOIN roles r ON r.name IN ('trapline_app', 'trapline_ingest')
      LEFT JOIN pg_attrdef d ON d.adrelid = i.indrelid AND d.adnum = i.indkey[0]
    WHERE i.indisunique
      AND (has_column_privilege(r.oid, t.oid, used.number::int2, 'INSERT') OR has_column_privilege(r.oid, t.oid, used.number::int2, 'UPDATE'))
      AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey::int2[]) AND a.attname IN ('tenant_id', 'scope_id')
      )
      AND NOT coalesce(i.indnkeyatts = 1 AND pg_get_expr(d.adbin, d.adrelid) = 'gen_random_uuid()', false)`,
  allowed: {
    api_keys_key_hash_key: HASH,
    tenant_invitations_token_hash_key: HASH,
    claim_codes_pkey: "49 bits of chance, drawn by us: a trap that shows the code names nothing else",
    device_commands_pkey: "drawn from a sequence, and short because traps repeat it",
    device_alerts_one_open: TRAP,
    device_event_keys_pkey: TRAP,
    device_event_keys_device_id_boot_id_sequence_received_at_key: TRAP,
    device_events_device_id_boot_id_sequence_received_at_key: TRAP,
    device_events_pkey: "holds a random id beside the month",
    device_sessions_pkey: TRAP,
    devices_mac_address_claimed:
      "people may release a trap, which leaves the index; that nobody takes one back is a trigger's",
    devices_serial_number_claimed:
      "people may release a trap, which leaves the index; that nobody takes one back is a trigger's",
    users_username_any_case:
      "a user name is one person's everywhere, as an address is; choosing one tells that it is taken",
  },
  broken: [
    { by: "CREATE UNIQUE INDEX site_names ON sites (lower(name))", offence: "site_names" },
    { by: "ALTER TABLE tasks ADD CONSTRAINT titles UNIQUE (title)", offence: "titles" },
    { by: "GRANT UPDATE (slug) ON tenants TO trapline_app", offence: "tenants_slug_key" },
    {
      by: "GRANT UPDATE (serial_number) ON devices TO trapline_app; DROP INDEX devices_serial_number_claimed; CREATE UNIQUE INDEX serials ON devices (serial_number)",
      offence: "serials",
    },
    { by: "ALTER TABLE sites ALTER id DROP DEFAULT", offence: "sites_pkey" },
  ],
};

const tenantsAreFound: CatalogueRule = {
  name: "every table of tenants has an index that begins with the tenant",
  reason: "every query names the tenant first: without it each of them reads everybody's rows",
  offences: `
    SELECT t.name FROM tables t WHERE t.has_tenant AND NOT t.is_partition AND NOT EXISTS (
      SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id'
      WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL
    )`,
  allowed: {
    device_event_keys:
      "asked by the whole key alone, which begins with the trap; a second index of it would be as large as the events'",
    device_sessions:
      "asked by the key, which begins with the trap, or for what is open, which has its index; one of all of them led the planner to read a trap's whole past",
  },
  broken: [
    { by: "DROP INDEX activity_logs_newest; DROP INDEX activity_logs_device", offence: "activity_logs" },
    { by: "CREATE TABLE left_open (id uuid PRIMARY KEY, tenant_id uuid)", offence: "left_open" },
  ],
};

const parentsAreQuick: CatalogueRule = {
  name: "every foreign key can be followed backwards by an index",
  reason: "deleting the row it points to reads the whole table otherwise, with the lock held",
  offences: `
    SELECT t.name || '.' || k.conname FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid AND NOT t.is_partition
    WHERE k.contype = 'f'
      AND NOT (k.confrelid = 'users'::regclass AND k.confdeltype = 'n')
      AND NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
          AND ((i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
            OR (i.indkey[0] = ANY (k.conkey) AND (
              SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = i.indkey[0]) = 'device_id'))
      )`,
  broken: [
    { by: "DROP INDEX webhooks_device", offence: "webhooks.webhooks_tenant_id_device_id_fkey" },
    { by: "DROP INDEX oauth_tokens_client", offence: "oauth_tokens.oauth_tokens_client_id_fkey" },
    {
      by: "CREATE TABLE left_open (id uuid, tenant_id uuid CONSTRAINT whose REFERENCES tenants (id))",
      offence: "left_open.whose",
    },
    { by: "DROP INDEX sessions_user", offence: "sessions.sessions_user_id_fkey" },
  ],
};

export const KEY_RULES: CatalogueRule[] = [
  keysStayInTenant,
  scopesAreBound,
  uniqueTellsNothing,
  tenantsAreFound,
  parentsAreQuick,
];
