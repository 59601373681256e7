// Owns what a transaction may see: it names the tenant and the person to PostgreSQL for the length of one transaction,
// never of a connection, since connections are shared [TENANT-2]. Row-level security relies on it; queries name the tenant as well.
import { type Kysely, type Transaction as KyselyTransaction, sql } from "kysely";
import type { Database } from "./schema.ts";

/** Where a request comes from, for the audit log. */
export interface Origin {
  /** An IP address. */
  address: string;
  /** What the program calls itself. */
  agent: string | null;
}

export interface TenantScope extends Partial<Origin> {
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
      set_config('app.current_user_id', ${scope.userId ?? ""}, true),
      ${setOrigin(scope)}`.execute(trx);
    return fn(trx);
  });
}

export function runSystem<T>(
  kysely: Kysely<Database>,
  fn: (trx: Transaction) => Promise<T>,
  origin?: Origin,
): Promise<T> {
  return kysely.transaction().execute(async (trx) => {
    if (origin !== undefined) await sql`select ${setOrigin(origin)}`.execute(trx);
    return fn(trx);
  });
}

function setOrigin({ address, agent }: Partial<Origin>) {
  return sql`set_config('app.current_address', ${address ?? ""}, true), set_config('app.current_agent', ${agent ?? ""}, true)`;
}
