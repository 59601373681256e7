// Owns the pool of connections to PostgreSQL and how values come back from it: timestamps as Date, bigint as number.
// What a transaction may see is tenant-transaction.ts; starting a server is embedded.ts.
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Database } from "./schema.ts";
import { runSystem, runWithTenant, type TenantScope, type Transaction } from "./tenant-transaction.ts";

/** What of a pino logger the database rooms use. */
export interface DatabaseLog {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

export interface DatabaseOptions {
  /** postgres://user:password@host:port/database */
  url: string;
  /** Connections at most; 10 unless told. */
  poolMax?: number;
  /** How long one statement may take before PostgreSQL cancels it; 5000 unless told. */
  statementTimeoutMs?: number;
  log: DatabaseLog;
}

export interface TraplineDatabase {
  /** For the few reads that need no transaction and no tenant. */
  kysely: Kysely<Database>;
  /** One transaction that sees one tenant: committed when `fn` resolves, rolled back when it rejects. */
  withTenant<T>(scope: TenantScope, fn: (trx: Transaction) => Promise<T>): Promise<T>;
  /** One transaction for what belongs to no tenant or to several: logging in, claiming, sweeping. */
  system<T>(fn: (trx: Transaction) => Promise<T>): Promise<T>;
  /** Waits for running statements, then closes every connection. */
  stop(): Promise<void>;
}

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A transaction that is left open holds its locks; PostgreSQL ends it after this long without a statement. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;

export function createDatabase(options: DatabaseOptions): TraplineDatabase {
  const pool = createPool(options);
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return {
    kysely,
    withTenant: (scope, fn) => runWithTenant(kysely, scope, fn),
    system: (fn) => runSystem(kysely, fn),
    stop: () => kysely.destroy(),
  };
}

function createPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax ?? POOL_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: "trapline",
    types: { getTypeParser },
  });
  pool.on("error", (error) => options.log.warn({ err: error }, "idle database connection lost"));
  // While a connection is checked out the pool does not listen to it, and an unheard `error` event would end the process;
  // the statement under way is rejected all the same.
  pool.on("connect", (client) => {
    client.on("error", (error) => options.log.warn({ err: error }, "database connection lost"));
  });
  return pool;
}

const INT8_OID = 20;

function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8_OID) return parseInt8;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
}

/** @throws RangeError, which rejects the query, for what a number cannot hold exactly. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`bigint ${text} is beyond the integers a number holds exactly`);
  return value;
}
