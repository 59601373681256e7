// Decides what the sample is called in one database, and hashes passwords for those of its people who are not there yet.
import { PEOPLE, SAMPLE_PASSWORD, userId } from "./data/people.ts";
import type { Known } from "./read-known.ts";
import { createMoments, type SampleSetting } from "./sample-table.ts";

export type HashPassword = (password: string) => Promise<string>;

export async function createSetting(known: Known, hashPassword: HashPassword): Promise<SampleSetting> {
  const hashes = new Map<string, string>();
  for (const { key } of PEOPLE) {
    if (!known.userIds.has(userId(key))) hashes.set(key, await hashPassword(SAMPLE_PASSWORD));
  }
  return {
    at: createMoments(known.first),
    slugOf: (tenant) => (known.taken.has(tenant) ? `${tenant}-sample` : tenant),
    emailOf(person) {
      const email = PEOPLE.find((one) => one.key === person)?.email ?? "";
      return known.taken.has(email) ? email.replace("@", "+sample@") : email;
    },
    // Whoever has no hash here is there already, and their row is not inserted.
    passwordHashOf: (person) => hashes.get(person) ?? "",
  };
}
