// Owns the database of `trapline up`: the embedded server with a database of its own, or the server that DATABASE_URL names; migrated.
import type { Logger } from "pino";
import { startEmbeddedPostgres } from "../../cloud/db/embedded/embedded.ts";
import { migrateUp } from "../../cloud/db/migrations/migrate.ts";
import { ensureDatabase } from "../../cloud/db/own-database.ts";

export interface UpDatabase {
  url: string;
  server: "embedded" | "DATABASE_URL";
  /** The server was found running: left by an earlier run that was killed, or kept by `db:start`. */
  adopted: boolean;
  /** Migrations applied by this start, and where the schema stands now. */
  applied: number;
  version: number;
  stop(): Promise<void>;
}

async function migrated(url: string, log: Logger): Promise<{ applied: number; version: number }> {
  const { done, version } = await migrateUp(url, { log });
  return { applied: done.length, version };
}

/**
 * @param dataDir of the embedded server
 * @param given address of another server, which is then used instead and left running at the end
 */
export async function startUpDatabase(dataDir: string, given: string | undefined, log: Logger): Promise<UpDatabase> {
  if (given !== undefined) {
    const state = await migrated(given, log);
    return { url: given, server: "DATABASE_URL", adopted: false, ...state, stop: async () => undefined };
  }
  const server = await startEmbeddedPostgres({ dataDir, log });
  try {
    const url = await ensureDatabase(server.url, "trapline");
    const state = await migrated(url, log);
    return { url, server: "embedded", adopted: server.adopted, ...state, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
