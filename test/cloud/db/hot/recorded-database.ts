// A database that remembers what it was asked: each statement of each transaction with the line it comes from, how PostgreSQL plans it for the
// same role with the same settings, and which tables the transaction read from end to end, triggers and foreign keys included.
import * as path from "node:path";
import { CompiledQuery, type KyselyPlugin, type RootOperationNode, sql } from "kysely";
import type { TraplineDatabase } from "../../../../cloud/db/connection.ts";
import type { DatabaseUrls } from "../../../../cloud/db/roles/logins.ts";
import type { TenantScope, Transaction } from "../../../../cloud/db/tenant-transaction.ts";
import type { PlanNode } from "./plan.ts";

/** As one of the three, and as whose tenant's person. */
export interface Actor {
  role: keyof DatabaseUrls;
  scope: Partial<TenantScope>;
}

export interface RecordedStatement {
  text: string;
  parameters: readonly unknown[];
  /** Where in cloud/ it was executed: path and line. */
  site: string;
  plan: PlanNode;
}

export interface RecordedTransaction extends Actor, Reads {
  statements: RecordedStatement[];
}

export interface Recording {
  db: TraplineDatabase;
  /** What was recorded since the last time, in the order of the transactions' ends. */
  take(): RecordedTransaction[];
}

type Begin = <R>(fn: (trx: Transaction) => Promise<R>) => Promise<R>;

interface Seen {
  node: RootOperationNode;
  site: string;
}

class Undone extends Error {
  override name = "Undone";
}

export function recordDatabase(db: TraplineDatabase): Recording {
  let transactions: RecordedTransaction[] = [];

  async function record<T>(actor: Actor, begin: Begin, fn: (trx: Transaction) => Promise<T>): Promise<T> {
    const seen: Seen[] = [];
    let reads: Reads = { scanned: {}, fetched: 0 };
    try {
      return await begin(async (trx) => {
        const before = await readCounts(trx);
        try {
          return await fn(trx.withPlugin(createNoter(seen)));
        } finally {
          // A statement that failed has left nothing to ask, nor to count.
          reads = await readCounts(trx).then(
            (after) => subtract(after, before),
            () => reads,
          );
        }
      });
    } finally {
      transactions.push({ ...actor, ...reads, statements: await explainAll(begin, seen) });
    }
  }

  return {
    db: {
      withTenant: (scope, fn) => record({ role: "app", scope }, (inner) => db.withTenant(scope, inner), fn),
      ingest: (scope, fn) => record({ role: "ingest", scope }, (inner) => db.ingest(scope, inner), fn),
      system: (fn, origin) => record({ role: "system", scope: {} }, (inner) => db.system(inner, origin), fn),
      stop: () => db.stop(),
    },
    take() {
      const taken = transactions;
      transactions = [];
      return taken;
    },
  };
}

function createNoter(seen: Seen[]): KyselyPlugin {
  return {
    transformQuery({ node }) {
      seen.push({ node, site: findSite() });
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
}

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const STACK_DEPTH = 60;

/** The first of our own lines below the query builder. */
function findSite(): string {
  const kept = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_DEPTH;
  const { stack = "" } = new Error("where");
  Error.stackTraceLimit = kept;
  for (const [, file = "", line = ""] of stack.matchAll(/(?:file:\/\/)?(\/[^\s():]+):(\d+):\d+/g)) {
    const name = path.relative(ROOT, file);
    if (name.startsWith(`cloud${path.sep}`)) return `${name}:${line}`;
  }
  throw new Error(`a statement that comes from nowhere in cloud/:\n${stack}`);
}

async function explainAll(begin: Begin, seen: Seen[]): Promise<RecordedStatement[]> {
  const statements: RecordedStatement[] = [];
  await undoAfterwards(begin, async (trx) => {
    for (const { node, site } of seen) {
      const { sql: text, parameters } = trx.getExecutor().compileQuery(node, { queryId: "explain" });
      statements.push({ text, parameters, site, plan: await explain(trx, text, parameters) });
    }
  });
  return statements;
}

/** A transaction that is rolled back when it has done its work. */
export async function undoAfterwards(begin: Begin, fn: (trx: Transaction) => Promise<void>): Promise<void> {
  const undone = begin(async (trx) => {
    await fn(trx);
    throw new Undone();
  });
  await undone.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
}

export async function explain(trx: Transaction, text: string, parameters: readonly unknown[]): Promise<PlanNode> {
  const answer = await trx.executeQuery<{ "QUERY PLAN": { Plan: PlanNode }[] }>(
    CompiledQuery.raw(`explain (format json) ${text}`, [...parameters]),
  );
  const [first] = answer.rows[0]?.["QUERY PLAN"] ?? [];
  if (first === undefined) throw new Error(`no plan for: ${text}`);
  return first.Plan;
}

export interface Reads {
  /** Rows read from end to end, by table or partition, whoever caused it. */
  scanned: Record<string, number>;
  /** Rows that were fetched by way of an index. */
  fetched: number;
}

/** What is read while `fn` runs. */
export async function countReads(trx: Transaction, fn: () => Promise<unknown>): Promise<Reads> {
  const before = await readCounts(trx);
  await fn();
  return subtract(await readCounts(trx), before);
}

/** Counted by the server for this connection; what earlier transactions of it have left there is the caller's to subtract. */
async function readCounts(trx: Transaction): Promise<Reads> {
  const answer = await sql<{ name: string; scanned: number; fetched: number }>`
    select relname as name, coalesce(seq_tup_read, 0) as scanned, coalesce(idx_tup_fetch, 0) as fetched
    from pg_stat_xact_user_tables where seq_tup_read > 0 or idx_tup_fetch > 0`.execute(trx);
  const scanned = Object.fromEntries(answer.rows.map((row) => [row.name, row.scanned]));
  return { scanned, fetched: answer.rows.reduce((sum, row) => sum + row.fetched, 0) };
}

function subtract(after: Reads, before: Reads): Reads {
  const scanned = Object.entries(after.scanned)
    .map(([name, rows]) => [name, rows - (before.scanned[name] ?? 0)] as const)
    .filter(([, rows]) => rows > 0);
  return { scanned: Object.fromEntries(scanned), fetched: after.fetched - before.fetched };
}
