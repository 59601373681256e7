// Owns the attempt to log in: one connection, what of its failures is the server's refusal, and by which variable a person mends it.
import pg from "pg";
import type { DatabaseRole } from "./roles.ts";

export const VARIABLES: Record<DatabaseRole, string> = {
  trapline_app: "TRAPLINE_APP_DATABASE_URL",
  trapline_ingest: "TRAPLINE_INGEST_DATABASE_URL",
  trapline_system: "TRAPLINE_SYSTEM_DATABASE_URL",
};
const INSUFFICIENT_PRIVILEGE = "42501";
const CONNECT_TIMEOUT_MS = 10_000;

export function isRefusal(error: unknown): error is Error {
  // pg itself refuses to answer a server's question for a password with none.
  if (error instanceof Error && /client password must be a/.test(error.message)) return true;
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.code?.startsWith("28") === true || error.code === INSUFFICIENT_PRIVILEGE;
}

export async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "trapline-logins",
  });
  client.on("error", () => undefined); // the statement under way is rejected with it
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}
