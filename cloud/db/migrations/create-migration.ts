// Writes the file of a new migration: the next number, and the two sections to fill in. What a migration file is stands in migration-files.ts.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { MigrationError } from "./migration-error.ts";
import { formatVersion, loadMigrations, MIGRATIONS_DIRECTORY } from "./migration-files.ts";

export interface CreatedMigration {
  version: number;
  name: string;
  path: string;
}

const WORDS = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;
const NAME_LENGTH_MAX = 60;
const VERSION_MAX = 999;
/** Whoever made it may choose the next number. */
const TURN_FILE = ".creating-a-migration";

/**
 * @param name words in small letters, joined by - or _
 * @throws MigrationError `name-refused`, `name-taken` (also where another program is just choosing its number), `migration-malformed`
 * where the folder is not in order
 */
export async function createMigration(
  name: string,
  { directory = MIGRATIONS_DIRECTORY }: { directory?: string } = {},
): Promise<CreatedMigration> {
  if (!WORDS.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new MigrationError(
      "name-refused",
      `"${name}" is no name for a migration: say what it does in small letters, words joined by - or _, ` +
        `${NAME_LENGTH_MAX} characters at most, like add_trap_colours`,
    );
  }
  const words = name.replaceAll("-", "_");
  return inTurn(directory, async () => {
    const migrations = await loadMigrations(directory);
    const same = migrations.find((migration) => migration.name.slice("000_".length) === words);
    if (same !== undefined) {
      throw new MigrationError("name-taken", `there is ${same.name}.sql already: say what else the new one does`);
    }
    const version = migrations.length + 1;
    if (version > VERSION_MAX)
      throw new MigrationError("name-refused", `there are ${VERSION_MAX} migrations, and no number more`);
    const fullName = `${formatVersion(version)}_${words}`;
    const file = path.join(directory, `${fullName}.sql`);
    await fs.writeFile(file, createText(words), { flag: "wx" });
    return { version, name: fullName, path: file };
  });
}

/** Two at once would choose the same number under two names, which nothing else would notice. */
async function inTurn<T>(directory: string, fn: () => Promise<T>): Promise<T> {
  const file = path.join(directory, TURN_FILE);
  try {
    await fs.writeFile(file, "", { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new MigrationError(
      "name-taken",
      `another program is just creating a migration: try again; if there is none, one was killed, and you can remove ${file}`,
      { cause: error },
    );
  }
  try {
    return await fn();
  } finally {
    await fs.rm(file);
  }
}

function createText(words: string): string {
  const title = words.replaceAll("_", " ");
  return `-- ${title[0]?.toUpperCase()}${title.slice(1)}: say here why, for people.

-- UP
-- Statements that bring the change. They run in one transaction with the record of it, so they say neither BEGIN nor COMMIT.

-- DOWN
-- Statements that take it back, in the opposite order. What the version before cannot hold is deleted here, and said so.
`;
}
