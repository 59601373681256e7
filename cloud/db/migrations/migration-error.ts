// Owns how migrating fails. The message says what to do; the code is for programs.

export type MigrationErrorCode =
  /** A file that is no migration, a gap in the numbers. */
  | "migration-malformed"
  /** A file was changed after it had been applied. */
  | "migration-changed"
  /** The database was migrated by a newer program. */
  | "migration-unknown"
  /** The record of applied migrations has a gap or cannot be read. */
  | "migration-record"
  | "migration-failed"
  /** Another program has been migrating for too long. */
  | "migration-locked"
  | "server-too-old";

export class MigrationError extends Error {
  override name = "MigrationError";
  readonly code: MigrationErrorCode;
  readonly data: Record<string, unknown>;

  constructor(
    code: MigrationErrorCode,
    message: string,
    more: { data?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.data = more.data ?? {};
  }
}
