// Owns how it is kept who did what, and what happened in a tenant: in the transaction that does it, so that neither is kept without the
// other [AUDIT-1]. Every subject does it, so it stands on the ground floor. Rows are never changed; retention drops them by the month.
import { sql } from "kysely";
import type { ActivityLogAction, ActivityLogSource, AuditLogAction, AuditLogResult } from "./schema.ts";
import type { Transaction } from "./tenant-transaction.ts";

export interface AuditEntry {
  action: AuditLogAction;
  resourceType: "alert" | "claim_code" | "device" | "firmware" | "session" | "tenant" | "user";
  resourceId: string | null;
  /** The transaction's own unless told; null where there is none, such as a log-in that failed. */
  tenantId?: string | null;
  userId?: string | null;
  /** What it was and became; no secrets. */
  old?: object;
  new?: object;
  /** `success` unless told. */
  result?: AuditLogResult;
}

/** Keep what a person did, with the address and program they did it from, as the transaction knows them. */
export async function writeAudit(trx: Transaction, entry: AuditEntry): Promise<void> {
  await trx
    .insertInto("audit_logs")
    .values({
      tenant_id: entry.tenantId === undefined ? sql<string | null>`current_tenant_id()` : entry.tenantId,
      user_id: entry.userId === undefined ? sql<string | null>`current_user_id()` : entry.userId,
      action: entry.action,
      resource_type: entry.resourceType,
      resource_id: entry.resourceId,
      old_values: entry.old,
      new_values: entry.new,
      result: entry.result ?? "success",
      ...createOrigin(),
    })
    .execute();
}

export interface ActivityEntry {
  tenantId: string;
  action: ActivityLogAction;
  deviceId?: string;
  userId?: string | null;
  source: ActivityLogSource;
  details?: object;
}

/** Keep what happened, for the tenant's own timeline. */
export async function writeActivity(trx: Transaction, entry: ActivityEntry): Promise<void> {
  await trx
    .insertInto("activity_logs")
    .values({
      tenant_id: entry.tenantId,
      action: entry.action,
      device_id: entry.deviceId,
      user_id: entry.userId,
      source: entry.source,
      details: entry.details ?? {},
      ...createOrigin(),
    })
    .execute();
}

function createOrigin() {
  return {
    ip_address: sql<string | null>`nullif(current_setting('app.current_address', true), '')::inet`,
    user_agent: sql<string | null>`nullif(current_setting('app.current_agent', true), '')`,
  };
}
