// Empties a database: everything that migrations or people made in it goes, in one transaction; the database itself, its mark, its
// extensions, the schema public and the cluster's roles stay. Whether that may be done is asked by whoever calls.
import type pg from "pg";
import { listDrops } from "../backup/tables.ts";
import { inTransaction } from "../migrations/owner-connection.ts";

/** Not those of PostgreSQL itself, nor those that an extension has brought. */
const SCHEMAS = `SELECT format('DROP SCHEMA %I CASCADE', n.nspname) AS statement FROM pg_namespace n
  WHERE n.nspname NOT IN ('public', 'information_schema') AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')`;

/**
 * Whoever reads or writes meanwhile is waited for.
 * @param client of the owner, outside of a transaction
 */
export function clearDatabase(client: pg.Client): Promise<void> {
  return inTransaction(client, async () => {
    const { rows } = await client.query<{ statement: string }>(SCHEMAS);
    for (const { statement } of rows) await client.query(statement);
    for (const statement of await listDrops(client)) await client.query(statement);
  });
}
