// Owns how a change is announced: inside the transaction that makes it, so that PostgreSQL delivers the notice on commit, to every
// instance of the cloud, and drops it on rollback [LIVE-1]. Every subject does it, so it stands on the ground floor; who listens is the
// live room.
import { sql } from "kysely";
import type { Transaction } from "./tenant-transaction.ts";

export const LIVE_CHANNEL = "trapline_live";

export interface LiveNotice {
  /** Name of the server-sent event: alert, event, device, update, claiming; or resync, for "something was missed, look again". */
  type: string;
  data: object;
}

/** PostgreSQL takes less than 8000 bytes. */
const NOTICE_BYTES_MAX = 7_500;

/** Announce a change to the people of one tenant, once the transaction has committed. */
export async function notifyLive(trx: Transaction, tenantId: string, notice: LiveNotice): Promise<void> {
  await sql`select pg_notify(${LIVE_CHANNEL}, ${encodeNotice(tenantId, notice)})`.execute(trx);
}

/** The same for many changes, of whatever tenants, in one statement. */
export async function notifyLiveAll(trx: Transaction, notices: (LiveNotice & { tenantId: string })[]): Promise<void> {
  if (notices.length === 0) return;
  const texts = notices.map(({ tenantId, ...notice }) => encodeNotice(tenantId, notice));
  await sql`select pg_notify(${LIVE_CHANNEL}, notice) from unnest(${texts}::text[]) as notice`.execute(trx);
}

/** The text of a notice. One that is too long becomes a resync: the transaction must not fail for it, nor the change go untold. */
export function encodeNotice(tenantId: string, notice: LiveNotice): string {
  const text = JSON.stringify({ tenantId, type: notice.type, data: notice.data });
  return Buffer.byteLength(text) <= NOTICE_BYTES_MAX ? text : JSON.stringify({ tenantId, type: "resync", data: {} });
}
