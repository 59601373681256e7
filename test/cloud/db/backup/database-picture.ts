// What a database consists of and holds, as a value that two databases can be compared by: its catalogue, a count and a checksum of every
// table's rows, every sequence.
import pg from "pg";
import { readCatalogue } from "../../../../cloud/db/catalogue/read-catalogue.ts";
import { writeSchema } from "../../../../cloud/db/catalogue/write-schema.ts";

export interface DatabasePicture {
  /** The schema as SQL, line by line, so that a difference shows where it is. */
  schema: string[];
  /** `table: rows checksum` */
  tables: string[];
  sequences: string[];
}

export async function readPicture(url: string): Promise<DatabasePicture> {
  return withClient(url, async (client) => {
    const schema = writeSchema(await readCatalogue(client), { partitions: true });
    await client.query("SET TimeZone = 'UTC'; SET extra_float_digits = 3");
    return {
      schema: `${schema.before}\n${schema.after}`.split("\n"),
      tables: await describeTables(client),
      sequences: await describeSequences(client),
    };
  });
}

async function describeTables(client: pg.Client): Promise<string[]> {
  const names = await listNames(client, "r");
  const lines: string[] = [];
  for (const name of names) {
    const answer = await client.query<{ rows: string; sum: string | null }>(
      `SELECT count(*)::text AS rows, md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS sum FROM ${name} AS t`,
    );
    lines.push(`${name}: ${answer.rows[0]?.rows} ${answer.rows[0]?.sum}`);
  }
  return lines;
}

async function describeSequences(client: pg.Client): Promise<string[]> {
  const names = await listNames(client, "S");
  const lines: string[] = [];
  for (const name of names) {
    const answer = await client.query<{ state: string }>(
      `SELECT format('%s %s', last_value, is_called) AS state FROM ${name}`,
    );
    lines.push(`${name}: ${answer.rows[0]?.state}`);
  }
  return lines;
}

async function listNames(client: pg.Client, kind: string): Promise<string[]> {
  const answer = await client.query<{ name: string }>(
    `SELECT format('public.%I', relname) AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = $1 ORDER BY relname COLLATE "C"`,
    [kind],
  );
  return answer.rows.map((row) => row.name);
}

export async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}
