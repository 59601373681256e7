// Owns the words of going back: taking migrations back, checkpoints to go back to, and what is asked first where rows would be lost.
import { createCheckpoint, planRollback } from "../../cloud/db/migrations/checkpoints.ts";
import { findLoss, type Loss } from "../../cloud/db/migrations/loss.ts";
import { migrateDown } from "../../cloud/db/migrations/migrate.ts";
import { formatVersion, loadMigrations } from "../../cloud/db/migrations/migration-files.ts";
import { readStatus } from "../../cloud/db/migrations/migration-status.ts";
import { getVersion } from "../../cloud/db/migrations/migration-target.ts";
import { describeBackup, sayBackup, takeBackup } from "./backup-commands.ts";
import { getCheckpointPath } from "./backup-files.ts";
import { createStepOptions } from "./migrate-commands.ts";
import { explain, refusal } from "./problem.ts";
import type { Command, Outcome, Run } from "./run.ts";
import { formatThings } from "./words.ts";

export const migrateDownCommand: Command = async (run) => {
  const { url } = await run.open();
  const status = await readStatus(url);
  if (status.problem !== null) throw status.problem;
  const { version } = status;
  const { to: wish } = run.flags;
  const to = wish === undefined ? Math.max(version - 1, 0) : getVersion(wish, await loadMigrations());
  if (to > version) {
    throw refusal(
      "upward",
      `the schema stands at ${formatVersion(version)}, which is before ${formatVersion(to)}`,
      `to go up: npm run migrate:up -- --to ${to}`,
    );
  }
  return goDown(run, version, to);
};

export const migrateRollbackCommand: Command = async (run, name) => {
  const { url } = await run.open();
  const plan = await planRollback(url, name);
  const outcome = await goDown(run, plan.from, plan.to);
  const { checkpoint } = plan;
  if (checkpoint?.backupFile) {
    run.report.remark(`the rows as they were at the checkpoint: npm run db:restore checkpoint_${checkpoint.name}`);
  }
  return { ...outcome, facts: { ...outcome.facts, checkpoint: checkpoint?.name ?? null } };
};

export const migrateCheckpointCommand: Command = async (run, name) => {
  const { url } = await run.open();
  const file = await getCheckpointPath(run.settings.backupsDir, name);
  // The name is judged before anything is written, and the backup knows of its own checkpoint.
  await createCheckpoint(url, name);
  const backup = await takeBackup(run, file);
  const { version } = await createCheckpoint(url, name, { backupFile: file });
  run.report.event("backup", describeBackup(backup), `  ${sayBackup(backup)}`);
  return {
    facts: { name, version, backup: file },
    words: `checkpoint ${name} is set at ${formatVersion(version)}; back to it: npm run migrate:rollback ${name}`,
  };
};

/** Takes back what is above `to`, after asking where rows would be lost. */
async function goDown(run: Run, from: number, to: number): Promise<Outcome> {
  if (from === to) {
    const words = `nothing to take back: the schema stands at ${formatVersion(from)}`;
    return { facts: { undone: [], version: from, lost: [] }, words };
  }
  const { url } = await run.open();
  run.report.progress("measuring what would be lost ...");
  const lost = await measure(run, to);
  run.report.progress("");
  if (lost === null || lost.length > 0) {
    await run.allow({ loss: describeLosses(lost, from, to), answer: "y" });
  }
  const { done, version } = await migrateDown(url, { ...createStepOptions(run), to });
  return {
    facts: { undone: done, version, lost },
    words: `${formatThings(done.length, "migration")} taken back: the schema stands at ${formatVersion(version)}`,
  };
}

/** Null where nobody can tell just now; that counts as a loss. */
async function measure(run: Run, to: number): Promise<Loss[] | null> {
  const { url } = await run.open();
  try {
    return await findLoss(url, to);
  } catch (error) {
    if (explain(error).code === "loss-unmeasured") return null;
    throw error;
  }
}

const LOSSES_MAX = 12;

/** Pure. @param lost null: not known */
export function describeLosses(lost: Loss[] | null, from: number, to: number): string {
  const way = `Going down from ${formatVersion(from)} to ${formatVersion(to)}`;
  if (lost === null) return `${way} may lose rows; how many cannot be measured while others use the tables.`;
  const lines = lost.slice(0, LOSSES_MAX).map(describeLoss);
  const more = lost.length > LOSSES_MAX ? [`  and from ${formatThings(lost.length - LOSSES_MAX, "more place")}`] : [];
  return [`${way} loses:`, ...lines, ...more].join("\n");
}

function describeLoss({ kind, table, column, rows }: Loss): string {
  if (kind === "table") return `  table ${table} with ${formatThings(rows, "row")}`;
  if (kind === "column") return `  column ${table}.${column} with ${formatThings(rows, "value")}`;
  return `  ${formatThings(rows, "row")} of table ${table}`;
}
