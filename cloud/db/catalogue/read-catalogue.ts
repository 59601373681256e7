// Reads the catalogue of a live database, PostgreSQL 15 and later. The definitions are asked for under settings of our own, so that they
// do not depend on the connection. What extensions brought along is theirs and left out.
import type pg from "pg";
import type { Catalogue } from "./catalogue.ts";
import { readEnums, readOthers, readSequences, readViews } from "./read-beside-tables.ts";
import { type GrantBook, readGrants } from "./read-grants.ts";
import { readRoutines } from "./read-routines.ts";
import { readTables } from "./read-tables.ts";

/** What PostgreSQL's own words depend on. */
const SETTINGS: Record<string, string> = {
  search_path: "public",
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  quote_all_identifiers: "off",
};

/**
 * Works inside of the caller's transaction or without one; the connection's settings are afterwards as they were.
 * @param client of the owner or of anybody who may read the catalogue
 */
export async function readCatalogue(client: pg.Client): Promise<Catalogue> {
  const before = await exchangeSettings(client, SETTINGS);
  let catalogue: Catalogue;
  try {
    catalogue = await readAll(client);
  } catch (error) {
    // Within a transaction that has failed nothing more is accepted; its end brings the settings back.
    await exchangeSettings(client, before).catch(() => null);
    throw error;
  }
  await exchangeSettings(client, before);
  return catalogue;
}

async function readAll(client: pg.Client): Promise<Catalogue> {
  const grants: GrantBook = await readGrants(client);
  return {
    enums: await readEnums(client),
    sequences: await readSequences(client, grants),
    tables: await readTables(client, grants),
    views: await readViews(client, grants),
    functions: await readRoutines(client, grants),
    schemaGrants: grants.ofSchema,
    others: await readOthers(client),
  };
}

/** Sets them, and answers what they were. */
async function exchangeSettings(client: pg.Client, settings: Record<string, string>): Promise<Record<string, string>> {
  const names = Object.keys(settings);
  const before = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [names],
  );
  await client.query("SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS one (name, value)", [
    names,
    Object.values(settings),
  ]);
  return Object.fromEntries(before.rows.map(({ name, value }) => [name, value]));
}
