// Owns the words of the commands that move a database between versions: what they ask and what they say. What happens is migrations/'s.

import { relative } from "node:path";
import { createMigration } from "../../cloud/db/migrations/create-migration.ts";
import { type MigrateOptions, migrateUp } from "../../cloud/db/migrations/migrate.ts";
import { formatVersion, loadMigrations } from "../../cloud/db/migrations/migration-files.ts";
import { type MigrationState, type MigrationStatus, readStatus } from "../../cloud/db/migrations/migration-status.ts";
import { getVersion } from "../../cloud/db/migrations/migration-target.ts";
import { explain } from "./problem.ts";
import type { Command, Run } from "./run.ts";
import { formatMs, formatTable, formatThings } from "./words.ts";

/** Tells each migration as it goes. */
export function createStepOptions({ report, log }: Run): MigrateOptions {
  return {
    log,
    onStepBegin(_version, name, direction) {
      report.progress(`${direction === "up" ? "applying" : "taking back"} ${name} ...`);
    },
    onStep(version, name, direction, ms) {
      report.progress("");
      const words = `  ${direction === "up" ? "+" : "-"} ${name}  ${formatMs(ms)}`;
      report.event("migration", { version, name, direction, ms: Math.round(ms) }, words);
    },
  };
}

async function parseTo(to: string | undefined): Promise<number | undefined> {
  return to === undefined ? undefined : getVersion(to, await loadMigrations());
}

export const migrateUpCommand: Command = async (run) => {
  const to = await parseTo(run.flags.to);
  const { url } = await run.open();
  const { done, version } = await migrateUp(url, { ...createStepOptions(run), to });
  const words =
    done.length === 0
      ? `nothing to do: the schema stands at ${formatVersion(version)}`
      : `${formatThings(done.length, "migration")} applied: the schema stands at ${formatVersion(version)}`;
  return { facts: { applied: done, version }, words };
};

export const migrateStatusCommand: Command = async (run) => {
  const { url } = await run.open();
  const status = await readStatus(url);
  for (const migration of status.migrations) run.report.event("migration", { ...migration });
  const rows = formatTable(status.migrations.map((one) => [`  ${one.name}`, one.state, sayWhen(one)]));
  run.report.say(...rows);
  const { version, newest, record } = status;
  const pending = countPending(status);
  const problem = status.problem === null ? null : explain(status.problem);
  return {
    facts: { version, newest, pending, record, problem: problem?.message ?? null },
    words: `the schema stands at ${describeSchema(status)}`,
  };
};

function sayWhen({ state, appliedAt, earlier }: MigrationState): string {
  const when = appliedAt === null ? "" : `${appliedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return state === "applied" && earlier !== null ? `${when}  (an earlier text: ${earlier})` : when;
}

export function countPending({ migrations }: MigrationStatus): number {
  return migrations.filter((one) => one.state === "pending").length;
}

/** `014, up to date`; otherwise with what to do. */
export function describeSchema(status: MigrationStatus): string {
  const version = formatVersion(status.version);
  if (status.problem !== null) {
    const { message, advice } = explain(status.problem);
    return `${version}, and cannot be migrated: ${message} (${advice.join(" ")})`;
  }
  const pending = countPending(status);
  return pending === 0 ? `${version}, up to date` : `${version}, ${pending} pending: npm run migrate:up`;
}

export const migrateCreateCommand: Command = async ({ settings }, name) => {
  const made = await createMigration(name);
  const file = relative(settings.root, made.path);
  return {
    facts: { version: made.version, name: made.name, file },
    words: `made ${file}: write its UP and its DOWN, then npm run migrate:up`,
  };
};
