// Writes the files that are made from the schema: the types for Kysely and migrations/schema.sql [SCHEMA-1]. Which database to make them from is
// the caller's choice; it has to be one that the migrations alone have made.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type pg from "pg";
import { withOwner } from "../migrations/owner-connection.ts";
import type { Catalogue } from "./catalogue.ts";
import { readCatalogue } from "./read-catalogue.ts";
import { writeSchemaFile } from "./schema-file.ts";
import { writeTypes } from "./write-types.ts";

export interface GeneratedFilesOptions {
  /** An address, or a connection that is open and stays so. */
  database: string | pg.Client;
  /** The repository. */
  root: string;
}

/** The texts by their paths in the repository. */
export function createGeneratedFiles(catalogue: Catalogue): Record<string, string> {
  return { "cloud/db/schema.ts": writeTypes(catalogue), "migrations/schema.sql": writeSchemaFile(catalogue) };
}

/**
 * Answers the paths, in the repository, of the files that were other before.
 * @throws MigrationError as withOwner
 */
export async function writeGeneratedFiles({ database, root }: GeneratedFilesOptions): Promise<string[]> {
  const files = createGeneratedFiles(await withOwner(database, readCatalogue));
  const changed: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    if ((await readIfThere(file)) === text) continue;
    await fs.writeFile(file, text);
    changed.push(name);
  }
  return changed;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
