// Owns the words for a connection that does not come about or breaks: which server, what is wrong, what to do. Pure; never says a password.
import pg from "pg";
import { MigrationError, type MigrationErrorCode } from "./migration-error.ts";

/** Where somebody tried to connect, without the password. */
export interface DatabaseAddress {
  host: string;
  port: number;
  user: string;
  database: string;
}

interface Explanation {
  code: MigrationErrorCode;
  message: string;
  statements?: string[];
}

type Explain = (address: DatabaseAddress, error: { message: string }) => Explanation;

const USE_EMBEDDED = "correct DATABASE_URL, or leave it out to use the embedded server";

/** By the codes of the operating system. */
const UNREACHABLE: Record<string, (address: DatabaseAddress) => string> = {
  ECONNREFUSED: () => "nothing listens there: start the server",
  ENOENT: () => "there is no such socket: start the server",
  ENOTFOUND: ({ host }) => `no machine is called ${host}`,
  EAI_AGAIN: ({ host }) => `the name ${host} cannot be looked up just now`,
  EHOSTUNREACH: () => "there is no way to that machine from here",
  ENETUNREACH: () => "there is no way to that network from here",
  ETIMEDOUT: () => "it does not answer; a firewall may stand between",
  ECONNRESET: () => "it hung up: something else than PostgreSQL may listen there",
};

/** By the codes of PostgreSQL. */
const REFUSALS: Record<string, Explain> = {
  "28P01": ({ user }) => ({
    code: "login-refused",
    message: `refused the password of ${user}, or has no such role: correct user and password in DATABASE_URL`,
  }),
  "28000": ({ user, database }, { message }) => ({
    code: "login-refused",
    message: `does not let ${user} into database ${database} (${message}): correct DATABASE_URL, or have pg_hba.conf allow it`,
  }),
  "3D000": ({ database }) => ({
    code: "database-missing",
    message: `has no database ${database}: correct DATABASE_URL, or let an administrator run this:`,
    statements: [`CREATE DATABASE ${pg.escapeIdentifier(database)}`],
  }),
  "42501": ({ user, database }) => ({
    code: "permission-missing",
    message: `does not let ${user} connect to database ${database}; let its owner run this:`,
    statements: [`GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(user)}`],
  }),
  "53300": () => ({
    code: "server-busy",
    message: "has no connection left: end other programs, or raise max_connections",
  }),
  "57P03": () => ({ code: "server-busy", message: "is starting or stopping: try again in a moment" }),
};

/** @param error what connecting threw */
export function explainConnectFailure(error: unknown, address: DatabaseAddress): MigrationError {
  const place = address.host.startsWith("/") ? address.host : `${address.host}:${address.port}`;
  const { code, message } = describeError(error);
  const more = { data: { ...address, code }, cause: error };
  const unreachable = UNREACHABLE[code] ?? (/timeout expired/.test(message) ? UNREACHABLE.ETIMEDOUT : undefined);
  if (unreachable !== undefined) {
    const text = `no database server at ${place}: ${unreachable(address)}, ${USE_EMBEDDED}`;
    return new MigrationError("server-unreachable", text, more);
  }
  const refusal = REFUSALS[code]?.(address, { message });
  if (refusal !== undefined) {
    const statements = refusal.statements ?? [];
    return new MigrationError(refusal.code, `the server at ${place} ${refusal.message}`, { ...more, statements });
  }
  if (/password must be a string/.test(message)) {
    const text = `the server at ${place} wants a password of ${address.user}: write it into DATABASE_URL`;
    return new MigrationError("login-refused", text, more);
  }
  const text = `could not connect to ${place}: ${message}; ${USE_EMBEDDED}`;
  return new MigrationError("server-unreachable", text, more);
}

/** The server ended the connection, or it broke: codes of PostgreSQL's classes 08 and 57P, or the socket's own words. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = describeError(error);
  if (error instanceof pg.DatabaseError) return code.startsWith("08") || /^57P0[1-5]$/.test(code);
  return (
    ["ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code) ||
    /^Connection terminated|has encountered a connection error|Client was closed/.test(message)
  );
}

export function explainLostConnection(error: unknown, doing: string): MigrationError {
  return new MigrationError(
    "connection-lost",
    `the connection to the database was lost while ${doing} (${describeError(error).message}); ` +
      "what was not committed is undone, so it is safe to do the same again",
    { cause: error },
  );
}

/** A name with several addresses fails as several errors in one, which has no words of its own. */
function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  return { code: "code" in error && typeof error.code === "string" ? error.code : "", message: error.message };
}
