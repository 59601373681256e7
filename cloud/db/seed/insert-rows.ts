// Inserts rows of the sample that are not there. What is there stays as it is, whoever changed it.
import type pg from "pg";
import type { SampleRow, SampleTable } from "./sample-table.ts";
import { SeedError } from "./seed-error.ts";

export interface InsertedRows {
  /** The first column of the key of each row that was inserted, as text. */
  keys: string[];
  /** Rows of the sample that are there now, those of earlier runs included. */
  there: number;
}

/**
 * One statement for all rows. Known rows are taken out before it, since triggers would judge them as if they came anew.
 * @param client of the owner, inside a transaction
 * @param wanted those of the table's rows that are inserted if they are not there
 * @throws SeedError `name-taken`
 */
export async function insertRows(
  client: pg.Client,
  table: SampleTable,
  wanted: readonly SampleRow[],
): Promise<InsertedRows> {
  const columns = readColumns(table);
  const inserted = await client.query<{ key: string }>(
    `INSERT INTO ${table.name} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table.name}, $1) AS sample
      WHERE NOT EXISTS (${selectKnown(table)}) ON CONFLICT DO NOTHING RETURNING ${table.key[0]}::text AS key`,
    [JSON.stringify(wanted)],
  );
  const counted = await client.query<{ there: number }>(
    `SELECT count(*)::int AS there FROM jsonb_populate_recordset(NULL::${table.name}, $1) AS sample
      WHERE EXISTS (${selectKnown(table)})`,
    [JSON.stringify(table.rows)],
  );
  const there = counted.rows[0]?.there ?? 0;
  if (there < table.rows.length && table.isNeeded === true) throw explainMissing(table, table.rows.length - there);
  return { keys: inserted.rows.map((row) => row.key), there };
}

/** A column that only some rows name would be lost without a word. */
function readColumns({ name, rows }: SampleTable): string {
  const [columns = "", ...others] = new Set(rows.map((row) => Object.keys(row).sort().join(", ")));
  if (others.length > 0) throw new Error(`the sample's rows of ${name} differ in their columns`);
  return columns;
}

function selectKnown({ name, key }: SampleTable): string {
  const isSame = key.map((column) => `known.${column} = sample.${column}`).join(" AND ");
  return `SELECT FROM ${name} AS known WHERE ${isSame}`;
}

function explainMissing({ name }: SampleTable, missing: number): SeedError {
  return new SeedError(
    "name-taken",
    `other data has names that ${missing} of the sample's ${name} need; nothing was changed: use a database of its own`,
    { table: name, missing },
  );
}
