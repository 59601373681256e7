// Owns the question what a database holds in the schema public: its tables with their rows' columns, its sequences, and what would
// have to go before something else can take its place. Members of extensions belong to their extension and are left out.
import type pg from "pg";

export interface TableFacts {
  /** As PostgreSQL keeps it, without quotes. */
  name: string;
  /** Schema and name, quoted where needed. */
  ident: string;
  /** Quoted names of the columns that hold values of their own, in order; generated ones make theirs. */
  columns: string[];
  /** What the planner believes; 0 where nobody has counted. */
  rowsEstimate: number;
}

const NOT_OF_EXTENSION = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = '${catalogue}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Everything that holds rows: plain tables and partitions, not the partitioned table above them. */
export async function listTables(client: pg.Client): Promise<TableFacts[]> {
  const answer = await client.query<Omit<TableFacts, "rowsEstimate"> & { estimate: string }>(`
    SELECT c.relname AS name, format('%I.%I', n.nspname, c.relname) AS ident, greatest(c.reltuples, 0)::bigint::text AS estimate,
      ARRAY(SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}
    ORDER BY c.relname COLLATE "C"`);
  return answer.rows.map(({ estimate, ...facts }) => ({ ...facts, rowsEstimate: Number(estimate) }));
}

/** Tables as queries name them: plain ones, and partitioned ones instead of their partitions. Quoted, with their schema. */
export async function listWholeTables(client: pg.Client): Promise<string[]> {
  const answer = await client.query<{ ident: string }>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS ident
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}
    ORDER BY c.relname COLLATE "C"`);
  return answer.rows.map((row) => row.ident);
}

/** Quoted, with their schema. */
export async function listSequences(client: pg.Client): Promise<string[]> {
  const answer = await client.query<{ ident: string }>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS ident
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'S' AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}
    ORDER BY c.relname COLLATE "C"`);
  return answer.rows.map((row) => row.ident);
}

/**
 * Tables of which the policies may hide rows from the current role: row-level security applies to it, and no permissive policy
 * lets it read everything, or a restrictive one narrows that again.
 */
export async function listHiddenTables(client: pg.Client): Promise<string[]> {
  const answer = await client.query<{ ident: string }>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS ident
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
      SELECT coalesce(bool_or(p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = 'true'), false) AS opens,
        coalesce(bool_or(NOT p.polpermissive), false) AS narrows
      FROM pg_catalog.pg_policy p
      WHERE p.polrelid = c.oid AND p.polcmd IN ('*', 'r')
        AND EXISTS (SELECT FROM unnest(p.polroles) AS role WHERE role = 0 OR pg_has_role(role, 'USAGE'))
    ) AS policies
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND row_security_active(c.oid) AND (narrows OR NOT opens)
    ORDER BY 1`);
  return answer.rows.map((row) => row.ident);
}

/** Statements that empty the schema public, in an order in which they work. Empty where there is nothing. */
export async function listDrops(client: pg.Client): Promise<string[]> {
  const relations = await client.query<{ kind: string; idents: string }>(`
    SELECT kind, string_agg(ident, ', ') AS idents
    FROM (
      SELECT format('%I.%I', n.nspname, c.relname) AS ident,
        CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
          WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('v', 'm', 'f', 'r', 'p', 'S', 'c') AND NOT c.relispartition
        AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}
    ) AS found
    GROUP BY kind ORDER BY array_position(ARRAY['VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'TABLE', 'SEQUENCE', 'TYPE'], kind)`);
  const routines = await client.query<{ ident: string }>(`
    SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS ident
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND ${NOT_OF_EXTENSION("pg_proc", "p.oid")}`);
  const types = await client.query<{ ident: string }>(`
    SELECT format('%I.%I', n.nspname, t.typname) AS ident
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd', 'r') AND ${NOT_OF_EXTENSION("pg_type", "t.oid")}`);
  return [
    ...relations.rows.map(({ kind, idents }) => `DROP ${kind} IF EXISTS ${idents} CASCADE`),
    ...routines.rows.map(({ ident }) => `DROP ROUTINE IF EXISTS ${ident} CASCADE`),
    ...types.rows.map(({ ident }) => `DROP TYPE IF EXISTS ${ident} CASCADE`),
  ];
}
