// Puts rows into every table of a database, made out of what its catalogue says: values that are hard to carry (quotes, backslashes, line
// feeds, what looks like the end of COPY, bytes, microseconds, large numbers), words where a check lists them, parents where a key wants one.
import pg from "pg";

/** Texts that some format on the way might take for its own. */
export const ODD_TEXTS = [
  "\\.",
  "back\\slash \\n \\\\ \\N",
  "tab\there, line\nfeed, return\r, both\r\n, bell\u0007, delete\u007f",
  "quotes ' '' \" $$ $body$ ` ; -- /* */",
  "ünïcödé 🪤 \u2028 \u00a0 \ufeff 漢字 e\u0301",
  "\\.\nCOPY public.users (id) FROM stdin;\n-- trapline-backup-end sha256=0 tables=0 rows=0\n",
  " leading and trailing ",
  "\\N",
  "",
];
const ODD_JSON = { text: ODD_TEXTS, number: 1.5, nothing: null, nested: [{ "key 'with' \"quotes\"": [] }] };
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const ROWS_PER_TABLE = 3;

interface ColumnPlan {
  name: string;
  type: string;
  /** Of varchar and char. */
  length: number | null;
  /** Words of the check that lists them; empty where none does. */
  words: string[];
  /** Held by a check of another kind. */
  checked: boolean;
}

interface KeyPlan {
  columns: string[];
  parent: string;
  parentColumns: string[];
  required: boolean;
}

interface TablePlan {
  name: string;
  columns: ColumnPlan[];
  keys: KeyPlan[];
}

/** What checks ask for that no list of words tells, by column. */
const ANSWERS: Record<string, unknown> = {
  ended_at: "2026-11-20T10:00:00.5Z",
  mac_address: "AA:BB:CC:00:00:01",
  value: "12",
  key_hash: "a".repeat(64),
  events: ["alert.raised"],
  permissions: ["devices:read"],
  percentage: 50,
  occurred_earliest: "2026-11-20T10:00:00.123456Z",
  occurred_latest: "2026-11-20T10:00:00.123457Z",
};

const PLANS = `
  SELECT c.relname AS name,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, NULL),
        'length', nullif(information_schema._pg_char_max_length(a.atttypid, a.atttypmod), -1),
        'words', (SELECT coalesce(jsonb_agg(word[1]), '[]') FROM pg_constraint k,
            regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::character varying', 'g') AS word
          WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] AND pg_get_constraintdef(k.oid) LIKE '%ANY%'),
        'checked', EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY(k.conkey))
      ) ORDER BY a.attnum), '[]')
      FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a') AS columns,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'parent', p.relname,
        'columns', (SELECT jsonb_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u(num, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
        'parentColumns', (SELECT jsonb_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u(num, n)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num),
        'required', (SELECT bool_and(a.attnotnull) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey))
      ) ORDER BY cardinality(k.conkey), k.conname), '[]')
      FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0) AS keys
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname NOT IN ('schema_migrations')
  ORDER BY c.relname`;

/**
 * @param client of the owner
 * @throws Error that names the tables which no row fits into, with what the database said
 */
export async function fillDatabase(client: pg.Client): Promise<void> {
  const plans = (await client.query<TablePlan>(PLANS)).rows;
  const open = new Map(plans.map((plan) => [plan.name, "never tried"]));
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const plan of plans.filter((one) => open.has(one.name))) {
      const refusal = await fillTable(client, plan);
      if (refusal === null) open.delete(plan.name);
      else open.set(plan.name, refusal);
    }
  }
  if (open.size > 0) throw new Error(`no row fits into ${JSON.stringify([...open], null, 1)}`);
}

/** Null once there is a row; otherwise why there is none. */
async function fillTable(client: pg.Client, plan: TablePlan): Promise<string | null> {
  let refusal: string | null = "no parent";
  for (let row = 0; row < ROWS_PER_TABLE; row += 1) {
    const values = await createRow(client, plan, row);
    if (values === null) break;
    const said = await insert(client, plan.name, values);
    if (row === 0 || said === null) refusal = said;
  }
  return refusal;
}

async function createRow(client: pg.Client, plan: TablePlan, row: number): Promise<Map<string, unknown> | null> {
  const values = new Map<string, unknown>();
  for (const column of plan.columns) {
    const answer = ANSWERS[column.name];
    const value = column.checked ? answer : createValue(column, row);
    if (column.words.length > 0) values.set(column.name, column.words[row % column.words.length]);
    else if (value !== undefined) values.set(column.name, value);
  }
  const keyed = new Set<string>();
  for (const key of plan.keys) {
    const parent = await findParent(client, key);
    if (parent === null && key.required) return null;
    for (const [index, column] of key.columns.entries()) {
      const own = plan.columns.some((one) => one.name === column);
      const known = parent?.[index];
      if (own && known !== undefined) values.set(column, known);
      else if (own && !keyed.has(column)) values.set(column, null);
      keyed.add(column);
    }
  }
  return values;
}

/** Always the first row, so that keys which share a column agree. */
async function findParent(client: pg.Client, key: KeyPlan): Promise<string[] | null> {
  const columns = key.parentColumns.map((column) => `${pg.escapeIdentifier(column)}::text`).join(", ");
  const answer = await client.query<string[]>({
    text: `SELECT ${columns} FROM public.${pg.escapeIdentifier(key.parent)} ORDER BY 1 LIMIT 1`,
    rowMode: "array",
  });
  return answer.rows[0] ?? null;
}

async function insert(client: pg.Client, table: string, values: Map<string, unknown>): Promise<string | null> {
  const names = [...values.keys()].map(pg.escapeIdentifier).join(", ");
  const places = [...values.keys()].map((_, index) => `$${index + 1}`).join(", ");
  try {
    await client.query(`INSERT INTO public.${pg.escapeIdentifier(table)} (${names}) VALUES (${places})`, [
      ...values.values(),
    ]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function createValue(column: ColumnPlan, row: number): unknown {
  const text = ODD_TEXTS[row % ODD_TEXTS.length] ?? "";
  switch (column.type) {
    case "text":
    case "character varying":
    case "character":
    case "citext":
      return [...`${row}${text}${column.name}`].slice(0, column.length ?? undefined).join("");
    case "boolean":
      return row % 2 === 0;
    case "smallint":
      return -32_768 + row;
    case "integer":
      return 2_147_483_000 + row;
    case "bigint":
      return `900719925474099${row}`;
    case "numeric":
      return `${row}.25`;
    case "real":
    case "double precision":
      return row === 0 ? "NaN" : 0.1 + 0.2;
    case "uuid":
      return `00000000-0000-4000-8000-${String(row).padStart(12, "0")}`;
    case "json":
    case "jsonb":
      return JSON.stringify({ ...ODD_JSON, row });
    case "bytea":
      return Buffer.concat([EVERY_BYTE, Buffer.from([row])]);
    case "text[]":
    case "character varying[]":
      return [...ODD_TEXTS.map((one) => one.slice(0, column.length ?? undefined)), "NULL", null];
    case "date":
      return "2026-02-28";
    case "interval":
      return "-1 mon +2 days -03:04:05.678901";
    case "inet":
      return "2001:db8::1/64";
    case "timestamp with time zone":
    case "timestamp without time zone":
      return `20${26 + row}-11-20 10:00:00.12345${row}+00`;
    default:
      return undefined;
  }
}
