// Repeats what was recorded after the owner has changed something: as the same role, with the same settings, and undone at the end together with
// the change.
import { CompiledQuery, type Kysely, sql } from "kysely";
import type { Database } from "../../../../cloud/db/schema.ts";
import type { Transaction } from "../../../../cloud/db/tenant-transaction.ts";
import {
  type Actor,
  countReads,
  explain,
  type Reads,
  type RecordedTransaction,
  undoAfterwards,
} from "./recorded-database.ts";

/** What is read while `fn` runs. @param kysely of the owner, who may take on every role */
export async function tryAfter(
  kysely: Kysely<Database>,
  change: string,
  { role, scope }: Actor,
  fn: (trx: Transaction) => Promise<unknown>,
): Promise<Reads> {
  let reads: Reads = { scanned: {}, fetched: 0 };
  await undoAfterwards(
    (inner) => kysely.transaction().execute(inner),
    async (trx) => {
      for (const statement of change.split(";")) await trx.executeQuery(CompiledQuery.raw(statement));
      await sql`set local role ${sql.id(`trapline_${role}`)}`.execute(trx);
      await sql`select set_config('app.current_tenant_id', ${scope.tenantId ?? ""}, true),
        set_config('app.current_user_id', ${scope.userId ?? ""}, true)`.execute(trx);
      reads = await countReads(trx, () => fn(trx));
    },
  );
  return reads;
}

/** The statements once more, with the plans and the reads they have now. */
export async function repeatAfter(
  kysely: Kysely<Database>,
  change: string,
  transactions: RecordedTransaction[],
): Promise<RecordedTransaction[]> {
  const again: RecordedTransaction[] = [];
  for (const recorded of transactions) {
    const statements = [...recorded.statements];
    const reads = await tryAfter(kysely, change, recorded, async (trx) => {
      for (const [index, statement] of statements.entries()) {
        const plan = await explain(trx, statement.text, statement.parameters);
        statements[index] = { ...statement, plan };
        await repeat(trx, statement.text, statement.parameters);
      }
    });
    again.push({ ...recorded, ...reads, statements });
  }
  return again;
}

/** What was inserted once is refused the second time, which is no matter here. */
async function repeat(trx: Transaction, text: string, parameters: readonly unknown[]): Promise<void> {
  await sql`savepoint before_it`.execute(trx);
  try {
    await trx.executeQuery(CompiledQuery.raw(text, [...parameters]));
  } catch {
    await sql`rollback to savepoint before_it`.execute(trx);
  }
}
