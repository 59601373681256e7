// Lends a database that the migrations alone have made: beside the given one on the same server, gone when the work is done.
import pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { type MigrateOptions, migrateUp } from "../migrations/migrate.ts";
import { withOwner } from "../migrations/owner-connection.ts";
import { ensureDatabase } from "../own-database.ts";
import { nameSessions } from "./end-sessions.ts";

/**
 * @param url of any database of the server, by a login that may create databases
 * @param name one that nobody else uses
 * @throws pg.DatabaseError 42501 where the login may not; MigrationError, RolesError
 */
export async function withScratchDatabase<T>(
  url: string,
  name: string,
  options: MigrateOptions & { log: DatabaseLog },
  fn: (url: string) => Promise<T>,
): Promise<T> {
  const scratch = await ensureDatabase(url, name);
  try {
    await migrateUp(scratch, options);
    return await fn(scratch);
  } finally {
    // Under another name than the work's, which somebody may be breaking off.
    await withOwner(nameSessions(url, "trapline-scratch"), (client) =>
      client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`),
    );
  }
}
