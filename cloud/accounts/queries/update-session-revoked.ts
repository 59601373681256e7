// Owns the end that a person sets to their session. The row stays until it is swept by delete-ended-sessions.ts.
import type { Kysely } from "kysely";
import type { Database } from "../../db/schema.ts";

export async function updateSessionRevoked(db: Kysely<Database>, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("id", "=", sessionId)
    .where("revoked_at", "is", null)
    .execute();
}
