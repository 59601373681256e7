// Owns how giving the sample data fails, beside the ways that connecting and migrating can. The message says what to do.

export type SeedErrorCode =
  /** Migrations are missing: the sample is for the newest schema alone. */
  | "schema-behind"
  /** Other data has a name that only one may have, and that the sample cannot do without. */
  | "name-taken";

export class SeedError extends Error {
  override name = "SeedError";
  readonly code: SeedErrorCode;
  readonly data: Record<string, unknown>;

  constructor(code: SeedErrorCode, message: string, data: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
