// Ends the sessions of a command that its person has broken off: the statement under way stops, its transaction is rolled back, its locks
// are free. A session is found by its name, which the command gives to its address.
import pg from "pg";

/** The address with the name that every session opened with it will have. @param url one that `new URL` reads */
export function nameSessions(url: string, name: string): string {
  const named = new URL(url);
  named.searchParams.set("application_name", name);
  return named.href;
}

/** @returns how many were ended. Ends none where the server is not there any more. */
export async function endSessions(url: string, name: string): Promise<number> {
  const client = new pg.Client({ connectionString: nameSessions(url, "trapline-end"), connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined); // it is only asked once
  try {
    await client.connect();
    const answer = await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()",
      [name],
    );
    return answer.rowCount ?? 0;
  } catch {
    return 0; // the command itself will say why the server cannot be reached
  } finally {
    await client.end().catch(() => undefined);
  }
}
