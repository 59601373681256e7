// Makes a database as new: everything in it dropped, every migration applied. Another migrator waits, or is waited for.
import { type MigrateOptions, type MigrateResult, migrateUp } from "../migrations/migrate.ts";
import { withMigrationLock } from "../migrations/migration-lock.ts";
import { withOwner } from "../migrations/owner-connection.ts";
import { clearDatabase } from "./clear-database.ts";

export interface ResetOptions extends MigrateOptions {
  /** Called when the database is empty. */
  onCleared?(): void;
}

/** @throws MigrationError, RolesError; a database that was cleared and could not be migrated stays at the last migration that could. */
export function resetDatabase(url: string, options: ResetOptions): Promise<MigrateResult> {
  return withOwner(url, (client) =>
    withMigrationLock(client, options.lockWithinMs, async () => {
      await clearDatabase(client);
      options.onCleared?.();
      return migrateUp(client, options);
    }),
  );
}
