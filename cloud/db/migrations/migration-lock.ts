// Owns that one program migrates a database at a time. The lock belongs to the connection that does the work, so it ends with it.
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { MigrationError } from "./migration-error.ts";

const LOCK_WITHIN_MS = 60_000;
const LOCK_POLL_MS = 100;
/** Any constant does, as long as nothing else in the database locks the same number. */
const LOCK_KEY = 7_472_617_001;

/**
 * Waits until no other program has the lock. Nobody waits inside of PostgreSQL, so migrators cannot deadlock.
 * @param withinMs 60 000 unless told
 * @throws MigrationError `migration-locked`
 */
export async function withMigrationLock<T>(
  client: pg.Client,
  withinMs: number | undefined,
  fn: () => Promise<T>,
): Promise<T> {
  await lock(client, withinMs ?? LOCK_WITHIN_MS);
  try {
    return await fn();
  } finally {
    // A connection that was lost has taken its lock along.
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK_KEY]).catch(() => null);
  }
}

/** By asking again and again: a session that waits inside pg_advisory_lock would block CREATE INDEX CONCURRENTLY. */
async function lock(client: pg.Client, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [LOCK_KEY]);
    if (answer.rows[0]?.locked) return;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw await explainLock(client, withinMs);
    await delay(Math.min(LOCK_POLL_MS, leftMs));
  }
}

interface Holder {
  pid: number;
  application_name: string | null;
  client_addr: string | null;
}

async function explainLock(client: pg.Client, withinMs: number): Promise<MigrationError> {
  const answer = await client.query<Holder>(
    `SELECT pid, application_name, host(client_addr) AS client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = $1`,
    [LOCK_KEY],
  );
  const [holder] = answer.rows;
  const words = [
    holder?.application_name,
    holder?.client_addr && `from ${holder.client_addr}`,
    holder && `server process ${holder.pid}`,
  ];
  const who = words.filter(Boolean).join(", ");
  return new MigrationError(
    "migration-locked",
    `another program has been migrating this database for more than ${withinMs} ms${who && ` (${who})`}; ` +
      "nothing was done here: try again when it has finished",
    { data: { withinMs, ...holder } },
  );
}
