// What a test file tells the runner, and what the runner makes of it: types only.
// The file speaks over the channel Node opens between parent and child, so that nothing a test prints can be taken for a result.

export type SkipKind = "package" | "platform";

export interface CaseResult {
  suite: string;
  name: string;
  outcome: "passed" | "failed" | "skipped";
  ms: number;
  /** Why it failed or was skipped; empty for a passed case. */
  detail: string;
}

/** Sent once, when the last suite of the file has ended. */
export interface ResultMessage {
  trapline: "result";
  cases: CaseResult[];
}

/** Asks the runner for the shared PostgreSQL server; answered by a PostgresMessage. */
export interface NeedPostgresMessage {
  trapline: "need-postgres";
}

/** Tells the runner that the file as a whole may take longer than files do. */
export interface FileLimitMessage {
  trapline: "file-limit";
  ms: number;
}

/** Sent by the runner: where the server is, or why there is none. */
export interface PostgresMessage {
  trapline: "postgres";
  server?: TestServer;
  error?: string;
}

export interface TestServer {
  /** Connection string of the server's maintenance database, with the right to create databases. */
  url: string;
  /** A migrated database that allows no connections: the mould of every test database. */
  template: string;
  /** All databases of this run begin with it. */
  prefix: string;
  /** Which server this is, for people. */
  description: string;
}

export type ChildMessage = ResultMessage | NeedPostgresMessage | FileLimitMessage;

export interface FileResult {
  file: string;
  cases: CaseResult[];
  /** What went wrong beside the cases: no result, a hang, an exit code, something left open. Each counts as a failure. */
  problems: string[];
  /** Everything the file printed. */
  output: string;
  ms: number;
}
