// Owns how a command fails: one line of what happened, a line or more of what to do, and the exit status. Errors of the database's rooms
// are put into that shape here, with the few codes of PostgreSQL and Node that reach a person as they are.

/** 1: it was tried and failed. 2: it was not tried, since it was asked wrongly or refused. */
export type FailureStatus = 1 | 2;

export class Problem extends Error {
  readonly code: string;
  readonly advice: string[];
  readonly status: FailureStatus;

  constructor(code: string, message: string, advice: string | string[], status: FailureStatus = 1, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.advice = typeof advice === "string" ? [advice] : advice;
    this.status = status;
  }
}

/** Nothing was tried: asked wrongly, or refused. */
export function refusal(code: string, message: string, advice: string | string[]): Problem {
  return new Problem(code, message, advice, 2);
}

/** What is asked for wrongly, though the words were in order. */
const REFUSED = new Set([
  "name-refused",
  "name-taken",
  "migration-not-found",
  "checkpoint-not-found",
  "address-malformed",
]);

const AS_BEFORE = "mend what it names and run the command again; --verbose shows where it stands";

/** What to do where the message says what happened, and no more. */
const ADVICE: Record<string, string> = {
  "migration-failed": "mend its file and run the command again; --verbose shows where",
  "connection-lost": "see whether the server runs (npm run db:status), and run the command again",
  "write-failed": "make room, or give another folder with --backups",
  "tool-failed": "run it again; --verbose shows what pg_dump said",
  "backup-refused": "use another backup, or a copy of this one; one of a newer schema needs the newer program",
  "restore-failed": AS_BEFORE,
  "database-in-use": "run it again: somebody has written to the database since it was looked at",
  "42501": "let the database's owner run the command, or give this login the right; --verbose shows where",
  "25006": "this server is a standby: give DATABASE_URL the primary",
  "53100": "the server's disk is full: make room there, and run the command again",
  "57014": "the server cancelled it; nothing of the statement under way was kept. Run the command again",
  "57P01": "the server is going down: see npm run db:status, and run the command again",
  ENOSPC: "the disk is full: make room, and run the command again",
  EACCES: "run it as the user that owns the folder, or give this one the right",
  EPERM: "run it as the user that owns the folder, or give this one the right",
};
/** Classes of errors whose messages say what to do as well. */
const ADVISING = /^(Migration|Roles|Backup|DbStart|Catalogue|Seed)Error$/;
const UNKNOWN = "run it again with --verbose to see where it happened";

/** Puts anything that was thrown into the shape a person is shown. */
export function explain(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = "code" in error && typeof error.code === "string" ? error.code : "unexpected";
  const statements = "statements" in error && Array.isArray(error.statements) ? error.statements.map(String) : [];
  const message = (error.message || error.name).split("\n")[0]?.trim() ?? "";
  const [what, advice] =
    ADVICE[code] === undefined && ADVISING.test(error.name) ? split(message) : [message, ADVICE[code] ?? UNKNOWN];
  const lines = [advice, ...statements.map((statement) => `  ${statement};`)];
  return new Problem(code, what, lines, REFUSED.has(code) ? 2 : 1, error);
}

/** The rooms write "what happened; what to do", or "what happened: what to do". */
function split(message: string): [what: string, advice: string] {
  const [first, ...rest] = message.split(/; /);
  if (first !== undefined && rest.length > 0) return [first, rest.join("; ")];
  const colon = message.lastIndexOf(": ");
  return colon < 0 ? [message, UNKNOWN] : [message.slice(0, colon), message.slice(colon + 2)];
}
