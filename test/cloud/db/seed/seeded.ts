// A database with the sample data, and a picture of everything in it, to be compared with another.
import pg from "pg";
import { createPasswords } from "../../../../cloud/accounts/passwords.ts";
import { type SeedOptions, type SeedResult, seedDatabase } from "../../../../cloud/db/seed/seed.ts";
import { testLog } from "../../../support/test-log.ts";

/** As good as the cloud's, and quick. */
const passwords = createPasswords({ memoryKib: 8, passes: 1, lanes: 1 });

export function seed(database: SeedOptions["database"], change: Partial<SeedOptions> = {}): Promise<SeedResult> {
  return seedDatabase({ database, hashPassword: (password) => passwords.hash(password), log: testLog, ...change });
}

export async function openOwner(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** The first column of every row, as text. */
export async function readColumn(client: pg.Client, query: string, values: unknown[] = []): Promise<string[]> {
  const answer = await client.query<unknown[]>({ text: query, values, rowMode: "array" });
  return answer.rows.map(([value]) => String(value));
}

export const OUR_TABLES = `SELECT relname FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT LIKE 'schema\\_%'
  ORDER BY relname`;

export type Picture = Record<string, string[]>;

/** Every row of every table, by table. */
export async function takePicture(client: pg.Client): Promise<Picture> {
  const picture: Picture = {};
  for (const table of await readColumn(client, OUR_TABLES)) {
    picture[table] = await readColumn(client, `SELECT to_jsonb(t)::text FROM ${table} AS t ORDER BY 1`);
  }
  return picture;
}
