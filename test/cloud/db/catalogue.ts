// Reads what a live database consists of, in a form that two databases or a database and a document can be compared by.
import type pg from "pg";
import { describeCatalogue } from "../../../cloud/db/catalogue/compare-catalogues.ts";
import { readCatalogue } from "../../../cloud/db/catalogue/read-catalogue.ts";

export interface ColumnFacts {
  table_name: string;
  column_name: string;
  /** PostgreSQL's short name of the type, with the length where there is one. */
  type: string;
  nullable: boolean;
  hasDefault: boolean;
}

export async function listColumns(client: pg.Client): Promise<ColumnFacts[]> {
  const answer = await client.query<ColumnFacts>(`
    SELECT table_name, column_name,
      udt_name || coalesce('(' || character_maximum_length || ')', '') AS type,
      is_nullable = 'YES' AS nullable, column_default IS NOT NULL AS "hasDefault"
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT IN ('schema_migrations', 'schema_checkpoints')
    ORDER BY table_name, column_name`);
  return answer.rows;
}

/** Everything by its definition, in lines; without the partitions of months, which depend on the day. */
export async function describeSchema(client: pg.Client): Promise<string[]> {
  return describeCatalogue(await readCatalogue(client));
}
