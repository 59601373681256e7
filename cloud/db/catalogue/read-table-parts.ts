// Reads what hangs on tables: constraints, indexes, triggers, policies. What a partition has from its table is left out, and so are the
// NOT NULL constraints that PostgreSQL 18 lists: they are told by the columns.
import type pg from "pg";
import type { Constraint, Index, Policy, Table, Trigger } from "./catalogue.ts";
import { compareTexts } from "./sql-text.ts";
import { stabilise } from "./stable-sql.ts";

type Parts = Pick<Table, "constraints" | "indexes" | "triggers" | "policies">;

/** All at once; the answer looks them up by the table's name. */
export async function readTableParts(client: pg.Client): Promise<(table: string) => Parts> {
  const constraints = await readConstraints(client);
  const indexes = await readIndexes(client);
  const triggers = await readTriggers(client);
  const policies = await readPolicies(client);
  return (table) => ({
    constraints: listOf(constraints, table),
    indexes: listOf(indexes, table),
    triggers: listOf(triggers, table),
    policies: listOf(policies, table),
  });
}

interface Part<T> {
  table: string;
  part: T;
}

function listOf<T extends { name: string }>(parts: Part<T>[], table: string): T[] {
  const own = parts.filter((one) => one.table === table).map((one) => one.part);
  return own.sort((a, b) => compareTexts(a.name, b.name));
}

const KINDS = { p: "primary-key", u: "unique", x: "exclusion", c: "check", f: "foreign-key" } as const;

async function readConstraints(client: pg.Client): Promise<Part<Constraint>[]> {
  const { rows } = await client.query<{
    table_name: string;
    name: string;
    kind: keyof typeof KINDS;
    validated: boolean;
    definition: string;
  }>(`
    SELECT c.relname AS table_name, k.conname AS name, k.contype AS kind, k.convalidated AS validated,
      pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'x', 'c', 'f')
      AND k.conparentid = 0 AND k.coninhcount = 0`);
  return rows.map(({ table_name, name, kind, validated, definition }) => ({
    table: table_name,
    part: { name, kind: KINDS[kind], definition: stabilise(definition), validated },
  }));
}

/** Of a partitioned table an index is told without its partitions; executed, the statement shall reach them. */
const ONLY = /^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|\S+) ON) ONLY /;

async function readIndexes(client: pg.Client): Promise<Part<Index>[]> {
  const { rows } = await client.query<{ table_name: string; name: string; definition: string; valid: boolean }>(`
    SELECT t.relname AS table_name, x.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid AS valid
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT x.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`);
  return rows.map(({ table_name, name, definition, valid }) => ({
    table: table_name,
    part: { name, definition: stabilise(definition.replace(ONLY, "$1 ")), valid },
  }));
}

const FIRES = { O: "origin", A: "always", R: "replica", D: "never" } as const;

async function readTriggers(client: pg.Client): Promise<Part<Trigger>[]> {
  const { rows } = await client.query<{
    table_name: string;
    name: string;
    definition: string;
    enabled: keyof typeof FIRES;
  }>(`
    SELECT c.relname AS table_name, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0`);
  return rows.map(({ table_name, name, definition, enabled }) => ({
    table: table_name,
    part: { name, definition: stabilise(definition), fires: FIRES[enabled] },
  }));
}

const COMMANDS = { "*": "ALL", r: "SELECT", a: "INSERT", w: "UPDATE", d: "DELETE" } as const;

async function readPolicies(client: pg.Client): Promise<Part<Policy>[]> {
  const { rows } = await client.query<{
    table_name: string;
    name: string;
    restrictive: boolean;
    command: keyof typeof COMMANDS;
    roles: string[];
    using: string | null;
    check: string | null;
  }>(`
    SELECT c.relname AS table_name, p.polname AS name, NOT p.polpermissive AS restrictive, p.polcmd AS command,
      ARRAY(
        SELECT CASE WHEN role = 0 THEN 'PUBLIC' WHEN role = c.relowner THEN 'CURRENT_USER' ELSE role::regrole::text END
        FROM unnest(p.polroles) AS role
      ) AS roles,
      pg_get_expr(p.polqual, p.polrelid) AS "using", pg_get_expr(p.polwithcheck, p.polrelid) AS "check"
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    WHERE c.relnamespace = 'public'::regnamespace`);
  return rows.map(({ table_name, name, restrictive, command, roles, using, check }) => ({
    table: table_name,
    part: {
      name,
      restrictive,
      command: COMMANDS[command],
      roles: roles.sort(compareTexts),
      using: using === null ? null : stabilise(using),
      check: check === null ? null : stabilise(check),
    },
  }));
}
