// Owns the connection of the database's owner: one, for as long as a piece of work takes, with failures that say what to do.
// The pool of the running cloud is connection.ts, which never works as the owner.
import pg from "pg";
import { type DatabaseAddress, explainConnectFailure } from "./connect-failure.ts";
import { MigrationError } from "./migration-error.ts";

/** An address, or a connection that is idle and outside of a transaction; the latter is left open. */
export type MigrationTarget = string | pg.Client;

const CONNECT_TIMEOUT_MS = 10_000;
/** ON DELETE SET NULL with a column list came with 15. */
const SERVER_VERSION_MIN = 150_000;
/** What a login is limited to for the sake of ordinary statements would cut off a migration or a backup. Not every version knows all. */
const NO_LIMITS = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN
  ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')`;
const INVALID_PARAMETER_VALUE = "22023";

/** @throws MigrationError `address-malformed`, `server-unreachable`, `server-busy`, `server-too-old`, `login-refused`, `database-missing` */
export async function withOwner<T>(target: MigrationTarget, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  if (typeof target !== "string") {
    await checkServer(target);
    return fn(target);
  }
  const client = await connect(target);
  try {
    await checkServer(client);
    await client.query(NO_LIMITS);
    await noticeDeath(client);
    return await fn(client);
  } finally {
    await client.end();
  }
}

/** Commits when `fn` resolves. What has lost its connection is rolled back by the server. */
export async function inTransaction<T>(client: pg.Client, fn: () => Promise<T>, begin = "BEGIN"): Promise<T> {
  await client.query(begin);
  try {
    const value = await fn();
    await client.query("COMMIT");
    return value;
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}

/** Without an error of its own: what led here is worth more than the news that the connection is gone. */
export async function rollBack(client: pg.Client): Promise<void> {
  await client.query("ROLLBACK").catch(() => null);
}

async function connect(url: string): Promise<pg.Client> {
  const client = createClient(url);
  // What happens to the connection is told by the statement that needs it; an unheard event would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end();
    throw explainConnectFailure(error, describeAddress(client));
  }
}

function createClient(url: string): pg.Client {
  const connectionTimeoutMillis = CONNECT_TIMEOUT_MS;
  try {
    checkAddress(url);
    return new pg.Client({ connectionString: url, application_name: "trapline-owner", connectionTimeoutMillis });
  } catch {
    // Neither what was thrown nor the address is passed on: both hold the password.
    throw new MigrationError(
      "address-malformed",
      "DATABASE_URL cannot be read: write postgres://user:password@host:port/database, and the signs @ : / ? # % of " +
        "a password as %40 %3A %2F %3F %23 %25",
    );
  }
}

/** A sign that cuts a password in two makes its first half a port, which errors would tell; the @ is found behind it then. */
function checkAddress(url: string): void {
  const { protocol, username, password, pathname, hash, searchParams } = new URL(url);
  decodeURIComponent(password);
  const cut = [pathname, ...searchParams.keys()].some((part) => part.includes("@"));
  if (!/^postgres(ql)?:$/.test(protocol) || hash !== "" || (username === "" && cut)) throw new TypeError("no address");
}

function describeAddress(client: pg.Client): DatabaseAddress {
  return { host: client.host, port: client.port, user: client.user ?? "", database: client.database ?? "" };
}

async function checkServer(client: pg.Client): Promise<void> {
  const answer = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  const version = answer.rows[0]?.version ?? 0;
  if (version >= SERVER_VERSION_MIN) return;
  throw new MigrationError("server-too-old", `this PostgreSQL has version number ${version}; use version 15 or later`, {
    data: { version },
  });
}

/** Lets the server notice within seconds that this program was killed, instead of finishing a long statement with its locks held. */
async function noticeDeath(client: pg.Client): Promise<void> {
  try {
    await client.query("SET client_connection_check_interval = '2s'");
  } catch (error) {
    // Not every system can tell; then the statement runs to its end and is rolled back.
    if (!(error instanceof pg.DatabaseError && error.code === INVALID_PARAMETER_VALUE)) throw error;
  }
}
