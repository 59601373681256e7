// A connection as one of the cloud's roles, with transactions in a tenant's name that leave nothing behind, and with what was refused as an
// answer instead of an end.
import pg from "pg";
import type { FilledTenant } from "./two-tenants.ts";

export interface RoleSession {
  client: pg.Client;
  /** Everything the server has told on the side. */
  notices: string[];
  /** Runs `fn` in a transaction in the name of tenant and person, or of nobody, and rolls it back. */
  inside<T>(scope: Pick<FilledTenant, "tenantId" | "userId"> | null, fn: () => Promise<T>): Promise<T>;
  /** The rows, and how many were changed; or what PostgreSQL says to it. The transaction goes on. */
  attempt(text: string, values?: unknown[]): Promise<Attempt>;
  stop(): Promise<void>;
}

export interface Attempt {
  rows: Record<string, unknown>[];
  count: number;
  /** Null where it was done. */
  error: pg.DatabaseError | null;
}

export async function openSession(url: string): Promise<RoleSession> {
  const client = new pg.Client({ connectionString: url });
  const notices: string[] = [];
  client.on("notice", (notice) => notices.push(notice.message ?? ""));
  await client.connect();
  return {
    client,
    notices,
    inside: (scope, fn) => runInside(client, scope, fn),
    attempt: (text, values) => runAttempt(client, text, values),
    stop: () => client.end(),
  };
}

async function runInside<T>(
  client: pg.Client,
  scope: Pick<FilledTenant, "tenantId" | "userId"> | null,
  fn: () => Promise<T>,
): Promise<T> {
  await client.query("BEGIN");
  try {
    if (scope !== null) await setScope(client, scope.tenantId, scope.userId);
    return await fn();
  } finally {
    await client.query("ROLLBACK");
  }
}

/** For the rest of the transaction, as the cloud does it. */
export async function setScope(client: pg.Client, tenantId: string, userId: string): Promise<void> {
  await client.query(
    "SELECT set_config('app.current_tenant_id', $1, true), set_config('app.current_user_id', $2, true)",
    [tenantId, userId],
  );
}

async function runAttempt(client: pg.Client, text: string, values: unknown[] = []): Promise<Attempt> {
  await client.query("SAVEPOINT attempt");
  try {
    const answer = await client.query<Record<string, unknown>>(text, values);
    await client.query("RELEASE attempt");
    return { rows: answer.rows, count: answer.rowCount ?? 0, error: null };
  } catch (error) {
    await client.query("ROLLBACK TO attempt");
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { rows: [], count: 0, error };
  }
}
