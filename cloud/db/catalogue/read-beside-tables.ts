// Reads what stands beside the tables: types, sequences, views, and the names of what we cannot write down.
import type pg from "pg";
import { ROLES } from "../roles/roles.ts";
import type { EnumType, Sequence, SequenceOptions, View } from "./catalogue.ts";
import { nameRelation, nameRoutine } from "./catalogue.ts";
import type { GrantBook } from "./read-grants.ts";
import { readColumns } from "./read-tables.ts";
import { compareTexts } from "./sql-text.ts";
import { stabilise, unqualify } from "./stable-sql.ts";

const NOT_OF_EXTENSION = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;

export async function readEnums(client: pg.Client): Promise<EnumType[]> {
  const { rows } = await client.query<EnumType>(`
    SELECT t.typname AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS words
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
    WHERE t.typnamespace = 'public'::regnamespace AND ${NOT_OF_EXTENSION("pg_type", "t.oid")}
    GROUP BY t.oid, t.typname`);
  return rows.sort((a, b) => compareTexts(a.name, b.name));
}

interface SequenceRow extends SequenceOptions {
  name: string;
  table_name: string | null;
  column_name: string | null;
}

export async function readSequences(client: pg.Client, grants: GrantBook): Promise<Sequence[]> {
  const { rows } = await client.query<SequenceRow>(`
    SELECT c.relname AS name, format_type(q.seqtypid, NULL) AS type, q.seqstart::text AS start, q.seqincrement::text AS increment,
      q.seqmin::text AS min, q.seqmax::text AS max, q.seqcache::text AS cache, q.seqcycle AS cycle,
      t.relname AS table_name, a.attname AS column_name
    FROM pg_class c JOIN pg_sequence q ON q.seqrelid = c.oid
      LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i')
      LEFT JOIN pg_class t ON t.oid = d.refobjid
      LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relnamespace = 'public'::regnamespace AND d.deptype IS DISTINCT FROM 'i' AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}`);
  const sequences = rows.map(({ name, table_name, column_name, ...options }): Sequence => {
    const ownedBy = table_name === null || column_name === null ? null : { table: table_name, column: column_name };
    return { name, options, ownedBy, grants: grants.of(name) };
  });
  return sequences.sort((a, b) => compareTexts(a.name, b.name));
}

interface ViewRow {
  name: string;
  options: string[];
  definition: string;
  comment: string | null;
  relations: string[];
  routines: string[];
}

export async function readViews(client: pg.Client, grants: GrantBook): Promise<View[]> {
  const { rows } = await client.query<ViewRow>(`
    SELECT c.relname AS name, coalesce(c.reloptions, '{}') AS options, pg_get_viewdef(c.oid) AS definition,
      obj_description(c.oid, 'pg_class') AS comment,
      ARRAY(
        SELECT r.relname::text FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
          JOIN pg_class r ON d.refclassid = 'pg_class'::regclass AND r.oid = d.refobjid
        WHERE w.ev_class = c.oid AND r.oid <> c.oid AND r.relnamespace = c.relnamespace
      ) AS relations,
      ARRAY(
        SELECT d.refobjid::regprocedure::text FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        WHERE w.ev_class = c.oid AND d.refclassid = 'pg_proc'::regclass
      ) AS routines
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}`);
  const columns = await readColumns(client, ["v"]);
  const views = rows.map(({ name, options, definition, comment, relations, routines }): View => {
    const needs = [...relations.map(nameRelation), ...routines.map(nameRoutine)];
    return {
      name,
      options,
      definition: unqualify(stabilise(definition)).trim(),
      comment,
      columns: columns.get(name) ?? [],
      grants: grants.of(name),
      needs: [...new Set(needs)].sort(compareTexts),
    };
  });
  return views.sort((a, b) => compareTexts(a.name, b.name));
}

/** The migrations use none of it. Where somebody has made one by hand, it is at least named. */
export async function readOthers(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ words: string }>(
    `
    SELECT CASE c.relkind WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' ELSE 'composite type ' END || c.relname AS words
      FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('m', 'f', 'c') AND ${NOT_OF_EXTENSION("pg_class", "c.oid")}
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'domain ' WHEN 'r' THEN 'range type ' ELSE 'base type ' END || t.typname FROM pg_type t
      WHERE t.typnamespace = 'public'::regnamespace AND (t.typtype IN ('d', 'r') OR t.typtype = 'b' AND t.typelem = 0)
        AND ${NOT_OF_EXTENSION("pg_type", "t.oid")}
    UNION ALL
    SELECT 'aggregate ' || p.oid::regprocedure::text FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'a' AND ${NOT_OF_EXTENSION("pg_proc", "p.oid")}
    UNION ALL
    SELECT format('rule %s on %s', w.rulename, c.relname) FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT format('inheritance of %s from %s', i.inhrelid::regclass, i.inhparent::regclass)
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
    UNION ALL
    SELECT 'statistics ' || s.stxname FROM pg_statistic_ext s WHERE s.stxnamespace = 'public'::regnamespace
    UNION
    SELECT format('default privileges of %s on %s', coalesce(r.rolname, 'PUBLIC'),
        CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' ELSE 'other things' END)
      FROM pg_default_acl d, aclexplode(d.defaclacl) acl LEFT JOIN pg_roles r ON r.oid = acl.grantee
      WHERE d.defaclnamespace IN (0, 'public'::regnamespace) AND (acl.grantee = 0 OR r.rolname = ANY($1))`,
    [[...ROLES]],
  );
  return rows.map((row) => row.words).sort(compareTexts);
}
