// Owns what a migration file is: its name, its two sections, its checksum. Applying them is migrate.ts.
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { MigrationError } from "./migration-error.ts";

export interface Migration {
  version: number;
  /** The file's name without its ending, as it is recorded. */
  name: string;
  /** SHA-256 of the text with line feeds, so that a checkout with other line ends is the same migration. */
  checksum: string;
  up: string;
  down: string;
}

const FILE_NAME = /^(\d{3})_[a-z0-9_]+\.sql$/;
export const MIGRATIONS_DIRECTORY = path.resolve(import.meta.dirname, "../../../migrations");

/**
 * In order of their versions, which have to be 1, 2, 3 ...
 * @throws MigrationError `migration-malformed` for a file without its sections, a gap or a number used twice.
 */
export async function loadMigrations(directory = MIGRATIONS_DIRECTORY): Promise<Migration[]> {
  const names = (await fs.readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    const migration = parseMigration(name, await fs.readFile(path.join(directory, name), "utf8"));
    if (migration.version !== migrations.length + 1) {
      throw new MigrationError(
        "migration-malformed",
        `${name} should be number ${migrations.length + 1} of its folder`,
        {
          data: { file: name },
        },
      );
    }
    migrations.push(migration);
  }
  return migrations;
}

/** The sections begin with the lines `-- UP` and `-- DOWN`; what stands above `-- UP` is for people. */
export function parseMigration(fileName: string, source: string): Migration {
  const text = source.replace(/\r\n/g, "\n");
  const version = FILE_NAME.exec(fileName)?.[1];
  const sections = /(?:^|\n)-- UP *\n([\s\S]*)\n-- DOWN *\n([\s\S]*)$/.exec(text);
  const up = sections?.[1]?.trim();
  const down = sections?.[2]?.trim();
  if (version === undefined || !up || !down || /\n-- (UP|DOWN) *\n/.test(`\n${up}\n${down}\n`)) {
    throw new MigrationError(
      "migration-malformed",
      `${fileName} must be named like 008_what_it_does.sql and have one "-- UP" and one "-- DOWN" section, in this order`,
      { data: { file: fileName } },
    );
  }
  const checksum = crypto.createHash("sha256").update(text).digest("hex");
  return { version: Number(version), name: fileName.replace(/\.sql$/, ""), checksum, up, down };
}
