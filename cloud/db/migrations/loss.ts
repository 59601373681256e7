// Measures what going down to an older version would lose, by doing it in a transaction that is rolled back. Whether to go on is the
// caller's question. Values that a DOWN section rewrites in place (a role that the older version does not know) are not counted.
//
// One snapshot for everything: the sections run behind a savepoint, and going back to it lets go of their locks before
// what would be lost is counted, so that others wait only as long as the sections take.
import pg from "pg";
import { explainLostConnection, isConnectionLost } from "./connect-failure.ts";
import { MigrationError } from "./migration-error.ts";
import { loadMigrations, type Migration } from "./migration-files.ts";
import { withMigrationLock } from "./migration-lock.ts";
import { countApplied, readRecord } from "./migration-record.ts";
import { checkRights } from "./migration-rights.ts";
import { explainStepFailure } from "./migration-step.ts";
import { checkVersion } from "./migration-target.ts";
import { type MigrationTarget, rollBack, withOwner } from "./owner-connection.ts";
import { countRows, countValues, listWrittenTables, readShapes, type Shapes } from "./table-shapes.ts";

/** `table`: it goes with its rows. `column`: it goes, `rows` of them hold a value. `rows`: the table stays, that many rows go. */
export interface Loss {
  kind: "table" | "column" | "rows";
  table: string;
  /** Of kind `column` alone. */
  column?: string;
  rows: number;
}

export interface LossOptions {
  migrations?: Migration[];
  /** How long to wait for another program that is migrating; 60 000 unless told. */
  lockWithinMs?: number;
  /** How long to wait for tables that others use, and make others wait behind; 500 unless told, tried three times. */
  tableWithinMs?: number;
  /** How long one statement of a section may take; 10 000 unless told. */
  statementWithinMs?: number;
}

const TABLE_WITHIN_MS = 500;
const STATEMENT_WITHIN_MS = 10_000;
const TRIES_MAX = 3;
/** lock_not_available, serialization_failure, deadlock_detected: others were at work. */
const BUSY = ["55P03", "40001", "40P01"];
const QUERY_CANCELED = "57014";

/**
 * What is there to lose, in the order of the tables; empty where nothing is. Leaves no trace.
 * @throws MigrationError `loss-unmeasured` where the tables are too busy or too large to try it; `migration-not-found`, and those of migrateDown
 */
export async function findLoss(target: MigrationTarget, toVersion: number, options: LossOptions = {}): Promise<Loss[]> {
  const migrations = options.migrations ?? (await loadMigrations());
  checkVersion(toVersion, migrations);
  return withOwner(target, (client) =>
    withMigrationLock(client, options.lockWithinMs, async () => {
      const applied = countApplied((await readRecord(client, migrations)).rows, migrations);
      const undone = migrations.slice(toVersion, applied).reverse();
      if (undone.length === 0) return [];
      await checkRights(client);
      return retryBusy(() => measure(client, undone, options));
    }),
  );
}

async function retryBusy<T>(fn: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fn();
    } catch (error) {
      const code = error instanceof MigrationError && error.cause instanceof pg.DatabaseError ? error.cause.code : "";
      if (tries < TRIES_MAX && BUSY.includes(code ?? "")) continue;
      if (![...BUSY, QUERY_CANCELED].includes(code ?? "")) throw error;
      throw new MigrationError(
        "loss-unmeasured",
        "what going down would lose could not be measured, since others use the tables or the tables are large: " +
          "try again at a quieter time, or take a backup and go on without knowing",
        { cause: error },
      );
    }
  }
}

async function measure(client: pg.Client, undone: Migration[], options: LossOptions): Promise<Loss[]> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  try {
    const before = await readShapes(client);
    const { after, left } = await tryDown(client, undone, options);
    return await countLoss(client, before, after, left);
  } catch (error) {
    throw isConnectionLost(error) ? explainLostConnection(error, "measuring what would be lost") : error;
  } finally {
    await rollBack(client);
  }
}

interface TriedDown {
  after: Shapes;
  /** The rows left in those tables that the sections wrote to. */
  left: Map<string, number>;
}

async function tryDown(client: pg.Client, undone: Migration[], options: LossOptions): Promise<TriedDown> {
  await client.query("SAVEPOINT before_down");
  await client.query("SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)", [
    String(options.tableWithinMs ?? TABLE_WITHIN_MS),
    String(options.statementWithinMs ?? STATEMENT_WITHIN_MS),
  ]);
  for (const migration of undone) {
    try {
      await client.query(migration.down);
    } catch (error) {
      throw explainStepFailure(error, migration, "down");
    }
  }
  const after = await readShapes(client);
  const left = new Map<string, number>();
  for (const table of await listWrittenTables(client)) {
    if (after.has(table)) left.set(table, await countRows(client, table));
  }
  await client.query("ROLLBACK TO SAVEPOINT before_down");
  return { after, left };
}

async function countLoss(client: pg.Client, before: Shapes, after: Shapes, left: Map<string, number>): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const [table, columns] of before) {
    const kept = after.get(table);
    if (kept === undefined) {
      losses.push({ kind: "table", table, rows: await countRows(client, table) });
      continue;
    }
    const rowsLeft = left.get(table);
    if (rowsLeft === undefined) continue;
    losses.push({ kind: "rows", table, rows: (await countRows(client, table)) - rowsLeft });
    const lost = columns.filter((column) => !kept.some((one) => one.name === column.name));
    const values = lost.length === 0 ? [] : await countValues(client, table, lost);
    for (const [index, column] of lost.entries()) {
      losses.push({ kind: "column", table, column: column.name, rows: values[index] ?? 0 });
    }
  }
  return losses.filter((loss) => loss.rows > 0);
}
