// Owns the pools of connections to PostgreSQL, one for each role the cloud works as, and how values come back from them: timestamps as
// Date, bigint as number. What a transaction may see is tenant-transaction.ts; the roles are roles/, starting a server embedded/.
import { Kysely, type KyselyPlugin, PostgresDialect } from "kysely";
import pg from "pg";
import type { DatabaseUrls } from "./roles/logins.ts";
import type { Database } from "./schema.ts";
import { type Origin, runSystem, runWithTenant, type TenantScope, type Transaction } from "./tenant-transaction.ts";

/** What of a pino logger the database rooms use. */
export interface DatabaseLog {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

/** Connections at most, by role. */
export type PoolSizes = Record<keyof DatabaseUrls, number>;

export interface DatabaseOptions {
  urls: DatabaseUrls;
  /** Connections at most: of all three together (15 unless told), split by splitPool, or of each. */
  poolMax?: number | PoolSizes;
  /** How long to wait for a connection, be it that all are in use; 5000 unless told. */
  connectTimeoutMs?: number;
  /** How long one statement may take before PostgreSQL cancels it; 5000 unless told. */
  statementTimeoutMs?: number;
  /** Of every query, for tests that look at or change what is asked. */
  plugins?: KyselyPlugin[];
  log: DatabaseLog;
}

/** Each kind of transaction commits when `fn` resolves and is rolled back when it rejects; each works as a role of its own. */
export interface TraplineDatabase {
  /** What a person asks for: sees their tenant and no other. */
  withTenant<T>(scope: TenantScope, fn: (trx: Transaction) => Promise<T>): Promise<T>;
  /** What one device says: sees its tenant and no other, and may do less. */
  ingest<T>(scope: Pick<TenantScope, "tenantId">, fn: (trx: Transaction) => Promise<T>): Promise<T>;
  /** What belongs to no tenant or to several: logging in, claiming, sweeping. */
  system<T>(fn: (trx: Transaction) => Promise<T>, origin?: Origin): Promise<T>;
  /** Waits for running statements, then closes every connection. */
  stop(): Promise<void>;
}

const POOL_MAX = 15;
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A transaction that is left open holds its locks; PostgreSQL ends it after this long without a statement. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;

export function createDatabase(options: DatabaseOptions): TraplineDatabase {
  const { poolMax = POOL_MAX, urls, ...rest } = options;
  const sizes = typeof poolMax === "number" ? splitPool(poolMax) : poolMax;
  const open = (name: keyof DatabaseUrls) => createKysely({ ...rest, name, url: urls[name], poolMax: sizes[name] });
  const [app, ingest, system] = [open("app"), open("ingest"), open("system")];
  return {
    withTenant: (scope, fn) => runWithTenant(app, scope, fn),
    ingest: ({ tenantId }, fn) => runWithTenant(ingest, { tenantId }, fn),
    system: (fn, origin) => runSystem(system, fn, origin),
    stop: async () => void (await Promise.all([app.destroy(), ingest.destroy(), system.destroy()])),
  };
}

/**
 * How many connections each role gets of so many in all, at least one: half for the system, who is asked at every request and every log-in
 * of a trap. None takes another's, so that a crowd of traps never keeps people waiting.
 */
export function splitPool(connections: number): PoolSizes {
  const app = Math.max(1, Math.floor(connections * 0.25));
  const ingest = Math.max(1, Math.floor(connections * 0.3));
  return { app, ingest, system: Math.max(1, connections - app - ingest) };
}

export interface KyselyOptions extends Omit<DatabaseOptions, "urls" | "poolMax"> {
  url: string;
  poolMax: number;
  /** Told to the server beside the program's name. */
  name: string;
}

/** One pool of one login, for whoever works on the tables themselves. The cloud's rooms have createDatabase. */
export function createKysely(options: KyselyOptions): Kysely<Database> {
  const pool = createPool(options);
  const connect = () => pool.connect().catch(explainBusy);
  const dialect = new PostgresDialect({ pool: { connect, end: () => pool.end() } });
  return new Kysely<Database>({ dialect, plugins: options.plugins ?? [] });
}

/** Every connection was taken for too long. Nothing was asked of the database; asking again later may do. */
export class DatabaseBusyError extends Error {
  override name = "DatabaseBusyError";
  readonly code = "DATABASE_BUSY";
}

/** pg-pool has no code for it. */
function explainBusy(error: unknown): never {
  const isBusy = error instanceof Error && error.message === "timeout exceeded when trying to connect";
  throw isBusy ? new DatabaseBusyError("no connection to the database became free in time", { cause: error }) : error;
}

function createPool(options: KyselyOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: `trapline-${options.name}`,
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
