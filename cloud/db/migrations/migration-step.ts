// Applies one section of one migration: its statements and its mark in the record are one transaction, so that a program killed at any
// moment leaves the version before or the version after, and nothing between.
import pg from "pg";
import { explainLostConnection, isConnectionLost } from "./connect-failure.ts";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-files.ts";
import { inTransaction } from "./owner-connection.ts";

export type Direction = "up" | "down";

const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * @returns how long it took, in milliseconds
 * @throws MigrationError `migration-failed`, `permission-missing`, `connection-lost`
 */
export async function applyStep(client: pg.Client, migration: Migration, direction: Direction): Promise<number> {
  const begin = performance.now();
  try {
    await inTransaction(client, async () => {
      await runSection(client, migration, direction);
      await mark(client, migration, direction);
    });
  } catch (error) {
    throw explainStepFailure(error, migration, direction);
  }
  return performance.now() - begin;
}

/** In the caller's transaction. A limit set for the ordinary statements of this login is none for a migration. */
async function runSection(client: pg.Client, migration: Migration, direction: Direction): Promise<void> {
  await client.query("SET LOCAL statement_timeout = 0");
  await client.query(migration[direction]);
}

export function explainStepFailure(error: unknown, migration: Migration, direction: Direction): MigrationError {
  const doing = direction === "up" ? `applying ${migration.name}` : `taking ${migration.name} back`;
  if (isConnectionLost(error)) return explainLostConnection(error, doing);
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof pg.DatabaseError && error.hint ? ` (${error.hint})` : "";
  const forbidden = error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE;
  return new MigrationError(
    forbidden ? "permission-missing" : "migration-failed",
    `${doing} failed and left nothing behind: ${reason}${hint}`,
    { data: { version: migration.version, name: migration.name, direction }, cause: error },
  );
}

async function mark(client: pg.Client, { version, name, checksum }: Migration, direction: Direction): Promise<void> {
  if (direction === "up") {
    const values = [version, name, checksum];
    await client.query("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", values);
  } else await client.query("DELETE FROM schema_migrations WHERE version = $1", [version]);
}
