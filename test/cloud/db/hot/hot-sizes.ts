// Reads how big the tables and indexes of a database are, as its planner knows it.
import type pg from "pg";
import type { IndexFacts, Sizes } from "./plan.ts";

export async function readSizes(client: pg.ClientBase): Promise<Sizes> {
  const tables = await client.query<{ name: string; rows: number; whole: string | null }>(
    `SELECT relname AS name, greatest(reltuples, 0)::float8 AS rows,
        CASE WHEN relispartition THEN (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid) END AS whole
      FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  const indexes = await client.query<IndexFacts & { name: string }>(
    `SELECT i.relname AS name, t.relname AS table, pg_get_indexdef(i.oid, 1, true) AS "firstColumn", greatest(i.reltuples, 0)::float8 AS rows
      FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid JOIN pg_class AS t ON t.oid = indrelid
      WHERE i.relnamespace = 'public'::regnamespace`,
  );
  return {
    tables: new Map(tables.rows.map(({ name, rows }) => [name, rows])),
    indexes: new Map(indexes.rows.map(({ name, ...facts }) => [name, facts])),
    wholes: new Map(tables.rows.flatMap(({ name, whole }) => (whole === null ? [] : [[name, whole]]))),
  };
}
