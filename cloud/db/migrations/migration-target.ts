// Owns how a person names a migration on the command line (`9`, `009`, `009_devices`), and that it is there.
import { MigrationError } from "./migration-error.ts";
import { formatVersion, type Migration } from "./migration-files.ts";

/** The version that is meant, 0 for the empty database (`0`, `000`). @throws MigrationError `migration-not-found` */
export function getVersion(text: string, migrations: Migration[]): number {
  const version = findVersion(text, migrations);
  if (version === null) throw notFound(text, migrations);
  return version;
}

export function findVersion(text: string, migrations: Migration[]): number | null {
  const name = text.replace(/\.sql$/, "");
  const named = migrations.find((migration) => migration.name === name);
  if (named !== undefined) return named.version;
  const version = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return version <= migrations.length ? version : null;
}

/** @throws MigrationError `migration-not-found` for a number that is none of a migration, and not 0 */
export function checkVersion(version: number, migrations: Migration[]): void {
  if (!Number.isInteger(version) || version < 0 || version > migrations.length) {
    throw notFound(formatVersion(version), migrations);
  }
}

function notFound(text: string, migrations: Migration[]): MigrationError {
  const [first, last] = [migrations[0], migrations.at(-1)];
  const known =
    first === undefined || last === undefined ? "there are none" : `there are ${first.name} to ${last.name}`;
  return new MigrationError(
    "migration-not-found",
    `there is no migration ${text}; ${known}, and 000 for none of them`,
    {
      data: { asked: text },
    },
  );
}
