// Owns how the roles of the database fail. The message says what to do; the code is for programs, and the statements are for an
// administrator to run.

export type RolesErrorCode =
  /** Roles that the database needs are not there, and this login may not create them. */
  | "roles-missing"
  /** A role could pass the walls between tenants. */
  | "role-too-powerful"
  /** The roles may not connect to this database, and this login may not let them. */
  | "connect-missing"
  /** The address of the owner names a role that must own nothing. */
  | "owner-unfit"
  /** The address is none that a login could be derived from. */
  | "address-malformed"
  /** A role cannot log in yet, and this login may not let it. */
  | "login-forbidden"
  /** A role has a password that somebody else has set. */
  | "login-taken"
  /** An address that was given for a role logs in as another one, which may do less. */
  | "login-unfit"
  /** The server does not let a role in. */
  | "login-refused";

export class RolesError extends Error {
  override name = "RolesError";
  readonly code: RolesErrorCode;
  readonly data: Record<string, unknown>;
  /** What an administrator of the server can run against it; without the semicolons. */
  readonly statements: string[];

  constructor(
    code: RolesErrorCode,
    message: string,
    more: { statements?: string[]; data?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    const statements = more.statements ?? [];
    super([message, ...statements.map((one) => `  ${one};`)].join("\n"), { cause: more.cause });
    this.code = code;
    this.data = more.data ?? {};
    this.statements = statements;
  }
}
