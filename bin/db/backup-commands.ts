// Owns the words of backing up and restoring: where the file is, what is asked, what is told meanwhile. What happens is cloud/db/backup's.
import { relative } from "node:path";
import { readContents } from "../../cloud/db/administration/database-report.ts";
import { type BackupProgress, type BackupResult, createBackup } from "../../cloud/db/backup/backup.ts";
import { type RestoreProgress, restoreBackup } from "../../cloud/db/backup/restore.ts";
import { formatVersion, loadMigrations } from "../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import { findFreePath, getBackup, nameOf } from "./backup-files.ts";
import type { Command, Run } from "./run.ts";
import { formatBytes, formatCount, formatThings } from "./words.ts";

const TELL_EVERY_MS = 50;

/** For what happens thousands of times a second, and is read by a person. */
function createPace(run: Run): () => boolean {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = run.now();
    if (now - toldAt < TELL_EVERY_MS) return false;
    toldAt = now;
    return true;
  };
}

/** Backs the open database up into the file, telling how far it is. */
export async function takeBackup(run: Run, file: string): Promise<BackupResult> {
  const { url } = await run.open();
  run.report.progress("beginning the backup ...");
  const isTime = createPace(run);
  const onProgress = ({ table, tablesBegun, tables, rows, rowsEstimate }: BackupProgress): void => {
    if (!isTime()) return;
    const estimate = rowsEstimate > rows ? ` of about ${formatCount(rowsEstimate)}` : "";
    run.report.progress(`${formatCount(rows)}${estimate} rows, table ${tablesBegun} of ${tables}: ${table}`, { rows });
  };
  const result = await createBackup({ url, file, log: run.log, signal: run.signal, onProgress });
  run.report.progress("");
  return result;
}

export const backupCommand: Command = async (run) => {
  await run.open();
  const file = await findFreePath(run.settings.backupsDir, new Date(run.now()));
  const result = await takeBackup(run, file);
  return { facts: describeBackup(result), words: sayBackup(result) };
};

export function describeBackup({ file, bytes, sha256, tables, rows, version, tool }: BackupResult) {
  return { name: nameOf(file), file, bytes, sha256, tables, rows, version, tool };
}

export function sayBackup({ file, bytes, tables, rows, version, tool }: BackupResult): string {
  const near = relative("", file);
  const what = `${formatThings(rows, "row")} of ${formatThings(tables, "table")}, schema ${formatVersion(version)}, by ${tool}`;
  return `${near.startsWith("..") ? file : near}, ${formatBytes(bytes)}: ${what}`;
}

export const restoreCommand: Command = async (run, name) => {
  const { settings, report } = run;
  const file = await getBackup(name, process.cwd(), settings.backupsDir);
  const { url, database, where } = await run.open();
  const { tables, rows } = await withOwner(url, readContents);
  const isUsed = tables > 0;
  if (isUsed) {
    const what = `${formatThings(tables, "table")} with about ${formatCount(rows)} rows`;
    await run.allow({
      loss: `Everything in the database "${database}" on ${where} (${what}) would be replaced by ${nameOf(file)}.`,
      answer: database,
    });
  }
  const doing = { verifying: "checking the file", restoring: "restoring", analysing: "counting for the planner" };
  const isTime = createPace(run);
  const onProgress = ({ phase, done, of }: RestoreProgress): void => {
    const percent = of === 0 ? 100 : Math.floor((100 * done) / of);
    if (isTime()) report.progress(`${doing[phase]}: ${percent} %`, { phase, done, of });
  };
  const facts = await restoreBackup({ url, file, log: run.log, signal: run.signal, overwrite: isUsed, onProgress });
  report.progress("");
  const pending = (await loadMigrations()).length - facts.version;
  const next = pending > 0 ? `; ${formatThings(pending, "newer migration")}: npm run migrate:up` : "";
  return {
    facts: { file, takenAt: facts.takenAt, version: facts.version, pending, tables: facts.tables, rows: facts.rows },
    words:
      `${nameOf(file)} is restored: ${formatThings(facts.rows, "row")} of ${formatThings(facts.tables, "table")}, ` +
      `schema ${formatVersion(facts.version)}${next}`,
  };
};
