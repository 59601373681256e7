// Owns the list of the database's commands: their names, options, help and examples. What each says and does is its own file's.
import { join, resolve } from "node:path";
import { InvalidArgumentError, Option, type Command as Program } from "commander";
import type { BinConfig } from "../config.ts";
import { backupCommand, restoreCommand } from "./backup-commands.ts";
import { markCommand, resetCommand } from "./data-commands.ts";
import { migrateCreateCommand, migrateStatusCommand, migrateUpCommand } from "./migrate-commands.ts";
import { refusal } from "./problem.ts";
import { migrateCheckpointCommand, migrateDownCommand, migrateRollbackCommand } from "./rollback-commands.ts";
import { type Command, type Flags, runCommand } from "./run.ts";
import { migrateValidateCommand, typesCommand } from "./schema-commands.ts";
import { freshCommand, seedCommand } from "./seed-commands.ts";
import { startCommand, statusCommand, stopCommand } from "./server-commands.ts";
import type { Terminal } from "./terminal.ts";

export interface Entry {
  name: string;
  /** Its one argument, and what it is. */
  argument?: [name: string, words: string];
  summary: string;
  /** What a person wonders about before using it. */
  more: string;
  /** What follows the command's name in an example. */
  examples: string[];
  options?: ("to" | "port" | "yes" | "backups")[];
  perform: Command;
}

const OPTIONS = {
  to: () => new Option("--to <version>", "stop at this version: a number, or a migration's name"),
  port: () => new Option("--port <n>", "listen there on 127.0.0.1 (default: any free one)").argParser(parsePort),
  yes: () => new Option("--yes", "do it without asking"),
  backups: () => new Option("--backups <folder>", "where backups are kept (default: backups)"),
};

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw new InvalidArgumentError("A port is a whole number from 1 to 65535.");
  return port;
}

const WORKS_ON =
  "Works on the database of DATABASE_URL. Without it, on the embedded one in .trapline, whose server is started for the command " +
  "unless npm start or npm run db:start runs it already.";

export const ENTRIES: Entry[] = [
  {
    name: "migrate:up",
    summary: "apply the migrations that are missing",
    more: "Each migration is one transaction. Doing it again does nothing; of several at once, one works and the others wait.",
    examples: ["", "--to 9"],
    options: ["to"],
    perform: migrateUpCommand,
  },
  {
    name: "migrate:down",
    summary: "take the newest migration back, or all above a version",
    more: "Tries it out first: where rows would be lost it says which and asks, and refuses on production.",
    examples: ["", "--to 6"],
    options: ["to", "yes"],
    perform: migrateDownCommand,
  },
  {
    name: "migrate:create",
    argument: ["name", "what it does, in small letters, words joined by _"],
    summary: "write the file of a new migration",
    more: "It gets the next number, and sections UP and DOWN to fill in.",
    examples: ["add_trap_colours"],
    perform: migrateCreateCommand,
  },
  {
    name: "migrate:status",
    summary: "tell which migrations are applied",
    more: "Changes nothing.",
    examples: [""],
    perform: migrateStatusCommand,
  },
  {
    name: "migrate:validate",
    summary: "compare files, record and live schema",
    more:
      "Every applied migration's file must be what was applied (checksum), and the schema what migrations/schema.sql says: tables, " +
      "indexes, policies, grants. Changes nothing; ends with 1 where something differs.",
    examples: ["", "--json"],
    perform: migrateValidateCommand,
  },
  {
    name: "migrate:checkpoint",
    argument: ["name", "letters, digits, . _ and -"],
    summary: "remember this version under a name, with a backup",
    more: "The backup is checkpoint_NAME.sql.gz in the folder of backups.",
    examples: ["before_autumn"],
    options: ["backups"],
    perform: migrateCheckpointCommand,
  },
  {
    name: "migrate:rollback",
    argument: ["name", "a checkpoint, or a migration, which stays applied"],
    summary: "take back every migration after a checkpoint",
    more: "Takes migrations back, as migrate:down does; the rows of the checkpoint's backup come back with db:restore alone.",
    examples: ["before_autumn", "009_devices"],
    options: ["yes"],
    perform: migrateRollbackCommand,
  },
  {
    name: "db:start",
    summary: "start the embedded server in the background",
    more: "It stays until db:stop; npm start uses it, and leaves it running.",
    examples: ["", "--port 5433"],
    options: ["port"],
    perform: startCommand,
  },
  {
    name: "db:stop",
    summary: "stop the embedded server",
    more: "Also one that a killed program left behind. Where npm start or a command uses it, it asks first.",
    examples: [""],
    options: ["yes"],
    perform: stopCommand,
  },
  {
    name: "db:status",
    summary: "tell about server, size, schema, connections and backups",
    more: "Changes nothing. Says how to connect with psql.",
    examples: ["", "--json"],
    options: ["backups"],
    perform: statusCommand,
  },
  {
    name: "db:reset",
    summary: "remove everything in the database and migrate it afresh",
    more: "Asks for the database's name; refused on production.",
    examples: ["", "--yes"],
    options: ["yes"],
    perform: resetCommand,
  },
  {
    name: "db:fresh",
    summary: "reset the database and fill it with the sample",
    more: "What db:reset and db:seed do, in this order.",
    examples: ["", "--yes"],
    options: ["yes"],
    perform: freshCommand,
  },
  {
    name: "db:seed",
    summary: "fill the database with the sample",
    more:
      "Four tenants, their people, traps and history, in one transaction; tells the log-ins. Doing it again does nothing, and " +
      "other data stays. Refused on production, since everybody knows the password.",
    examples: [""],
    perform: seedCommand,
  },
  {
    name: "db:backup",
    summary: "write a backup of the database",
    more:
      "One consistent moment, compressed, as backups/backup_YYYYMMDD_HHMMSS.sql.gz (UTC). Readers and writers go on meanwhile. " +
      "Uses pg_dump where one fits the server, and needs nothing where none does.",
    examples: ["", "--backups elsewhere"],
    options: ["backups"],
    perform: backupCommand,
  },
  {
    name: "db:restore",
    argument: ["name", "a backup's name, with or without .sql.gz, or a path"],
    summary: "bring a backup into the database",
    more:
      "The whole file is checked before anything is touched, and everything is one transaction. Replaces what is there, so it asks " +
      "for the database's name where something is; that is refused on production.",
    examples: ["backup_20251116_103045"],
    options: ["yes", "backups"],
    perform: restoreCommand,
  },
  {
    name: "db:mark",
    argument: ["environment", "production or development"],
    summary: "say what the database is for",
    more:
      "The mark belongs to the database. On production, commands that destroy are refused even with --yes; TRAPLINE_ENVIRONMENT=production " +
      "or NODE_ENV=production in the surroundings does the same.",
    examples: ["production"],
    options: ["yes"],
    perform: markCommand,
  },
  {
    name: "db:types",
    summary: "write cloud/db/schema.ts and migrations/schema.sql",
    more: "Made from a database of its own on the same server, which the migrations alone have made and which is gone afterwards.",
    examples: [""],
    perform: typesCommand,
  },
];

export interface RegisterOptions {
  root: string;
  config: BinConfig;
  terminal: Terminal;
  /** Resolves when the person wants it to end. */
  waitForInterrupt(): Promise<void>;
  /** Takes the exit status. */
  onEnd(status: number): void;
}

export function registerDatabaseCommands(program: Program, options: RegisterOptions): void {
  for (const entry of ENTRIES) register(program, entry, options);
}

function register(program: Program, entry: Entry, options: RegisterOptions): void {
  const { root, config, terminal, waitForInterrupt, onEnd } = options;
  const command = program.command(entry.name).summary(entry.summary);
  const isLocal = entry.perform === migrateCreateCommand;
  command.description(`${upper(entry.summary)}.\n${entry.more}${isLocal ? "" : `\n\n${WORKS_ON}`}`);
  if (entry.argument !== undefined) command.argument(`<${entry.argument[0]}>`, entry.argument[1]);
  for (const option of entry.options ?? []) command.addOption(OPTIONS[option]());
  if (!isLocal) command.option("--data <folder>", "where the embedded database is kept (default: .trapline)");
  command.option("--json", "JSON lines, the last of them a summary");
  command.option("--verbose", "more of what goes on, and where an error came from");
  command.addHelpText("after", formatExamples(entry));
  command.action(async (...given: unknown[]) => {
    const name = entry.argument === undefined ? "" : String(given[0]);
    const flags = command.opts<Flags>();
    const settings = {
      ...config,
      root,
      dataDir: resolve(flags.data ?? join(root, ".trapline")),
      backupsDir: resolve(flags.backups ?? join(root, "backups")),
    };
    const perform = isMisheard(entry, flags, config) ? refuseMisheard : entry.perform;
    const interrupted = waitForInterrupt();
    onEnd(await runCommand(perform, name, { command: entry.name, settings, flags, terminal, interrupted }));
  });
}

/** `npm run migrate:down --to 3` comes here without its `--to 3`, and would stop elsewhere than was meant. */
function isMisheard(entry: Entry, flags: Flags, config: BinConfig): boolean {
  return config.npmKeptTo && flags.to === undefined && entry.options?.includes("to") === true;
}

const refuseMisheard: Command = async ({ command }) => {
  throw refusal(
    "misheard",
    "npm kept --to for itself",
    `options come after --, like this: npm run ${command} -- --to 3`,
  );
};

/** As somebody with npm would type it: options come after `--`, or npm would keep them. Pure. */
export function formatExamples({ name, examples }: Entry): string {
  const lines = examples.map((words) => {
    const separator = words.startsWith("--") ? "-- " : "";
    return `  npm run ${name} ${separator}${words}`.trimEnd();
  });
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.join("\n")}`;
}

function upper(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}
