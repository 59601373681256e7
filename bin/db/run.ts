// Owns the life of one command: open what it works on, run it, close, tell how it ended; a person who breaks it off waits for nothing
// and leaves nothing behind. What each command does is its own file.
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { readMark } from "../../cloud/db/administration/environment-mark.ts";
import type { DatabaseLog } from "../../cloud/db/connection.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import type { BinConfig } from "../config.ts";
import { type OpenDatabase, openDatabase } from "./address.ts";
import { explain, Problem } from "./problem.ts";
import { confirm, type Danger, findProduction, refuseProduction } from "./questions.ts";
import { createReport, type Facts, type Report } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** What was asked for on the command line; each command has some of it. */
export interface Flags {
  data?: string;
  json?: boolean;
  verbose?: boolean;
  yes?: boolean;
  to?: string;
  port?: number;
  backups?: string;
}

export interface Settings extends Pick<BinConfig, "databaseUrl" | "production"> {
  /** The repository. */
  root: string;
  /** The folder of the installation. */
  dataDir: string;
  /** Where backups are kept. */
  backupsDir: string;
}

/** What a command works with. */
export interface Run {
  command: string;
  settings: Settings;
  flags: Flags;
  report: Report;
  log: DatabaseLog;
  signal: AbortSignal;
  /** Opened at the first call, closed when the command ends. */
  open(): Promise<OpenDatabase>;
  /** Why the open database counts as production; null if it does not. */
  findProduction(): Promise<string | null>;
  /** @throws Problem `production` */
  refuseProduction(): Promise<void>;
  /** @throws Problem `not-confirmed` */
  confirm(danger: Omit<Danger, "command">): Promise<void>;
  /** Nothing destructive passes here on production, or without consent. @throws Problem */
  allow(danger: Omit<Danger, "command">): Promise<void>;
  /** In milliseconds since 1970. */
  now(): number;
}

/** The last line: facts for a program, words for a person (null: everything is said). */
export interface Outcome {
  facts: Facts;
  words: string | null;
}

export type Command = (run: Run, name: string) => Promise<Outcome>;

export interface RunOptions {
  command: string;
  settings: Settings;
  flags: Flags;
  terminal: Terminal;
  /** Resolves when the person wants it to end. */
  interrupted: Promise<void>;
}

const BROKEN_OFF = 130;
const BREAK_OFF_EVERY_MS = 500;

/** @returns the exit status: 0 done, 1 failed, 2 refused or asked wrongly, 130 broken off */
export async function runCommand(perform: Command, name: string, options: RunOptions): Promise<number> {
  const { command, flags, terminal } = options;
  const report = createReport(terminal, { command, json: flags.json === true, now: () => performance.now() });
  const abort = new AbortController();
  void options.interrupted.then(() => abort.abort());
  const databases: OpenDatabase[] = [];
  const run = createRun(options, name, report, abort.signal, databases);
  const ending = breakOffWhenAborted(abort.signal, databases, report);
  try {
    const { facts, words } = await perform(run, name).finally(() => close(databases, ending, report));
    report.done(facts, words);
    return 0;
  } catch (thrown) {
    const problem = abort.signal.aborted ? brokenOff(thrown) : explain(thrown);
    report.failed(problem);
    if (flags.verbose === true && problem.cause !== undefined) report.remark(inspect(problem.cause, { depth: 4 }));
    return abort.signal.aborted ? BROKEN_OFF : problem.status;
  }
}

function createRun(
  options: RunOptions,
  name: string,
  report: Report,
  signal: AbortSignal,
  databases: OpenDatabase[],
): Run {
  const { command, settings, flags, terminal } = options;
  const log = createLog(flags.verbose === true, report);
  const run: Run = {
    ...{ command, settings, flags, report, log, signal },
    async open() {
      const [known] = databases;
      if (known !== undefined) return known;
      // Other machines have processes of the same number, and may work on the same database.
      const sessions = `trapline ${command} ${process.pid}-${randomBytes(4).toString("hex")}`;
      const onWait = (words: string): void => report.progress(`${words} ...`);
      const database = await openDatabase({ ...settings, sessions, log, onWait });
      databases.push(database);
      report.progress("");
      if (signal.aborted) throw new Error("broken off");
      sayWhere(database, report, flags.json === true);
      return database;
    },
    async findProduction() {
      const { url, database } = await run.open();
      return findProduction(settings.production, await withOwner(url, readMark), database);
    },
    async refuseProduction() {
      refuseProduction(await run.findProduction());
    },
    async confirm(danger) {
      const loss = `${danger.loss}${sayProgram(databases[0])}`;
      await confirm(
        { ...danger, loss, command: `${command} ${name}`.trimEnd() },
        { ...pickConsent(flags), terminal, signal },
      );
      if (signal.aborted) throw new Error("broken off");
    },
    async allow(danger) {
      await run.refuseProduction();
      await run.confirm(danger);
    },
    now: () => Date.now(),
  };
  return run;
}

function sayProgram(open: OpenDatabase | undefined): string {
  return open?.program ? `\nnpm start (process ${open.program}) works on it just now.` : "";
}

function pickConsent({ yes, json }: Flags): { yes: boolean; json: boolean } {
  return { yes: yes === true, json: json === true };
}

/** Said before anything is done, since every command of this kind is sooner or later run on the wrong database. */
function sayWhere(open: OpenDatabase, report: Report, json: boolean): void {
  const { server, where, database, role, version, how, program } = open;
  report.event("database", { server, where, database, role, version, how });
  if (json) return;
  const words = {
    started: "embedded, started for this command",
    joined: program === null ? "embedded, running" : `embedded, joined: npm start runs it (process ${program})`,
    given: `DATABASE_URL, as ${role}`,
  };
  report.remark(`database ${database} on ${where}, PostgreSQL ${version} (${words[how]})`);
}

function createLog(verbose: boolean, report: Report): DatabaseLog {
  const write = (facts: object, message: string): void => {
    if (verbose) report.remark(`${message} ${inspect(facts, { breakLength: Number.POSITIVE_INFINITY })}`);
  };
  return { error: write, warn: write, info: write };
}

/** The sessions are ended again and again, since work that was broken off may have been about to open the next. */
function breakOffWhenAborted(signal: AbortSignal, databases: OpenDatabase[], report: Report): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const breakOff = (): void => {
    report.progress("stopping ...");
    for (const database of databases) void database.breakOff();
  };
  const onAbort = (): void => {
    breakOff();
    timer = setInterval(breakOff, BREAK_OFF_EVERY_MS);
  };
  signal.addEventListener("abort", onAbort);
  return {
    stop() {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

async function close(databases: OpenDatabase[], ending: { stop(): void }, report: Report): Promise<void> {
  ending.stop();
  for (const database of databases) {
    await database.close().catch((error: unknown) => report.remark(`not closed cleanly: ${explain(error).message}`));
  }
}

function brokenOff(cause: unknown): Problem {
  return new Problem("interrupted", "broken off", "what was not finished was taken back", 1, cause);
}
