// Owns the question whether the database answers.
import { sql } from "kysely";
import type { TraplineDatabase } from "./connection.ts";

/** Rejects if it does not, with the reason. */
export async function pingDatabase(db: TraplineDatabase): Promise<void> {
  await db.system((trx) => sql`select 1`.execute(trx));
}
