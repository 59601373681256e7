// Reads tables with their columns and with all that hangs on them. A partition is a table that leaves to its own what it has from there.
import type pg from "pg";
import type { Column, SequenceOptions, Table } from "./catalogue.ts";
import type { GrantBook } from "./read-grants.ts";
import { readTableParts } from "./read-table-parts.ts";
import { compareTexts } from "./sql-text.ts";
import { stabilise } from "./stable-sql.ts";

interface TableRow {
  name: string;
  partition_key: string | null;
  parent: string | null;
  bound: string | null;
  unlogged: boolean;
  options: string[];
  comment: string | null;
  enabled: boolean;
  forced: boolean;
}

const TABLES = `
  SELECT c.relname AS name, CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
    parent.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound, c.relpersistence = 'u' AS unlogged,
    coalesce(c.reloptions, '{}') AS options, obj_description(c.oid, 'pg_class') AS comment,
    c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
  FROM pg_class c
    LEFT JOIN pg_inherits i ON c.relispartition AND i.inhrelid = c.oid
    LEFT JOIN pg_class parent ON parent.oid = i.inhparent
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )`;

export async function readTables(client: pg.Client, grants: GrantBook): Promise<Table[]> {
  const { rows } = await client.query<TableRow>(TABLES);
  const columns = await readColumns(client, ["r", "p"]);
  const partsOf = await readTableParts(client);
  const tables = rows.map((row): Table => {
    const { name, partition_key, parent, bound, unlogged, options, comment, enabled, forced } = row;
    return {
      name,
      partitionKey: partition_key === null ? null : stabilise(partition_key),
      partitionOf: parent === null || bound === null ? null : { table: parent, bound },
      unlogged,
      options,
      comment,
      rowSecurity: { enabled, forced },
      columns: columns.get(name) ?? [],
      ...partsOf(name),
      grants: grants.of(name),
    };
  });
  return tables.sort((a, b) => compareTexts(a.name, b.name));
}

interface ColumnRow {
  table_name: string;
  name: string;
  type: string;
  not_null: boolean;
  identity: "" | "a" | "d";
  generated: "" | "s" | "v";
  expression: string | null;
  collation: string | null;
  comment: string | null;
  sequence: string | null;
  options: SequenceOptions | null;
}

const COLUMNS = `
  SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
    a.attidentity AS identity, a.attgenerated AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
    col_description(c.oid, a.attnum) AS comment, s.relname AS sequence,
    CASE WHEN s.oid IS NOT NULL THEN json_build_object('type', format_type(q.seqtypid, NULL), 'start', q.seqstart::text,
      'increment', q.seqincrement::text, 'min', q.seqmin::text, 'max', q.seqmax::text, 'cache', q.seqcache::text,
      'cycle', q.seqcycle) END AS options
  FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_depend o ON a.attidentity <> '' AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid
      AND o.refobjsubid = a.attnum AND o.classid = 'pg_class'::regclass AND o.deptype = 'i'
    LEFT JOIN pg_class s ON s.oid = o.objid AND s.relkind = 'S'
    LEFT JOIN pg_sequence q ON q.seqrelid = s.oid
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = ANY($1)
  ORDER BY c.relname, a.attnum`;

/** In their order, by the name of the table or view. `kinds` as pg_class calls them. */
export async function readColumns(client: pg.Client, kinds: string[]): Promise<Map<string, Column[]>> {
  const { rows } = await client.query<ColumnRow>(COLUMNS, [kinds]);
  const columns = new Map<string, Column[]>();
  for (const row of rows) {
    const list = columns.get(row.table_name) ?? [];
    list.push(parseColumn(row));
    columns.set(row.table_name, list);
  }
  return columns;
}

function parseColumn(row: ColumnRow): Column {
  const { name, type, not_null, identity, generated, sequence, options, collation, comment } = row;
  const expression = row.expression === null ? null : stabilise(row.expression);
  return {
    name,
    type,
    notNull: not_null,
    default: generated === "" ? expression : null,
    generated: generated === "" || expression === null ? null : { expression, stored: generated === "s" },
    identity: sequence === null || options === null ? null : { always: identity === "a", sequence, options },
    collation,
    comment,
  };
}
