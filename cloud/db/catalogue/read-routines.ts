// Reads functions and procedures, with what has to be there before them: a function may return a table's rows, or have a body that was
// parsed when it was made.
import type pg from "pg";
import type { Routine } from "./catalogue.ts";
import { nameRelation, nameRoutine } from "./catalogue.ts";
import type { GrantBook } from "./read-grants.ts";
import { compareTexts } from "./sql-text.ts";
import { stabilise } from "./stable-sql.ts";

interface RoutineRow {
  signature: string;
  kind: "f" | "w" | "p";
  definition: string;
  parsed: boolean;
  comment: string | null;
  relations: string[];
  routines: string[];
}

const ROUTINES = `
  SELECT p.oid::regprocedure::text AS signature, p.prokind AS kind, pg_get_functiondef(p.oid) AS definition, p.prosqlbody IS NOT NULL AS parsed,
    obj_description(p.oid, 'pg_proc') AS comment,
    ARRAY(
      SELECT c.relname::text
      FROM pg_depend d
        LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
        LEFT JOIN pg_type element ON element.oid = t.typelem
        JOIN pg_class c ON c.oid IN (CASE WHEN d.refclassid = 'pg_class'::regclass THEN d.refobjid END, t.typrelid, element.typrelid)
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND c.relnamespace = 'public'::regnamespace
    ) AS relations,
    ARRAY(
      SELECT d.refobjid::regprocedure::text FROM pg_depend d
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
    ) AS routines
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'w', 'p')
    AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    )`;

export async function readRoutines(client: pg.Client, grants: GrantBook): Promise<Routine[]> {
  const { rows } = await client.query<RoutineRow>(ROUTINES);
  const routines = rows.map(({ signature, kind, definition, parsed, comment, relations, routines }): Routine => {
    const needs = [...relations.map(nameRelation), ...routines.map(nameRoutine)];
    return {
      signature,
      kind: kind === "p" ? "procedure" : "function",
      // What was parsed when the function was made is told in PostgreSQL's words; any other body is the author's own text.
      definition: (parsed ? stabilise(definition) : definition).trimEnd(),
      comment,
      grants: grants.ofRoutine(signature),
      needs: [...new Set(needs)].sort(compareTexts),
    };
  });
  return routines.sort((a, b) => compareTexts(a.signature, b.signature));
}
