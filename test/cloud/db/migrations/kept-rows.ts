// Reads whole tables and tells what became of their rows, value by value, so that nothing can be lost unseen.
import type pg from "pg";
import type { Row } from "./mousetrap-rows.ts";

/** Table to its rows, in no order. Times are told in UTC, without a zone, whether the column has one or not. */
export type Rows = Record<string, Row[]>;

export async function readRows(client: pg.Client, tables: string[]): Promise<Rows> {
  const zone = await client.query<{ TimeZone: string }>("SHOW timezone");
  await client.query("SET timezone = 'UTC'");
  const rows: Rows = {};
  for (const table of tables) {
    const answer = await client.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM ${table} AS t`);
    rows[table] = answer.rows.map(({ row }) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, withoutZone(value)])),
    );
  }
  await client.query("SELECT set_config('timezone', $1, false)", [zone.rows[0]?.TimeZone]);
  return rows;
}

function withoutZone(value: Row[string]): Row[string] {
  return typeof value === "string" ? value.replace(/^(\d{4}-\d\d-\d\dT[\d:.]+)\+00:00$/, "$1") : value;
}

/** One line for each value that is other, `table key column: value`; for a row that is gone, and for one that came. */
export function compareRows(before: Rows, after: Rows, keys: Record<string, string[]>): string[] {
  return Object.entries(before).flatMap(([table, rows]) => {
    const found = byKey(after[table] ?? [], keys[table]);
    const lines = [...byKey(rows, keys[table])].flatMap(([key, row]) => {
      const now = found.get(key);
      found.delete(key);
      if (now === undefined) return [`${table} ${key}: gone`];
      return Object.keys(row)
        .filter((column) => JSON.stringify(row[column]) !== JSON.stringify(now[column]))
        .map((column) => tellValue(table, key, column, now[column]));
    });
    return [...lines, ...[...found.keys()].map((key) => `${table} ${key}: new`)];
  });
}

/** The second row of a key is `key #2`. */
function byKey(rows: Row[], columns = ["id"]): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const key = columns.map((column) => row[column]).join(" ");
    let name = key;
    for (let place = 2; found.has(name); place += 1) name = `${key} #${place}`;
    found.set(name, row);
  }
  return found;
}

/** Undefined is told for a column that is no longer there. */
export function tellValue(table: string, key: string, column: string, value: Row[string] | undefined): string {
  return `${table} ${key} ${column}: ${value === undefined ? "no column" : JSON.stringify(value)}`;
}
