// Owns the words of the commands about the server: start, stop, status. What runs it is cloud/db/embedded.
import { relative } from "node:path";
import {
  type ConnectionReport,
  type DatabaseReport,
  readDatabaseReport,
} from "../../cloud/db/administration/database-report.ts";
import { joinEmbeddedPostgres } from "../../cloud/db/embedded/embedded.ts";
import { findRunningServer, type RunningServer, stopEmbeddedPostgres } from "../../cloud/db/embedded/stop-embedded.ts";
import { readStatus } from "../../cloud/db/migrations/migration-status.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import { findProgram } from "../up/home.ts";
import { hasEmbeddedData, type OpenDatabase, postgresFolder } from "./address.ts";
import { type BackupFile, findNewestBackup } from "./backup-files.ts";
import { countPending, describeSchema } from "./migrate-commands.ts";
import { refusal } from "./problem.ts";
import type { Command, Outcome, Run } from "./run.ts";
import { formatAge, formatBytes, formatCount, formatTable, formatThings, quote } from "./words.ts";

const BIG_TABLES_MAX = 8;

export const startCommand: Command = async (run) => {
  const { settings, flags, report, log } = run;
  if (settings.databaseUrl !== undefined) return sayGiven(await run.open());
  const folder = postgresFolder(settings.dataDir);
  report.progress("starting the embedded server ...");
  const server = await joinEmbeddedPostgres({ dataDir: folder, port: flags.port, log });
  try {
    if (flags.port !== undefined && flags.port !== server.port) throw runsElsewhere(server.port);
    await server.keep();
  } finally {
    await server.stop();
  }
  const { where } = await run.open();
  const { port, pid, adopted } = server;
  report.say("", `  connect with  ${sayPsql(where, settings.dataDir)}`, "");
  return {
    facts: { started: !adopted, port, pid, passwordFile: passwordFile(settings.dataDir) },
    words: `the server ${adopted ? "was running already" : "is running"} on ${where} (process ${pid}); it stays until npm run db:stop`,
  };
};

function sayGiven({ where, version }: OpenDatabase): Outcome {
  return {
    facts: { started: false, where },
    words: `the server of DATABASE_URL answers (PostgreSQL ${version} on ${where}); it is not ours to start`,
  };
}

function runsElsewhere(port: number): Error {
  return refusal(
    "port-differs",
    `the server runs already, on port ${port}`,
    "npm run db:stop first, or do without --port",
  );
}

export const stopCommand: Command = async (run) => {
  const { settings, flags } = run;
  if (settings.databaseUrl !== undefined) {
    throw refusal(
      "not-ours",
      "DATABASE_URL names a server that is not ours to stop",
      "unset it to stop the embedded one",
    );
  }
  const folder = postgresFolder(settings.dataDir);
  const running = await findRunningServer(folder);
  if (running === null) return { facts: { stopped: false }, words: "no server is running" };
  run.report.progress("stopping the server ...");
  let outcome = await stopEmbeddedPostgres(folder, flags.yes === true);
  if (outcome === "in-use") {
    run.report.progress("");
    await run.confirm({ loss: `${sayUser(settings.dataDir)} uses this server, and would lose it.`, answer: "y" });
    outcome = await stopEmbeddedPostgres(folder, true);
  }
  return { facts: { stopped: outcome === "stopped", pid: running.pid }, words: `stopped (process ${running.pid})` };
};

function sayUser(dataDir: string): string {
  const program = findProgram(dataDir);
  return program === null ? "Another command" : `npm start (process ${program})`;
}

export const statusCommand: Command = async (run) => {
  const { settings } = run;
  const isGiven = settings.databaseUrl !== undefined;
  if (!isGiven && !hasEmbeddedData(settings.dataDir)) {
    return {
      facts: { running: false, exists: false },
      words: `there is no database in ${settings.dataDir} yet: npm start, or npm run migrate:up, makes it`,
    };
  }
  const running = isGiven ? null : await findRunningServer(postgresFolder(settings.dataDir));
  const open = await run.open();
  const report = await withOwner(open.url, (client) => readDatabaseReport(client, BIG_TABLES_MAX));
  const status = await readStatus(open.url);
  const production = await run.findProduction();
  const backup = await findNewestBackup(settings.backupsDir);
  const lines = formatTable([
    ["  server", sayServer(open, running)],
    [
      "  database",
      `${report.database}, ${formatBytes(report.bytes)}, ${formatThings(report.tables, "table")}${sayStandby(report)}`,
    ],
    ["  schema", describeSchema(status)],
    [
      "  environment",
      production === null
        ? (report.mark ?? "not marked (npm run db:mark production protects it)")
        : `production: ${production}`,
    ],
    ["  connections", sayConnections(report)],
    ["  last backup", sayBackup(backup, run)],
    ["  connect with", isGiven || running ? sayConnect(open, settings.dataDir) : "npm run db:start, which says how"],
  ]);
  const big = report.biggest.map(({ name, bytes, rows }) => [
    `  ${name}`,
    formatBytes(bytes),
    `about ${formatCount(rows)} rows`,
  ]);
  run.report.event("tables", { tables: report.biggest }, ...lines, "", ...formatTable(big, [1]), "");
  const { version, newest } = status;
  return {
    facts: {
      ...{
        running: isGiven || running !== null,
        kept: running?.kept ?? null,
        pid: running?.pid ?? null,
        where: open.where,
      },
      ...{ postgres: report.version, database: report.database, bytes: report.bytes, tableCount: report.tables },
      ...{ version, newest, pending: countPending(status), mark: report.mark, production: production !== null },
      ...{ connections: report.connections, connectionsMax: report.connectionsMax, lastBackup: backup?.name ?? null },
      ...(isGiven ? {} : { passwordFile: passwordFile(settings.dataDir) }),
    },
    words: null,
  };
};

function sayServer({ server, version, where }: OpenDatabase, running: RunningServer | null): string {
  if (server === "DATABASE_URL") return `PostgreSQL ${version} of DATABASE_URL, on ${where}`;
  const name = `embedded PostgreSQL ${version}`;
  if (running === null) return `${name}, not running (it was started for this look alone)`;
  return `${name}, running on ${where} (process ${running.pid}${running.kept ? ", stays until npm run db:stop" : ""})`;
}

function sayStandby({ isReadOnly }: DatabaseReport): string {
  return isReadOnly ? ", a standby that cannot be written to" : "";
}

function sayConnections({ connections, connectionsMax }: DatabaseReport): string {
  const sum = connections.reduce((total, one) => total + one.connections, 0);
  const who = ({ program, role, connections: count }: ConnectionReport) =>
    `${program} as ${role}${count > 1 ? ` (${count})` : ""}`;
  return `${sum} of ${connectionsMax}${sum > 0 ? `: ${connections.map(who).join(", ")}` : ""}`;
}

function sayBackup(backup: BackupFile | null, run: Run): string {
  if (backup === null) return "none yet: npm run db:backup";
  return `${backup.name}, ${formatBytes(backup.bytes)}, ${formatAge(run.now() - backup.at)} ago`;
}

function sayConnect({ server, where }: OpenDatabase, dataDir: string): string {
  return server === "DATABASE_URL" ? 'psql "$DATABASE_URL"' : sayPsql(where, dataDir);
}

/** The password stays in its file: neither the screen nor the shell's history gets to see it. */
function sayPsql(where: string, dataDir: string): string {
  const [host = "", port = ""] = where.split(":");
  return `PGPASSWORD="$(cat ${quote(passwordFile(dataDir))})" psql -h ${host} -p ${port} -U trapline trapline`;
}

function passwordFile(dataDir: string): string {
  const file = `${postgresFolder(dataDir)}/password`;
  const near = relative("", file);
  return near.startsWith("..") ? file : near;
}
