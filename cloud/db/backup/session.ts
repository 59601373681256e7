// Owns the one connection that a backup or a restore works on: that it is ended at once when the caller wants no more of it, and that its
// loss is noticed and told.
import type pg from "pg";
import { explainLostConnection, isConnectionLost } from "../migrations/connect-failure.ts";
import { withOwner } from "../migrations/owner-connection.ts";
import { BackupError } from "./backup-error.ts";

/** Rejects when the connection ends on its own; never resolves. For waits that the driver would leave hanging then. */
export type Lost = Promise<never>;

/**
 * @throws BackupError `cancelled` once the signal is aborted, whatever `fn` makes of it; MigrationError for a connection that does not
 * come about or is lost
 */
export async function withSession<T>(
  url: string,
  signal: AbortSignal | undefined,
  fn: (client: pg.Client, lost: Lost) => Promise<T>,
): Promise<T> {
  refuseAborted(signal);
  try {
    return await withOwner(url, async (client) => {
      const lost = new Promise<never>((_resolve, reject) => void client.on("error", reject));
      lost.catch(() => undefined); // whoever waits on it hears of it; nobody has to
      const end = () => void client.end();
      signal?.addEventListener("abort", end);
      try {
        refuseAborted(signal);
        return await fn(client, lost);
      } finally {
        signal?.removeEventListener("abort", end);
      }
    });
  } catch (error) {
    refuseAborted(signal);
    throw isConnectionLost(error) ? explainLostConnection(error, "backing up or restoring") : error;
  }
}

export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new BackupError("cancelled", "cancelled; nothing was left behind", { cause: signal.reason });
}
