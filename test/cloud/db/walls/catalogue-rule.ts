// What a rule of the database's catalogue is: a query for what breaks it, what may break it and why, and changes that break it on purpose.
// The rules stand in *-rules.ts, what holds them against a database in catalogue.test.ts.
import type pg from "pg";

export interface CatalogueRule {
  /** A sentence that is true of the whole database. */
  name: string;
  /** What goes wrong where it is broken. */
  reason: string;
  /** A SELECT with one column of text: whatever breaks the rule, by name. It may begin with the tables of PARTS. */
  offences: string;
  /** Offence -> why it is none. Every one of them has to be there: an exception that nothing needs any more is taken out. */
  allowed?: Record<string, string>;
  /** Each breaks the rule; the offence is what it must be called then. A rule that cannot fail is none. */
  broken: { by: string; offence: string }[];
}

/** The logins of the cloud, and those that a rule is tried on. */
const OUR_ROLES =
  "r.rolname IN ('trapline_app', 'trapline_ingest', 'trapline_system', 'trapline_tried', 'trapline_tried_too')";

/** What the queries of the rules may use as tables. Partitions are no tables of their own: what is asked of them is asked of their parent. */
const PARTS = `WITH
  tables AS (
    SELECT c.oid, c.relname AS name, c.relowner AS owner, c.relrowsecurity AS walled, c.relforcerowsecurity AS forced, c.relacl AS acl,
      c.relispartition AS is_partition,
      EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS has_tenant
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  ), columns AS (
    SELECT t.oid AS table_oid, t.name AS table_name, t.is_partition, t.has_tenant, a.attname AS name, a.attnum AS number,
      a.atttypid::regtype::text AS type, a.attnotnull AS is_required, a.attacl AS acl
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  ), policies AS (
    SELECT t.oid AS table_oid, t.name AS table_name, t.owner, t.is_partition, p.polname AS name, p.polpermissive AS is_permissive,
      p.polcmd AS command, p.polroles AS roles, pg_get_expr(p.polqual, p.polrelid) AS visible,
      pg_get_expr(p.polwithcheck, p.polrelid) AS writable
    FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
  ), roles AS (
    SELECT r.oid, r.rolname AS name FROM pg_roles r WHERE ${OUR_ROLES}
  ), grants AS (
    SELECT t.oid AS table_oid, t.name AS table_name, t.owner, t.is_partition, g.grantee, g.privilege_type AS privilege, g.is_grantable,
        NULL::smallint AS number
      FROM tables t, aclexplode(t.acl) g WHERE g.grantee <> t.owner
    UNION ALL
    SELECT t.oid, t.name, t.owner, t.is_partition, g.grantee, g.privilege_type, g.is_grantable, c.number
      FROM tables t JOIN columns c ON c.table_oid = t.oid, aclexplode(c.acl) g WHERE g.grantee <> t.owner
  ), functions AS (
    SELECT p.oid, p.proname AS name, p.proowner AS owner, p.proacl AS acl, p.prosecdef AS is_definer, p.proconfig AS settings,
      p.proargtypes AS argument_types, p.proargnames AS argument_names
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  )`;

/** The offences of a rule, those that are allowed among them. */
export async function findOffences(client: pg.Client, rule: CatalogueRule): Promise<string[]> {
  const answer = await client.query<{ offence: string }>(
    `${PARTS} SELECT DISTINCT offence FROM (${rule.offences}) AS found (offence) ORDER BY 1`,
  );
  return answer.rows.map((row) => row.offence);
}

const INSUFFICIENT_PRIVILEGE = "42501";

/** The offences of a rule in a database that was changed, for as long as it takes to look; or that whoever asks may not change it so. */
export async function findOffencesAfter(
  client: pg.Client,
  change: string,
  rule: CatalogueRule,
): Promise<string[] | "forbidden"> {
  await client.query("BEGIN");
  try {
    await client.query(change);
    return await findOffences(client, rule);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === INSUFFICIENT_PRIVILEGE) return "forbidden";
    throw error;
  } finally {
    await client.query("ROLLBACK");
  }
}
