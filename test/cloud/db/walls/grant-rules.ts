// Rules of what the roles may do: nothing that no policy bounds, nothing for everybody, and no power of their own.
import type { CatalogueRule } from "./catalogue-rule.ts";

const grantsHavePolicies: CatalogueRule = {
  name: "whatever a role is granted on a table, a policy bounds",
  reason:
    "a table without row-level security shows all of its rows; one with it and without a policy none, which is a mistake as well",
  offences: `
    SELECT format('%s: %s of %s', r.name, lower(g.privilege), g.table_name) FROM grants g JOIN roles r ON r.oid = g.grantee
    WHERE NOT EXISTS (
      SELECT FROM policies p JOIN tables t ON t.oid = p.table_oid AND t.walled
      WHERE p.table_oid = g.table_oid AND p.is_permissive AND r.oid = ANY (p.roles)
        AND p.command IN ('*', CASE g.privilege WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE 'd' END)
    )`,
  allowed: {
    "trapline_system: select of schema_migrations": "the cloud looks whether the database has its version",
  },
  broken: [
    { by: "GRANT SELECT ON schema_checkpoints TO trapline_app", offence: "trapline_app: select of schema_checkpoints" },
    { by: "GRANT SELECT ON device_challenges TO trapline_app", offence: "trapline_app: select of device_challenges" },
    { by: "GRANT INSERT (email) ON users TO trapline_app", offence: "trapline_app: insert of users" },
    { by: "GRANT DELETE ON oauth_clients TO trapline_app", offence: "trapline_app: delete of oauth_clients" },
    {
      by: "ALTER TABLE sites DISABLE ROW LEVEL SECURITY",
      offence: "trapline_app: insert of sites",
    },
  ],
};

const onlyRows: CatalogueRule = {
  name: "the roles read and write rows, and may not pass that on",
  reason:
    "TRUNCATE asks no policy, REFERENCES and TRIGGER look past them, and a right that is passed on is nobody's decision",
  offences: `
    SELECT format('%s: %s of %s%s', r.name, lower(g.privilege), g.table_name, CASE WHEN g.is_grantable THEN ', to pass on' ELSE '' END)
    FROM grants g JOIN roles r ON r.oid = g.grantee
    WHERE g.is_grantable OR g.privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`,
  broken: [
    { by: "GRANT TRUNCATE ON tasks TO trapline_app", offence: "trapline_app: truncate of tasks" },
    { by: "GRANT REFERENCES (id) ON users TO trapline_app", offence: "trapline_app: references of users" },
    {
      by: "GRANT SELECT ON sites TO trapline_app WITH GRANT OPTION",
      offence: "trapline_app: select of sites, to pass on",
    },
  ],
};

const nothingForEverybody: CatalogueRule = {
  name: "nothing is granted to PUBLIC, nor to a role that is not ours",
  reason: "whoever may connect to the server could use it, and no wall is made for them",
  offences: `
    SELECT format('%s: %s of %s', coalesce(r.rolname, 'PUBLIC'), lower(g.privilege), g.table_name)
      FROM grants g LEFT JOIN pg_roles r ON r.oid = g.grantee WHERE g.grantee NOT IN (SELECT oid FROM roles)
    UNION ALL
    SELECT format('%s: %s of sequence %s', coalesce(r.rolname, 'PUBLIC'), lower(g.privilege_type), c.relname)
      FROM pg_class c, aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('S', 'v', 'm', 'f') AND g.grantee <> c.relowner
        AND g.grantee NOT IN (SELECT oid FROM roles)
    UNION ALL
    SELECT format('%s: execute of %s', coalesce(r.rolname, 'PUBLIC'), f.name)
      FROM functions f, aclexplode(coalesce(f.acl, acldefault('f', f.owner))) g LEFT JOIN pg_roles r ON r.oid = g.grantee
      WHERE g.grantee <> f.owner AND g.grantee NOT IN (SELECT oid FROM roles)`,
  broken: [
    { by: "GRANT SELECT ON sites TO PUBLIC", offence: "PUBLIC: select of sites" },
    { by: "GRANT SELECT (name) ON sites TO PUBLIC", offence: "PUBLIC: select of sites" },
    { by: "GRANT SELECT ON sites TO pg_monitor", offence: "pg_monitor: select of sites" },
    {
      by: "GRANT USAGE ON SEQUENCE device_commands_id_seq TO PUBLIC",
      offence: "PUBLIC: usage of sequence device_commands_id_seq",
    },
    {
      by: "CREATE FUNCTION careless() RETURNS integer LANGUAGE sql RETURN 1",
      offence: "PUBLIC: execute of careless",
    },
  ],
};

const nothingIsMade: CatalogueRule = {
  name: "neither the roles nor PUBLIC may make anything in the schema or in the database",
  reason: "what they made would be theirs, and a function of theirs might be taken for ours",
  offences: `
    SELECT format('%s may create in %s', r.name, n.nspname) FROM roles r, pg_namespace n
      WHERE n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(r.oid, n.oid, 'CREATE')
    UNION ALL
    SELECT r.name || ' may create schemas' FROM roles r WHERE has_database_privilege(r.oid, current_database(), 'CREATE')
    UNION ALL
    SELECT 'PUBLIC may create in ' || n.nspname FROM pg_namespace n, aclexplode(n.nspacl) g WHERE g.grantee = 0 AND g.privilege_type = 'CREATE'`,
  broken: [
    { by: "GRANT CREATE ON SCHEMA public TO PUBLIC", offence: "PUBLIC may create in public" },
    { by: "GRANT CREATE ON SCHEMA public TO PUBLIC", offence: "trapline_app may create in public" },
    { by: "GRANT CREATE ON SCHEMA public TO trapline_ingest", offence: "trapline_ingest may create in public" },
    { by: "CREATE SCHEMA own; GRANT CREATE ON SCHEMA own TO trapline_app", offence: "trapline_app may create in own" },
  ],
};

const sequencesAreKnown: CatalogueRule = {
  name: "every sequence that a role may use is known",
  reason: "it counts across tenants: whoever may use it learns how much the others did",
  offences: `
    SELECT format('%s: %s of %s', r.name, lower(g.privilege_type), c.relname)
    FROM pg_class c, aclexplode(c.relacl) g JOIN roles r ON r.oid = g.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'`,
  allowed: {
    "trapline_app: usage of device_commands_id_seq":
      "a command's number is short because traps repeat it; it tells how many commands there were, and whose they were it does not",
    "trapline_system: usage of device_claiming_queue_id_seq": "it belongs to no tenant's table, and nobody is shown it",
  },
  broken: [
    {
      by: "GRANT SELECT ON SEQUENCE device_claiming_queue_id_seq TO trapline_app",
      offence: "trapline_app: select of device_claiming_queue_id_seq",
    },
  ],
};

const noPower: CatalogueRule = {
  name: "the roles have no attribute that passes a wall and belong to no other role",
  reason: "a superuser, BYPASSRLS or a member of the owner passes every policy, and CREATEROLE can become one",
  offences: `
    SELECT format('%s: %s', rolname, what) FROM pg_roles
      CROSS JOIN LATERAL (VALUES (rolsuper, 'superuser'), (rolbypassrls, 'bypassrls'), (rolcreaterole, 'createrole'),
        (rolcreatedb, 'createdb'), (rolreplication, 'replication'), (rolinherit, 'inherit')) AS power (has, what)
      WHERE has AND oid IN (SELECT oid FROM roles)
    UNION ALL
    SELECT format('%s: member of %s', r.name, g.rolname) FROM pg_auth_members m JOIN roles r ON r.oid = m.member
      JOIN pg_roles g ON g.oid = m.roleid`,
  broken: [
    { by: "CREATE ROLE trapline_tried NOINHERIT BYPASSRLS", offence: "trapline_tried: bypassrls" },
    { by: "CREATE ROLE trapline_tried NOINHERIT SUPERUSER", offence: "trapline_tried: superuser" },
    { by: "CREATE ROLE trapline_tried NOINHERIT CREATEROLE", offence: "trapline_tried: createrole" },
    {
      by: "CREATE ROLE trapline_tried NOINHERIT; GRANT pg_read_all_data TO trapline_tried",
      offence: "trapline_tried: member of pg_read_all_data",
    },
    {
      by: "CREATE ROLE trapline_tried NOINHERIT; CREATE ROLE trapline_tried_too NOINHERIT; GRANT trapline_tried TO trapline_tried_too",
      offence: "trapline_tried_too: member of trapline_tried",
    },
  ],
};

const nothingOwned: CatalogueRule = {
  name: "the roles own nothing in the database",
  reason: "an owner changes what is theirs, its policies among it",
  offences: `
    SELECT format('%s owns %s', r.name, pg_describe_object(d.classid, d.objid, d.objsubid)) FROM pg_shdepend d JOIN roles r ON r.oid = d.refobjid
    WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  broken: [
    {
      by: "GRANT CREATE ON SCHEMA public TO trapline_app; ALTER TABLE tasks OWNER TO trapline_app",
      offence: "trapline_app owns table tasks",
    },
    {
      by: "GRANT CREATE ON SCHEMA public TO trapline_system; ALTER FUNCTION shared_scope() OWNER TO trapline_system",
      offence: "trapline_system owns function shared_scope()",
    },
  ],
};

const partitionsAreTheOwners: CatalogueRule = {
  name: "a partition is granted to nobody and has no policy but owner_all",
  reason: "read by its own name it has no wall of its parent's",
  offences: `
    SELECT format('%s: %s', g.table_name, lower(g.privilege)) FROM grants g WHERE g.is_partition
    UNION ALL
    SELECT format('%s: policy %s', p.table_name, p.name) FROM policies p WHERE p.is_partition AND p.name <> 'owner_all'`,
  broken: [
    { by: "GRANT SELECT ON device_events_default TO trapline_app", offence: "device_events_default: select" },
    {
      by: `DO $$ BEGIN EXECUTE format('GRANT INSERT ON %s TO trapline_ingest', (
        SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_logs'::regclass AND inhrelid <> 'audit_logs_default'::regclass
        ORDER BY inhrelid::regclass::text LIMIT 1)); EXECUTE 'CREATE POLICY seen ON audit_logs_default TO trapline_app USING (true)'; END $$`,
      offence: "audit_logs_default: policy seen",
    },
  ],
};

export const GRANT_RULES: CatalogueRule[] = [
  grantsHavePolicies,
  onlyRows,
  nothingForEverybody,
  nothingIsMade,
  sequencesAreKnown,
  noPower,
  nothingOwned,
  partitionsAreTheOwners,
];
