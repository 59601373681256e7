// Owns how migrating fails. The message says what to do; the code is for programs, and the statements are for an administrator to run.

export type MigrationErrorCode =
  /** A file that is no migration, a gap in the numbers. */
  | "migration-malformed"
  /** A file was changed after it had been applied. */
  | "migration-changed"
  /** The database was migrated by a newer program. */
  | "migration-unknown"
  /** The database has yet to be migrated for this program. */
  | "migration-pending"
  /** The caller names a migration that is not there. */
  | "migration-not-found"
  /** The record of applied migrations has a gap or cannot be read. */
  | "migration-record"
  | "migration-failed"
  /** Another program has been migrating for too long. */
  | "migration-locked"
  /** A migration or a checkpoint cannot be called so. */
  | "name-refused"
  /** A migration or a checkpoint is called so already. */
  | "name-taken"
  /** The caller names neither a checkpoint nor a migration that could be gone back to. */
  | "checkpoint-not-found"
  /** What is named lies above where the database stands. */
  | "rollback-upward"
  /** Going down could not be tried out just now. */
  | "loss-unmeasured"
  | "address-malformed"
  /** Nobody answers at the address, or not in time. */
  | "server-unreachable"
  /** The server is starting, stopping, or full. */
  | "server-busy"
  | "server-too-old"
  | "login-refused"
  | "database-missing"
  /** The role may not do what has to be done. */
  | "permission-missing"
  /** The connection ended while it was needed. */
  | "connection-lost";

export interface MigrationErrorMore {
  /** What an administrator of the server can run against it; without the semicolons. */
  statements?: string[];
  data?: Record<string, unknown>;
  cause?: unknown;
}

export class MigrationError extends Error {
  override name = "MigrationError";
  readonly code: MigrationErrorCode;
  readonly data: Record<string, unknown>;
  readonly statements: string[];

  constructor(code: MigrationErrorCode, message: string, more: MigrationErrorMore = {}) {
    const statements = more.statements ?? [];
    super([message, ...statements.map((one) => `  ${one};`)].join("\n"), { cause: more.cause });
    this.code = code;
    this.data = more.data ?? {};
    this.statements = statements;
  }
}
