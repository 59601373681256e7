// One database for the tests of a file, empty at the beginning of each: quicker than a new database every time.
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import type { Suite } from "../../../support/suite.ts";

export interface EmptiedDatabase {
  url: string;
  client: pg.Client;
}

/** Keeps `found` filled with the database and a connection to it that is new for each test. */
export function useEmptiedDatabase(test: Suite): EmptiedDatabase {
  let database: TestDatabase;
  const found: EmptiedDatabase = { url: "", client: new pg.Client() };
  test.before(async () => {
    database = await createTestDatabase({ migrated: false });
    found.url = database.url;
  });
  test.before.each(async () => {
    found.client = new pg.Client({ connectionString: found.url });
    await found.client.connect();
    await found.client.query(
      "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC",
    );
  });
  test.after.each(() => found.client.end());
  test.after(() => database.stop());
  return found;
}
