// Owns what a database consists of, as far as Trapline is concerned: the schema public, its tables and all that hangs on them. Names are
// raw; definitions are SQL as PostgreSQL tells them. Reading it is read-catalogue.ts, writing it down write-schema.ts.

export interface Catalogue {
  enums: EnumType[];
  /** Without those of identity columns, which belong to their columns. */
  sequences: Sequence[];
  tables: Table[];
  views: View[];
  functions: Routine[];
  schemaGrants: Grant[];
  /** What is there and cannot be written down, in words: `materialized view x`. */
  others: string[];
}

export interface EnumType {
  name: string;
  words: string[];
}

export interface Sequence {
  name: string;
  options: SequenceOptions;
  ownedBy: { table: string; column: string } | null;
  grants: Grant[];
}

/** Numbers are texts: a bigint does not fit into a number. */
export interface SequenceOptions {
  type: string;
  start: string;
  increment: string;
  min: string;
  max: string;
  cache: string;
  cycle: boolean;
}

export interface Table {
  name: string;
  /** Of a partitioned table: `RANGE (received_at)`. */
  partitionKey: string | null;
  /** Of a partition: its table and `FOR VALUES FROM ... TO ...` or `DEFAULT`. */
  partitionOf: { table: string; bound: string } | null;
  unlogged: boolean;
  /** Storage parameters: `fillfactor=70`. */
  options: string[];
  comment: string | null;
  rowSecurity: { enabled: boolean; forced: boolean };
  columns: Column[];
  /** Without those that a partition has from its table; NOT NULL is told by the columns. */
  constraints: Constraint[];
  /** Without those of constraints and those that a partition has from its table. */
  indexes: Index[];
  /** Without those that a partition has from its table. */
  triggers: Trigger[];
  policies: Policy[];
  grants: Grant[];
}

export interface Column {
  name: string;
  /** `character varying(50)` */
  type: string;
  notNull: boolean;
  default: string | null;
  generated: { expression: string; stored: boolean } | null;
  identity: { always: boolean; sequence: string; options: SequenceOptions } | null;
  /** Where it is not the type's own; written as SQL. */
  collation: string | null;
  comment: string | null;
}

export interface Constraint {
  name: string;
  kind: "primary-key" | "unique" | "exclusion" | "check" | "foreign-key";
  definition: string;
  /** False: old rows need not keep it. */
  validated: boolean;
}

export interface Index {
  name: string;
  /** The whole statement, for the table with its partitions. */
  definition: string;
  /** False: left behind by a statement that failed; queries do not use it. */
  valid: boolean;
}

export interface Trigger {
  name: string;
  /** The whole statement. */
  definition: string;
  fires: "origin" | "always" | "replica" | "never";
}

export interface Policy {
  name: string;
  restrictive: boolean;
  command: "ALL" | "SELECT" | "INSERT" | "UPDATE" | "DELETE";
  /** SQL: quoted names, PUBLIC, and CURRENT_USER for the table's owner. */
  roles: string[];
  using: string | null;
  check: string | null;
}

export interface View {
  name: string;
  /** `security_invoker=true` */
  options: string[];
  definition: string;
  comment: string | null;
  columns: Column[];
  grants: Grant[];
  needs: string[];
}

export interface Routine {
  /** With the types of its arguments, as SQL: `drop_partitions(text,timestamp with time zone)`. */
  signature: string;
  kind: "function" | "procedure";
  /** The whole statement. */
  definition: string;
  comment: string | null;
  grants: Grant[];
  needs: string[];
}

/** What one role, or PUBLIC, may do. Only the cloud's own roles and PUBLIC are told. */
export interface Grant {
  role: string;
  privilege: string;
  /** Null: on the whole. */
  column: string | null;
  grantable: boolean;
}

/** How `needs` of views and functions names what has to be there before them. */
export function nameRelation(name: string): string {
  return `relation ${name}`;
}

export function nameRoutine(signature: string): string {
  return `function ${signature}`;
}
