// Reads which tables and columns there are and how many values they hold, for loss.ts to compare. Partitions count as their table.
import pg from "pg";
import { RECORD_TABLES } from "./migration-record.ts";

export interface ColumnShape {
  name: string;
  type: string;
  /** The default as SQL, where it is the same for every row; null for none, and for those that differ. */
  constantDefault: string | null;
}

/** Table to its columns. What PostgreSQL computes from other columns is left out: it is lost with nothing. */
export type Shapes = Map<string, ColumnShape[]>;

interface ShapeRow {
  table: string;
  column: string | null;
  type: string;
  default: string | null;
}

/** A literal, with or without a cast: anything else may say something else for every row (now(), gen_random_uuid()). */
const CONSTANT = /^(?:'(?:[^']|'')*'|\(?-?\d+(?:\.\d+)?\)?|true|false)(?:::[\w\s".,[\]()]+)?$/;

export async function readShapes(client: pg.Client): Promise<Shapes> {
  const answer = await client.query<ShapeRow>(
    `SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type,
        pg_get_expr(d.adbin, d.adrelid) AS "default"
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL ($1)
      ORDER BY c.relname, a.attnum`,
    [RECORD_TABLES],
  );
  const shapes: Shapes = new Map();
  for (const row of answer.rows) {
    const columns = shapes.get(row.table) ?? [];
    shapes.set(row.table, columns);
    if (row.column === null) continue;
    const constantDefault = row.default !== null && CONSTANT.test(row.default) ? row.default : null;
    columns.push({ name: row.column, type: row.type, constantDefault });
  }
  return shapes;
}

/** The tables that this transaction has written to, or changed, judged by the locks it holds. */
export async function listWrittenTables(client: pg.Client): Promise<Set<string>> {
  const answer = await client.query<{ table: string }>(
    `SELECT DISTINCT root.relname AS "table"
      FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
        JOIN pg_namespace n ON n.oid = root.relnamespace
      WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND n.nspname = current_schema()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')`,
  );
  return new Set(answer.rows.map((row) => row.table));
}

export async function countRows(client: pg.Client, table: string): Promise<number> {
  const answer = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${pg.escapeIdentifier(table)}`);
  return Number(answer.rows[0]?.rows);
}

/** For each column the rows in which it holds something that its default would not bring back. */
export async function countValues(client: pg.Client, table: string, columns: ColumnShape[]): Promise<number[]> {
  const counts = columns.map((column, index) => `count(*) FILTER (WHERE ${createCondition(column)}) AS c${index}`);
  const answer = await client.query<Record<string, string>>(
    `SELECT ${counts.join(", ")} FROM ${pg.escapeIdentifier(table)}`,
  );
  return columns.map((_, index) => Number(answer.rows[0]?.[`c${index}`]));
}

/** As text, since not every type can be compared (json). */
function createCondition({ name, type, constantDefault }: ColumnShape): string {
  const column = pg.escapeIdentifier(name);
  if (constantDefault === null) return `${column} IS NOT NULL`;
  return `${column} IS NOT NULL AND ${column}::text IS DISTINCT FROM CAST((${constantDefault}) AS ${type})::text`;
}
