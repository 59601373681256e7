// Owns how backing up and restoring fail. The message says what to do; the code is for programs.

export type BackupErrorCode =
  /** There is a file of that name already. */
  | "file-exists"
  /** The file could not be written: disk full, no permission, no such folder. Nothing is left of it. */
  | "write-failed"
  /** The program pg_dump refused, or gave something else than asked for. */
  | "tool-failed"
  /** A policy hides rows of a table from the role that backs up. */
  | "rows-hidden"
  /** The tables were changed again and again while the backup began. */
  | "schema-moving"
  /** The schema holds a line that a restore would take for one of the backup's own. */
  | "schema-unfit"
  /** The file is no whole, unaltered backup that this program can restore; `data.reason` is a `BackupFlaw`. */
  | "backup-refused"
  /** The target of a restore holds something already, and nobody allowed to replace it. */
  | "database-in-use"
  /** Other programs hold locks on what has to be replaced. */
  | "database-busy"
  /** PostgreSQL refused a statement; the target is as it was before. */
  | "restore-failed"
  /** The caller's signal was aborted. */
  | "cancelled";

export class BackupError extends Error {
  override name = "BackupError";
  readonly code: BackupErrorCode;
  readonly data: Record<string, unknown>;

  constructor(code: BackupErrorCode, message: string, more: { data?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.data = more.data ?? {};
  }
}
