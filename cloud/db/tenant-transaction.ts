// Owns what a transaction may see: it names the tenant and the person to PostgreSQL for the length of one transaction,
// never of a connection, since connections are shared [TENANT-2]. Row-level security relies on it; queries name the tenant as well.
import { type Kysely, type Transaction as KyselyTransaction, sql } from "kysely";
import type { Database } from "./schema.ts";

export interface TenantScope {
  tenantId: string;
  /** Absent where a device or a program acts. */
  userId?: string;
}

export type Transaction = KyselyTransaction<Database>;

export function runWithTenant<T>(
  kysely: Kysely<Database>,
  scope: TenantScope,
  fn: (trx: Transaction) => Promise<T>,
): Promise<T> {
  return kysely.transaction().execute(async (trx) => {
    await sql`select set_config('app.current_tenant_id', ${scope.tenantId}, true),
      set_config('app.current_user_id', ${scope.userId ?? ""}, true)`.execute(trx);
    return fn(trx);
  });
}

export function runSystem<T>(kysely: Kysely<Database>, fn: (trx: Transaction) => Promise<T>): Promise<T> {
  return kysely.transaction().execute(fn);
}
