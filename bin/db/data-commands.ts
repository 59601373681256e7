// Owns the words of the commands about what is in a database: emptying it, marking it. What happens is cloud/db's.
import { readContents } from "../../cloud/db/administration/database-report.ts";
import { type EnvironmentMark, readMark, writeMark } from "../../cloud/db/administration/environment-mark.ts";
import { resetDatabase } from "../../cloud/db/administration/reset-database.ts";
import { formatVersion } from "../../cloud/db/migrations/migration-files.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import { createStepOptions } from "./migrate-commands.ts";
import { explain, refusal } from "./problem.ts";
import type { Command, Run } from "./run.ts";
import { formatBytes, formatCount, formatThings } from "./words.ts";

/** Empties the database and migrates it, after whoever may has agreed. @returns the version it stands at */
export async function reset(run: Run): Promise<number> {
  const { url, database, where } = await run.open();
  const { tables, rows, bytes } = await withOwner(url, readContents);
  await run.refuseProduction();
  if (tables > 0) {
    const what = `${formatThings(tables, "table")} with about ${formatCount(rows)} rows, ${formatBytes(bytes)}`;
    await run.confirm({
      loss: `Everything in the database "${database}" on ${where} would be removed: ${what}.`,
      answer: database,
    });
  }
  run.report.progress("emptying the database ...");
  const { version } = await resetDatabase(url, {
    ...createStepOptions(run),
    onCleared() {
      run.report.progress("");
      run.report.event("cleared", { tables }, `  emptied: ${formatThings(tables, "table")} removed`);
    },
  });
  return version;
}

export const resetCommand: Command = async (run) => {
  const version = await reset(run);
  return { facts: { version }, words: `the database is empty, its schema stands at ${formatVersion(version)}` };
};

const MARKS: EnvironmentMark[] = ["production", "development"];

export const markCommand: Command = async (run, name) => {
  const mark = MARKS.find((one) => one === name);
  if (mark === undefined) {
    throw refusal(
      "mark-unknown",
      `a database is marked as production or development, not as "${name}"`,
      "npm run db:mark production",
    );
  }
  const { url, database, where, role } = await run.open();
  const before = await withOwner(url, readMark);
  if (before === "production" && mark === "development") {
    await run.confirm({
      loss: `The database "${database}" on ${where} is marked as production; after this, commands may destroy what is in it.`,
      answer: database,
    });
  }
  try {
    await withOwner(url, (client) => writeMark(client, mark));
  } catch (error) {
    const { code } = explain(error);
    if (code !== "42501") throw error;
    throw refusal(
      "mark-forbidden",
      `${role} may not mark the database "${database}"`,
      "let its owner do it, or set TRAPLINE_ENVIRONMENT=production where commands are run",
    );
  }
  return { facts: { database, mark, before }, words: `the database "${database}" is marked as ${mark}` };
};
