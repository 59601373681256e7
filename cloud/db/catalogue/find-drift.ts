// Compares a live database with migrations/schema.sql [SCHEMA-1], without needing a second database. Months come and go and are no drift, but a
// month's partition has to be walled like the others.
import * as fs from "node:fs/promises";
import type pg from "pg";
import type { Catalogue, Table } from "./catalogue.ts";
import { compareSchemaTexts } from "./compare-catalogues.ts";
import { readCatalogue } from "./read-catalogue.ts";
import { SCHEMA_FILE, withoutForeignRecord } from "./schema-file.ts";
import { quoteName } from "./sql-text.ts";
import { writeWholeSchema } from "./write-schema.ts";
import { writeGrants, writePolicy } from "./write-table-parts.ts";

/**
 * Lines a person can read: `column devices.site_id: missing`. None: the database is what the migrations make of it. Only of a database that
 * stands at the newest migration does it say anything useful.
 * @param file migrations/schema.sql unless told
 */
export async function findDrift(client: pg.Client, file = SCHEMA_FILE): Promise<string[]> {
  const expected = (await fs.readFile(file, "utf8")).replaceAll("\r\n", "\n");
  const found = withoutForeignRecord(await readCatalogue(client));
  return [
    ...compareSchemaTexts(expected, writeWholeSchema(found, { partitions: false })),
    ...findPartitionDrift(found),
  ];
}

/** Of the partitions of months: what PostgreSQL does not see to itself, their walls and what somebody laid on one of them alone. */
export function findPartitionDrift({ tables }: Catalogue): string[] {
  return tables.flatMap((partition) => {
    if (partition.partitionOf === null || partition.partitionOf.bound === "DEFAULT") return [];
    const { table: parent } = partition.partitionOf;
    const above = tables.filter((one) => one.name === parent);
    // What stands beside the months shows how a partition of this table is walled.
    const beside = tables.find((one) => one.partitionOf?.table === parent && one.partitionOf.bound === "DEFAULT");
    return comparePartition(partition, beside ?? above[0], [...above, ...(beside ? [beside] : [])]).map(
      (line) => `partition ${quoteName(partition.name)}: ${line}`,
    );
  });
}

/** @param model how it shall be walled @param allowed the tables whose policies and grants it may have */
function comparePartition(partition: Table, model: Table | undefined, allowed: Table[]): string[] {
  const { enabled, forced } = partition.rowSecurity;
  const lines: string[] = [];
  if (model?.rowSecurity.enabled && !enabled) lines.push("row security is not enabled");
  if (model?.rowSecurity.forced && !forced) lines.push("row security is not forced");
  const wanted = model?.partitionOf ? listDoors(model) : [];
  const known = allowed.flatMap(listDoors);
  const own = listDoors(partition);
  lines.push(...wanted.filter((door) => !own.includes(door)).map((door) => `missing: ${door}`));
  lines.push(...own.filter((door) => !known.includes(door)).map((door) => `not expected: ${door}`));
  for (const { name } of [...partition.constraints, ...partition.indexes, ...partition.triggers]) {
    lines.push(`not expected: ${quoteName(name)}`);
  }
  return lines;
}

/** Policies and grants, each as the statement that would make it on a table called as all of them. */
function listDoors(table: Table): string[] {
  const policies = table.policies.map((policy) => {
    const qualified = `${quoteName(table.name)}.`;
    return writePolicy("it", policy).sql.replaceAll(qualified, "it.");
  });
  const grants = writeGrants("it", "TABLE it", table.grants).flatMap((block) => block.sql.split("\n"));
  return [...policies, ...grants];
}
