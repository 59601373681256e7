// Owns how names and texts are written in SQL. The reserved words are a list of ours, so that the same name is written alike whatever the
// server's version: those of PostgreSQL 18, which has more of them than its predecessors.

const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/;
/** All but the unreserved ones, as quote_ident of the server takes them. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
  character check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role
  current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists
  extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner inout int
  integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query
  json_scalar json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp merge_action
  national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing
  position precision primary real references returning right row select session_user setof similar smallint some substring
  symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar
  variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
  xmlroot xmlserialize xmltable`.split(/\s+/),
);

export function quoteName(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** For standard_conforming_strings, which is on unless somebody turned it off. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The order of everything that is written: by code units, so that no server's or machine's collation matters. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
