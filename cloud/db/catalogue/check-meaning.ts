// Owns what a CHECK says about single columns: that one holds one of some words, or that some are never null. Read from the texts that
// stable-sql.ts has made stable; of checks that say anything else, nothing is concluded.
import type { Table } from "./catalogue.ts";
import { compareTexts } from "./sql-text.ts";

const NAME = '[a-z_][\\w$]*|"(?:[^"]|"")*"';
const LITERAL = "'(?:[^']|'')*'";
const LIST = `\\(?(?<column>${NAME}) IN \\((?<words>${LITERAL}(?:, ${LITERAL})*)\\)\\)?`;
const ONE_OF = new RegExp(`^CHECK \\(\\((?:\\((?<nullable>${NAME}) IS NULL\\) OR )?${LIST}\\)\\)(?: NOT VALID)?$`);
const ONLY = new RegExp(
  `^CHECK \\(\\((?:\\((?<cast>${NAME})\\)::text|(?<plain>${NAME})) = (?<word>${LITERAL})::(?:text|bpchar)\\)\\)`,
);
const NOT_NULL = `\\(?(?:${NAME}) IS NOT NULL\\)?`;
const WHOLE = new RegExp(`^CHECK \\(\\(?${NOT_NULL}(?: AND ${NOT_NULL})*\\)?\\)(?: NOT VALID)?$`);

/** The words each listed column may hold, in the order of the check. Two lists of one column: the first by the check's name. */
export function findWordLists(table: Table): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  const checks = table.constraints.filter((one) => one.kind === "check").sort((a, b) => compareTexts(a.name, b.name));
  for (const { definition } of checks) {
    const found = parseWordList(definition);
    if (found !== null && !lists.has(found.column)) lists.set(found.column, found.words);
  }
  return lists;
}

function parseWordList(definition: string): { column: string; words: string[] } | null {
  const groups = ONE_OF.exec(definition)?.groups ?? {};
  if (groups.column !== undefined && (groups.nullable ?? groups.column) === groups.column) {
    const words = (groups.words?.match(new RegExp(LITERAL, "g")) ?? []).map(parseLiteral);
    return { column: parseName(groups.column), words };
  }
  const only = ONLY.exec(definition)?.groups ?? {};
  const column = only.cast ?? only.plain;
  return column === undefined || only.word === undefined
    ? null
    : { column: parseName(column), words: [parseLiteral(only.word)] };
}

/** Columns that a check keeps from being null, though rows of an older product may lack them. */
export function findWholeColumns(table: Table): Set<string> {
  const whole = table.constraints.filter((one) => one.kind === "check" && WHOLE.test(one.definition));
  const names = whole.flatMap((one) => [...one.definition.matchAll(new RegExp(`(${NAME}) IS NOT NULL`, "g"))]);
  return new Set(names.map((match) => parseName(match[1] ?? "")));
}

function parseName(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function parseLiteral(literal: string): string {
  return literal.slice(1, -1).replaceAll("''", "'");
}
