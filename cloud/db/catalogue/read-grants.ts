// Reads what the cloud's own roles and PUBLIC may do. What the owner may do goes without saying, and other roles are the operator's matter.
import type pg from "pg";
import { ROLES } from "../roles/roles.ts";
import type { Grant } from "./catalogue.ts";

export interface GrantBook {
  /** On a table, a view or a sequence, with those on its columns. */
  of(relation: string): Grant[];
  ofRoutine(signature: string): Grant[];
  ofSchema: Grant[];
}

interface GrantRow extends Grant {
  object: string;
  kind: "relation" | "routine" | "schema";
}

const QUERY = `
  WITH listed AS (
    SELECT 'relation' AS kind, c.relname::text AS object, NULL::name AS "column", c.relowner AS owner, acl.*
      FROM pg_class c, aclexplode(c.relacl) acl
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
    UNION ALL
    SELECT 'relation', c.relname, a.attname, c.relowner, acl.*
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped, aclexplode(a.attacl) acl
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT 'routine', p.oid::regprocedure::text, NULL, p.proowner, acl.*
      FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'schema', n.nspname, NULL, n.nspowner, acl.*
      FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
      WHERE n.nspname = 'public'
  )
  SELECT kind, object, coalesce(r.rolname, 'PUBLIC') AS role, privilege_type AS privilege, "column", is_grantable AS grantable
    FROM listed LEFT JOIN pg_roles r ON r.oid = grantee
    WHERE (grantee = 0 OR r.rolname = ANY($1)) AND grantee <> owner AND privilege_type <> 'MAINTAIN'`;

/** MAINTAIN is left out: versions before 17 do not know it, and it shows nobody anything. */
export async function readGrants(client: pg.Client): Promise<GrantBook> {
  const { rows } = await client.query<GrantRow>(QUERY, [[...ROLES]]);
  const list = (kind: GrantRow["kind"], object: string): Grant[] =>
    rows
      .filter((row) => row.kind === kind && row.object === object)
      .map(({ role, privilege, column, grantable }) => ({ role, privilege, column, grantable }));
  return {
    of: (relation) => list("relation", relation),
    ofRoutine: (signature) => list("routine", signature),
    ofSchema: list("schema", "public"),
  };
}
