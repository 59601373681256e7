// Owns the question whether the database is what this program was written for, asked by a program that may not change it.
import { MigrationError } from "./migration-error.ts";
import { formatVersion } from "./migration-files.ts";
import { type MigrationStatus, readStatus } from "./migration-status.ts";

/**
 * @param url of the system role: the only one of the three that may read the record
 * @throws MigrationError `migration-pending`, `migration-unknown`, `migration-changed`, `migration-record`, those of connecting
 */
export async function checkSchema(url: string): Promise<void> {
  const status = await readStatus(url).catch((error: unknown) => {
    // The last migration is what lets the role read the record.
    if (error instanceof MigrationError && error.code === "permission-missing") throw pending(null, error);
    throw error;
  });
  if (status.problem !== null) throw status.problem;
  if (status.version < status.newest) throw pending(status);
}

function pending(status: MigrationStatus | null, cause?: MigrationError): MigrationError {
  const stand = status === null ? "is not migrated for this program" : `stands at ${formatVersion(status.version)}`;
  const need = status === null ? "" : `, and this program needs ${formatVersion(status.newest)}`;
  return new MigrationError(
    "migration-pending",
    `the database ${stand}${need}: migrate it with the address of its owner in DATABASE_URL (npm run migrate:up), then start again`,
    { data: { version: status?.version ?? null, newest: status?.newest ?? null }, cause },
  );
}
