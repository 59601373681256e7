// Owns the question whether this login may migrate this database, asked before anything is touched: the answer names what is missing
// and what an administrator would run.
import pg from "pg";
import { MigrationError } from "./migration-error.ts";

interface Rights {
  role: string;
  database: string;
  schema: string | null;
  may_create: boolean;
}

/** For what is about to create or change tables. @throws MigrationError `permission-missing` */
export async function checkRights(client: pg.Client): Promise<void> {
  const answer = await client.query<Rights>(
    `SELECT current_user AS role, current_database() AS database, current_schema() AS schema,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create`,
  );
  const rights = answer.rows[0];
  if (rights === undefined || rights.may_create) return refuseForeignTables(client, "change");
  const schema = rights.schema ?? "public";
  throw new MigrationError(
    "permission-missing",
    `${rights.role} may not create tables in schema ${schema} of database ${rights.database}; ` +
      "give DATABASE_URL the database's owner, or let an administrator run this there:",
    {
      statements: [
        `GRANT USAGE, CREATE ON SCHEMA ${pg.escapeIdentifier(schema)} TO ${pg.escapeIdentifier(rights.role)}`,
      ],
      data: { ...rights },
    },
  );
}

interface Ownership {
  role: string;
  owner: string;
  owner_is_superuser: boolean;
}

/** Tables are changed by their owner; the record may be read by whom the owner lets. @throws MigrationError `permission-missing` */
export async function refuseForeignTables(client: pg.Client, wanted: "read" | "change"): Promise<void> {
  const answer = await client.query<Ownership>(
    `SELECT current_user AS role, r.rolname AS owner, r.rolsuper AS owner_is_superuser
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
      WHERE n.nspname = current_schema() AND c.relname = 'schema_migrations' AND NOT pg_has_role(c.relowner, 'USAGE')
        AND NOT ($1 = 'read' AND has_table_privilege(c.oid, 'SELECT'))`,
    [wanted],
  );
  const [foreign] = answer.rows;
  if (foreign === undefined) return;
  const { role, owner, owner_is_superuser: isSuperuser } = foreign;
  // Nobody should become a superuser for this.
  const statements = isSuperuser ? [] : [`GRANT ${pg.escapeIdentifier(owner)} TO ${pg.escapeIdentifier(role)}`];
  throw new MigrationError(
    "permission-missing",
    `the tables belong to ${owner}, and ${role} may not work as ${owner}: give DATABASE_URL that user` +
      (isSuperuser ? "" : ", or let an administrator run this:"),
    { statements, data: { ...foreign } },
  );
}
