// Reads what a live database consists of, in a form that two databases or a database and a document can be compared by.
import type pg from "pg";

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

/** Everything by its definition: columns with order, constraints, indexes, functions, triggers. */
export async function describeSchema(client: pg.Client): Promise<string[]> {
  const answer = await client.query<{ line: string }>(`
    SELECT format('column %s.%s %s null=%s default=%s', table_name, column_name,
        udt_name || coalesce('(' || character_maximum_length || ')', ''), is_nullable, coalesce(column_default, '-')) AS line
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('function %s', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('sequence %s', sequence_name) FROM information_schema.sequences WHERE sequence_schema = 'public'
    ORDER BY 1`);
  return answer.rows.map((row) => row.line);
}
