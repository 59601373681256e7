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

/** Everything by its definition: columns, constraints, indexes, functions, triggers, policies, and who may do what. */
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
    UNION ALL SELECT format('policy %s', to_jsonb(p)) FROM pg_policies p WHERE schemaname = 'public'
    UNION ALL SELECT format('walls %s enabled=%s forced=%s', relname, relrowsecurity, relforcerowsecurity)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    UNION ALL SELECT format('grant %s %s to %s', c.oid::regclass, a.privilege_type, nullif(a.grantee, 0)::regrole)
      FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v')
    UNION ALL SELECT format('grant %s.%s %s to %s', attrelid::regclass, attname, a.privilege_type, nullif(a.grantee, 0)::regrole)
      FROM pg_attribute, aclexplode(attacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE NOT attisdropped AND r.rolname LIKE 'trapline%'
    UNION ALL SELECT format('grant %s %s to %s', p.oid::regprocedure, a.privilege_type, nullif(a.grantee, 0)::regrole)
      FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('sequence %s', sequence_name) FROM information_schema.sequences WHERE sequence_schema = 'public'
    ORDER BY 1`);
  return answer.rows.map((row) => row.line);
}
