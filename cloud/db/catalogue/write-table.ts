// Writes what creates a table, a partition or a sequence. What comes after the data stands in write-table-parts.ts.
import type { Column, Sequence, SequenceOptions, Table } from "./catalogue.ts";
import type { Block } from "./schema-text.ts";
import { compareTexts, quoteName } from "./sql-text.ts";

/** With the checks that every row keeps. */
export function writeTable(table: Table): Block {
  const name = quoteName(table.name);
  const create = `CREATE ${table.unlogged ? "UNLOGGED " : ""}TABLE ${name}`;
  const end = `${table.partitionKey === null ? "" : ` PARTITION BY ${table.partitionKey}`}${writeOptions(table.options)};`;
  const title = `table ${name}`;
  if (table.partitionOf !== null) {
    const { table: parent, bound } = table.partitionOf;
    return { title, sql: `${create} PARTITION OF ${quoteName(parent)} ${bound}${end}` };
  }
  const checks = listEarlyChecks(table).map((one) => `CONSTRAINT ${quoteName(one.name)} ${one.definition}`);
  const members = [...table.columns.map((column) => writeColumn(table.name, column)), ...checks];
  if (members.length === 0) return { title, sql: `${create} ()${end}` };
  return { title, sql: `${create} (\n${members.map((member) => `  ${member}`).join(",\n")}\n)${end}` };
}

/** A partition's own ones follow later: it is written without its columns. */
function listEarlyChecks(table: Table) {
  return table.constraints.filter((one) => one.kind === "check" && one.validated);
}

export function listLateConstraints(table: Table) {
  const early = table.partitionOf === null ? listEarlyChecks(table) : [];
  return table.constraints.filter((one) => !early.includes(one));
}

/** ` WITH (fillfactor='70')` */
export function writeOptions(options: string[]): string {
  if (options.length === 0) return "";
  const words = [...options].sort(compareTexts).map((option) => option.replace(/=(.*)$/s, "='$1'"));
  return ` WITH (${words.join(", ")})`;
}

function writeColumn(table: string, column: Column): string {
  const words = [quoteName(column.name), column.type];
  if (column.collation !== null) words.push(`COLLATE ${column.collation}`);
  if (column.default !== null) words.push(`DEFAULT ${column.default}`);
  if (column.generated !== null) {
    words.push(
      `GENERATED ALWAYS AS (${column.generated.expression}) ${column.generated.stored ? "STORED" : "VIRTUAL"}`,
    );
  }
  if (column.identity !== null) {
    const { always, sequence, options } = column.identity;
    const named = sequence === `${table}_${column.name}_seq` ? [] : [`SEQUENCE NAME ${quoteName(sequence)}`];
    const said = [...named, ...listSequenceOptions(options)].join(" ");
    words.push(`GENERATED ${always ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY${said === "" ? "" : ` (${said})`}`);
  }
  if (column.notNull) words.push("NOT NULL");
  return words.join(" ");
}

export function writeSequence(sequence: Sequence): Block {
  const name = quoteName(sequence.name);
  const words = [`CREATE SEQUENCE ${name} AS ${sequence.options.type}`, ...listSequenceOptions(sequence.options)];
  return { title: `sequence ${name}`, sql: `${words.join(" ")};` };
}

/** So that it goes with its column. */
export function writeSequenceOwner({ name, ownedBy }: Sequence): Block[] {
  if (ownedBy === null) return [];
  const column = `${quoteName(ownedBy.table)}.${quoteName(ownedBy.column)}`;
  return [
    {
      title: `ownership on ${quoteName(name)}`,
      sql: `ALTER SEQUENCE ${quoteName(name)} OWNED BY ${column};`,
    },
  ];
}

const MAX: Record<string, string> = { smallint: "32767", integer: "2147483647", bigint: "9223372036854775807" };

/** Only what is not the default of a sequence that counts upwards. */
function listSequenceOptions(options: SequenceOptions): string[] {
  const upwards = !options.increment.startsWith("-");
  const words: string[] = [];
  if (options.increment !== "1") words.push(`INCREMENT BY ${options.increment}`);
  if (!upwards || options.min !== "1") words.push(`MINVALUE ${options.min}`);
  if (!upwards || options.max !== MAX[options.type]) words.push(`MAXVALUE ${options.max}`);
  if (!upwards || options.start !== options.min) words.push(`START WITH ${options.start}`);
  if (options.cache !== "1") words.push(`CACHE ${options.cache}`);
  if (options.cycle) words.push("CYCLE");
  return words;
}
