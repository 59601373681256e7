// Writes a catalogue as plain SQL: the same text for the same schema, whatever the server's version. In two parts, so that data can come
// between them: what the data needs, and what is better laid over it. Owners are not written: whoever executes it owns everything.
import type { Catalogue, Routine, Table, View } from "./catalogue.ts";
import { nameRelation, nameRoutine } from "./catalogue.ts";
import { type Block, formatBlocks } from "./schema-text.ts";
import { compareTexts, quoteName, quoteText } from "./sql-text.ts";
import { listLateConstraints, writeOptions, writeSequence, writeSequenceOwner, writeTable } from "./write-table.ts";
import {
  writeComment,
  writeComments,
  writeConstraint,
  writeGrants,
  writeIndexes,
  writeTriggers,
  writeWalls,
} from "./write-table-parts.ts";

export interface SchemaText {
  /** Types, functions, sequences, tables. Begins with settings for the session. */
  before: string;
  /** Constraints, indexes, views, foreign keys, triggers, walls, grants, comments. For the same session. */
  after: string;
}

export interface SchemaOptions {
  /** False: without the partitions of months, which come and go; default partitions are written all the same. */
  partitions: boolean;
}

/** Names are looked for where we look for them; functions are not checked, since what they speak of may come later. */
const SETTINGS = "SET search_path = public;\nSET check_function_bodies = off;\n";

/** Executable on an empty database whose roles exist, by one session, with rows of the tables between the two parts. */
export function writeSchema(catalogue: Catalogue, options: SchemaOptions): SchemaText {
  const tables = listTables(catalogue, options);
  const isEarly = createEarlyCheck(catalogue);
  const before = [
    ...catalogue.enums.map(({ name, words }) => ({
      title: `enum type ${quoteName(name)}`,
      sql: `CREATE TYPE ${quoteName(name)} AS ENUM (${words.map(quoteText).join(", ")});`,
    })),
    ...sortByNeeds(catalogue.functions.filter(isEarly).map(createRoutineNode)),
    ...catalogue.sequences.map(writeSequence),
    ...tables.map(writeTable),
    ...catalogue.sequences.flatMap(writeSequenceOwner),
  ];
  const late = catalogue.functions.filter((routine) => !isEarly(routine));
  const after = [
    ...writeConstraints(tables, (kind) => kind !== "foreign-key"),
    ...tables.flatMap(writeIndexes),
    ...sortByNeeds([...catalogue.views.map(createViewNode), ...late.map(createRoutineNode)]),
    ...writeConstraints(tables, (kind) => kind === "foreign-key"),
    ...tables.flatMap(writeTriggers),
    ...tables.flatMap(writeWalls),
    ...writeAllGrants(catalogue, tables),
    ...writeAllComments(catalogue, tables),
    ...catalogue.others.map((words) => ({ title: words, sql: "-- Not written: no migration makes such a thing." })),
  ];
  return { before: `${SETTINGS}\n${formatBlocks(before)}`, after: formatBlocks(after) };
}

export function writeWholeSchema(catalogue: Catalogue, options: SchemaOptions): string {
  const { before, after } = writeSchema(catalogue, options);
  return `${before}\n${after}`;
}

/** Sorted by name, each followed by its partitions. */
function listTables({ tables }: Catalogue, options: SchemaOptions): Table[] {
  const listUnder = (parent: string | null): Table[] =>
    tables
      .filter((table) => (table.partitionOf?.table ?? null) === parent)
      .filter((table) => options.partitions || table.partitionOf === null || table.partitionOf.bound === "DEFAULT")
      .flatMap((table) => [table, ...listUnder(table.name)]);
  return listUnder(null);
}

/** Early is a function that stands by itself: tables may call it in defaults, checks and generated columns. */
function createEarlyCheck({ functions }: Catalogue): (routine: Routine) => boolean {
  const bySignature = new Map(functions.map((one) => [nameRoutine(one.signature), one]));
  const isEarly = (routine: Routine, seen: Routine[]): boolean =>
    routine.needs.every((need) => {
      const needed = bySignature.get(need);
      if (needed === undefined) return !need.startsWith(nameRelation(""));
      return seen.includes(needed) || isEarly(needed, [...seen, needed]);
    });
  return (routine) => isEarly(routine, [routine]);
}

interface Node {
  name: string;
  needs: string[];
  block: Block;
}

function createRoutineNode({ signature, kind, definition, needs }: Routine): Node {
  return {
    name: nameRoutine(signature),
    needs,
    block: { title: `${kind} ${signature}`, sql: `${definition}${definition.endsWith(";") ? "" : ";"}` },
  };
}

function createViewNode({ name, options, definition, needs }: View): Node {
  const sql = `CREATE VIEW ${quoteName(name)}${writeOptions(options)} AS\n${definition}`;
  return { name: nameRelation(name), needs, block: { title: `view ${quoteName(name)}`, sql } };
}

/** What is needed first comes first; otherwise in the order given. */
function sortByNeeds(nodes: Node[]): Block[] {
  const sorted = new Set<Node>();
  const visit = (node: Node, path: Node[]): void => {
    if (sorted.has(node) || path.includes(node)) return;
    for (const needed of nodes.filter((one) => node.needs.includes(one.name))) visit(needed, [...path, node]);
    sorted.add(node);
  };
  for (const node of nodes) visit(node, []);
  return [...sorted].map((node) => node.block);
}

function writeConstraints(tables: Table[], fits: (kind: Table["constraints"][number]["kind"]) => boolean): Block[] {
  return tables.flatMap((table) =>
    listLateConstraints(table)
      .filter((one) => fits(one.kind))
      .map((one) => writeConstraint(table, one)),
  );
}

function writeAllGrants(catalogue: Catalogue, tables: Table[]): Block[] {
  const relations = [...tables, ...catalogue.views].sort((a, b) => compareTexts(a.name, b.name));
  return [
    ...writeGrants("schema public", "SCHEMA public", catalogue.schemaGrants, ["USAGE"]),
    ...relations.flatMap(({ name, grants }) => writeGrants(quoteName(name), `TABLE ${quoteName(name)}`, grants)),
    ...catalogue.sequences.flatMap(({ name, grants }) =>
      writeGrants(`sequence ${quoteName(name)}`, `SEQUENCE ${quoteName(name)}`, grants),
    ),
    ...catalogue.functions.flatMap(({ signature, kind, grants }) =>
      writeGrants(`function ${signature}`, `${kind.toUpperCase()} ${signature}`, grants, ["EXECUTE"]),
    ),
  ];
}

function writeAllComments(catalogue: Catalogue, tables: Table[]): Block[] {
  return [
    ...tables.flatMap((table) => writeComments("TABLE", table)),
    ...catalogue.views.flatMap((view) => writeComments("VIEW", view)),
    ...catalogue.functions.flatMap(({ signature, kind, comment }) => {
      const lines = writeComment(`${kind.toUpperCase()} ${signature}`, comment);
      return lines.length === 0 ? [] : [{ title: `comments on function ${signature}`, sql: lines.join("\n") }];
    }),
  ];
}
