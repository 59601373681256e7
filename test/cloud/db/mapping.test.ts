// The account of where every column of the five documents lives now, against the documents' own lists and against a live catalogue.
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";
import { DOCUMENTS } from "./documents.ts";

const test = suite("mapping");
const README = path.resolve(import.meta.dirname, "../../../migrations/README.md");
/** Of the migrator itself; no document speaks of them. */
const RECORDS = /^schema_/;
let database: TestDatabase;
let live: Map<string, Set<string>>;

test.before(async () => {
  database = await createTestDatabase();
  live = await readLive(database.url);
});
test.after(() => database.stop());

async function readLive(url: string): Promise<Map<string, Set<string>>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const answer = await client.query<{ table: string; columns: string[] }>(`
      SELECT c.relname AS table, array_agg(a.attname::text) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      GROUP BY c.relname`);
    return new Map(answer.rows.map((row) => [row.table, new Set(row.columns)]));
  } finally {
    await client.end();
  }
}

interface Mapped {
  document: string;
  table: string;
  column: string;
  /** table.column, where it lives now. */
  now: string[];
  why: string;
}

interface Account {
  mapped: Mapped[];
  /** Tables that no document had, with the reason. */
  own: Map<string, string>;
}

/** Reads the sections `### Document`, in each of them tables headed `| \`table\` | now | why it changed |`. */
function readAccount(text: string): Account {
  const account: Account = { mapped: [], own: new Map() };
  let document = "";
  let table = "";
  for (const line of text.split("\n")) {
    const section = /^### (.+)$/.exec(line);
    if (section !== null) document = section[1] ?? "";
    const head = /^\| `(\w+)` \| now \|/.exec(line);
    if (head !== null) {
      table = head[1] ?? "";
      continue;
    }
    const row = /^\| `(\w+)` \| ([^|]*) \|(?: ([^|]*) \|)?$/.exec(line);
    if (row === null || document === "") continue;
    const [, first = "", second = "", third = ""] = row;
    if (document in DOCUMENTS) {
      const now = [...second.matchAll(/`([\w.]+)`/g)].map((match) => match[1] ?? "");
      account.mapped.push({ document, table, column: first, now, why: third.trim() });
    } else account.own.set(first, second.trim());
  }
  return account;
}

const isLive = (name: string) => {
  const [table = "", column = ""] = name.split(".");
  return live.get(table)?.has(column) ?? false;
};

/** What is wrong with an account; empty if nothing. */
function findFaults({ mapped, own }: Account): string[] {
  const faults: string[] = [];
  const accounted = new Set(mapped.map((one) => `${one.document} ${one.table}.${one.column}`));
  const listed = new Set<string>();
  for (const [document, tables] of Object.entries(DOCUMENTS)) {
    for (const [table, columns] of Object.entries(tables)) {
      for (const column of columns.split(" ")) listed.add(`${document} ${table}.${column}`);
    }
  }
  for (const name of listed) if (!accounted.has(name)) faults.push(`${name} is not accounted for`);
  for (const name of accounted) if (!listed.has(name)) faults.push(`${name} stands in no document`);
  for (const { document, table, column, now, why } of mapped) {
    const name = `${document} ${table}.${column}`;
    if (now.length === 0) faults.push(`${name} lives nowhere`);
    for (const one of now) if (!isLive(one)) faults.push(`${name}: there is no ${one}`);
    if (now.some((one) => one !== `${table}.${column}`) && why === "") faults.push(`${name} moved without a reason`);
  }
  const known = new Set([...mapped.flatMap((one) => one.now.map((name) => name.split(".")[0])), ...own.keys()]);
  for (const table of live.keys()) {
    if (!known.has(table) && !RECORDS.test(table)) faults.push(`${table} is in the database and not in the account`);
  }
  for (const [table, why] of own)
    if (!live.has(table) || why === "") faults.push(`${table} is no table of ours, or has no reason`);
  return faults;
}

const TEXT = fs.readFileSync(README, "utf8");

test("every table and column of the five documents has its place, and every move its reason", () => {
  const account = readAccount(TEXT);
  assert.ok(account.mapped.length > 300, `only ${account.mapped.length} columns are accounted for`);
  assert.equal(findFaults(account), []);
});

const BROKEN: [promise: string, change: [from: string | RegExp, to: string], fault: RegExp][] = [
  ["a column that is left out", [/\| `avatar_url` .*\n/, ""], /SmartHub users.avatar_url is not accounted for/],
  ["a place that does not exist", ["`users.avatar_url`", "`users.picture`"], /there is no users.picture/],
  [
    "a move without a reason",
    [/(\| `entity_type` \| `audit_logs.resource_type` \|).*\|/, "$1  |"],
    /moved without a reason/,
  ],
  ["a column no document has", ["| `avatar_url` |", "| `shoe_size` |"], /users.shoe_size stands in no document/],
  [
    "a table nobody explains",
    [/\| `device_commands` .*\n/, ""],
    /device_commands is in the database and not in the account/,
  ],
];

for (const [promise, [from, to], fault] of BROKEN) {
  test(`${promise} is found`, () => {
    const changed = TEXT.replace(from, to);
    assert.is.not(changed, TEXT);
    assert.match(findFaults(readAccount(changed)).join("\n"), fault);
  });
}
