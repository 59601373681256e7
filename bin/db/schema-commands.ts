// Owns the words of the commands about the truth of the schema: whether files and database agree, and what is generated from it.
import { withScratchDatabase } from "../../cloud/db/administration/scratch-database.ts";
import { findDrift } from "../../cloud/db/catalogue/find-drift.ts";
import { writeGeneratedFiles } from "../../cloud/db/catalogue/generated-files.ts";
import { formatVersion } from "../../cloud/db/migrations/migration-files.ts";
import { type MigrationStatus, readStatus } from "../../cloud/db/migrations/migration-status.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import { countPending, createStepOptions } from "./migrate-commands.ts";
import { explain, Problem } from "./problem.ts";
import type { Command } from "./run.ts";
import { formatThings } from "./words.ts";

const DRIFT_MAX = 40;

/** Checksums first: with a changed file, comparing the schema would only tell the same in more words. */
export const migrateValidateCommand: Command = async (run) => {
  const { url } = await run.open();
  const status = await readStatus(url);
  if (status.problem !== null) throw invalid(status);
  run.report.event(
    "checksums",
    { version: status.version },
    `  ${formatThings(status.version, "applied migration")}: each file is what was applied`,
  );
  const pending = countPending(status);
  if (pending > 0) {
    return {
      facts: { version: status.version, pending, drift: null },
      words: `the schema stands at ${formatVersion(status.version)}; drift is compared at the newest version alone: npm run migrate:up`,
    };
  }
  run.report.progress("comparing the schema ...");
  const drift = await withOwner(url, (client) => findDrift(client));
  run.report.progress("");
  if (drift.length > 0) {
    for (const line of drift.slice(0, DRIFT_MAX)) run.report.event("drift", { line }, `  ${line}`);
    if (drift.length > DRIFT_MAX) run.report.say(`  and ${formatThings(drift.length - DRIFT_MAX, "more difference")}`);
    throw new Problem(
      "schema-drift",
      `the database is not what its migrations make of it: ${formatThings(drift.length, "difference")}`,
      "put it right by hand, or write a migration that makes it so: npm run migrate:create NAME",
    );
  }
  return {
    facts: { version: status.version, pending, drift: [] },
    words: `the schema is what ${formatVersion(status.version)} says, to the last grant`,
  };
};

function invalid({ problem, migrations }: MigrationStatus): Problem {
  const { code, message, advice } = explain(problem);
  const changed = migrations.filter((one) => one.state === "changed").map((one) => one.name);
  const others = changed.length > 1 ? [`changed in all: ${changed.join(", ")}`] : [];
  return new Problem(code, message, [...advice, ...others], 1, problem);
}

/** From a database that the migrations alone have made, so that nothing of the open one gets into the files. */
export const typesCommand: Command = async (run) => {
  const { url, role } = await run.open();
  const scratch = `trapline_scratch_${process.pid}`;
  const { root } = run.settings;
  try {
    const changed = await withScratchDatabase(url, scratch, createStepOptions(run), (database) => {
      run.report.progress("writing the files ...");
      return writeGeneratedFiles({ database, root });
    });
    run.report.progress("");
    const words =
      changed.length === 0
        ? "nothing to do: both files are as the migrations make them"
        : `written: ${changed.join(", ")}`;
    return { facts: { changed }, words };
  } catch (error) {
    if (explain(error).code !== "42501") throw error;
    throw new Problem(
      "scratch-forbidden",
      `${role} may not create the database that the files are made from`,
      "run it without DATABASE_URL, on the embedded server, or give this login CREATEDB",
    );
  }
};
