// Owns how starting the embedded PostgreSQL fails: every message says what to do about it, the code is for programs.

export type DbStartErrorCode =
  /** No build of PostgreSQL for this machine. */
  | "platform-unsupported"
  /** The package with the build is not installed. */
  | "binaries-missing"
  /** The build is there and cannot be run. */
  | "binaries-broken"
  /** Running as root, and no other account to run PostgreSQL as. */
  | "account-missing"
  /** The account that runs PostgreSQL cannot get at the data. */
  | "data-unreachable"
  /** The folder holds something else. */
  | "data-foreign"
  /** The data belong to another user of the machine. */
  | "data-owner"
  /** The data were written by another major version. */
  | "data-version"
  /** A living program uses the data. */
  | "data-in-use"
  /** Another program is starting a server on the data. */
  | "data-starting"
  | "port-taken"
  | "initdb-failed"
  | "start-failed";

export class DbStartError extends Error {
  override name = "DbStartError";
  readonly code: DbStartErrorCode;
  readonly data: Record<string, unknown>;

  constructor(code: DbStartErrorCode, message: string, more: { data?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.data = more.data ?? {};
  }
}
