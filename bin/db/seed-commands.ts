// Owns the words of filling a database with the sample: into one that is there, or into one made afresh. What the sample is stands in
// cloud/db/seed.

import type { SampleLogin } from "../../cloud/db/seed/list-logins.ts";
import { seedDatabase } from "../../cloud/db/seed/seed.ts";
import { reset } from "./data-commands.ts";
import type { Command, Outcome, Run } from "./run.ts";
import { formatTable, formatThings } from "./words.ts";

export const seedCommand: Command = async (run) => {
  await run.open();
  // The sample's passwords stand in the documents for everybody to read.
  await run.refuseProduction();
  return seed(run);
};

export const freshCommand: Command = async (run) => {
  await reset(run);
  return seed(run);
};

async function seed(run: Run): Promise<Outcome> {
  const { report, log } = run;
  const { url } = await run.open();
  report.progress("hashing passwords ...");
  // The whole cloud comes with it, which no other command needs.
  const { createPasswordHash } = await import("../../cloud/compose.ts");
  const { rows, inserted, logins } = await seedDatabase({
    database: url,
    hashPassword: createPasswordHash(),
    log,
    onProgress: (table, done, total) => report.progress(`${table}: ${done} of ${total} tables`),
  });
  report.progress("");
  for (const login of logins) report.event("login", { ...login });
  report.say("", "  log in as", ...formatLogins(logins), "");
  const there = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return {
    facts: { inserted, rows },
    words:
      inserted === 0
        ? `nothing to do: all ${formatThings(there, "row")} of the sample are there`
        : `the sample is there: ${formatThings(inserted, "row")} came, of ${formatThings(there, "row")} in ${formatThings(Object.keys(rows).length, "table")}`,
  };
}

/** A line for each person, whatever number of tenants they work for. Pure. */
export function formatLogins(logins: SampleLogin[]): string[] {
  const people = new Map<string, string[]>();
  for (const { email, tenant, role } of logins) {
    people.set(email, [...(people.get(email) ?? []), `${role} of ${tenant}`]);
  }
  const passwordOf = (email: string): string => logins.find((one) => one.email === email)?.password ?? "";
  return formatTable([...people].map(([email, roles]) => [`  ${email}`, passwordOf(email), roles.join(", ")]));
}
