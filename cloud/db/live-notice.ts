// Owns how a change is announced: inside the transaction that makes it, so that PostgreSQL delivers the notice on commit, to every
// instance of the cloud, and drops it on rollback [LIVE-1]. Every subject does it, so it stands
// on the ground floor; who listens is the live room.
import { sql } from "kysely";
import type { Transaction } from "./tenant-transaction.ts";

export const LIVE_CHANNEL = "trapline_live";

export interface LiveNotice {
  /** Name of the server-sent event: alert, event, device, update. */
  type: string;
  /** JSON of less than 7.5 kB. */
  data: object;
}

/** Announce a change to the people of one tenant, once the transaction has committed. */
export async function notifyLive(trx: Transaction, tenantId: string, notice: LiveNotice): Promise<void> {
  const text = JSON.stringify({ tenantId, ...notice });
  await sql`select pg_notify(${LIVE_CHANNEL}, ${text})`.execute(trx);
}
