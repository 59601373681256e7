// The files that are made from the schema, against a database that the migrations have just made [SCHEMA-1]. What mends them: npm run db:types.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import type { Catalogue } from "../../../../cloud/db/catalogue/catalogue.ts";
import { createGeneratedFiles, writeGeneratedFiles } from "../../../../cloud/db/catalogue/generated-files.ts";
import { readCatalogue } from "../../../../cloud/db/catalogue/read-catalogue.ts";
import { writeSchemaFile } from "../../../../cloud/db/catalogue/schema-file.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("generated files");
const ROOT = path.resolve(import.meta.dirname, "../../../..");
let migrated: TestDatabase;
let empty: TestDatabase;
let files: Record<string, string>;

test.before(async () => {
  migrated = await createTestDatabase();
  empty = await createTestDatabase({ migrated: false });
  files = createGeneratedFiles(await readFrom(migrated));
});
test.after(async () => {
  await migrated.stop();
  await empty.stop();
});

async function readFrom(database: TestDatabase, first?: string): Promise<Catalogue> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    if (first !== undefined) await client.query(first);
    return await readCatalogue(client);
  } finally {
    await client.end();
  }
}

for (const name of ["cloud/db/schema.ts", "migrations/schema.sql"]) {
  test(`${name} is what the migrations make`, () => {
    const [committed, made] = [
      fs.readFileSync(path.join(ROOT, name), "utf8").split("\n"),
      files[name]?.split("\n") ?? [],
    ];
    const line = made.findIndex((text, index) => text !== committed[index]);
    const stale = line >= 0 || made.length !== committed.length;
    assert.ok(
      !stale,
      `${name} is stale from line ${line + 1} on (\`${committed[line]}\` should be \`${made[line]}\`): run npm run db:types and commit it`,
    );
  });
}

test("an empty database that executes migrations/schema.sql has the schema that migrating makes", async () => {
  const text = fs.readFileSync(path.join(ROOT, "migrations/schema.sql"), "utf8");
  assert.is(writeSchemaFile(await readFrom(empty, text)), text);
});

test("they are written where they are not yet so, and only there", async () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-generated-"));
  try {
    fs.mkdirSync(path.join(root, "cloud/db"), { recursive: true });
    fs.mkdirSync(path.join(root, "migrations"));
    const options = { database: migrated.url, root };
    assert.equal(await writeGeneratedFiles(options), ["cloud/db/schema.ts", "migrations/schema.sql"]);
    assert.is(fs.readFileSync(path.join(root, "cloud/db/schema.ts"), "utf8"), files["cloud/db/schema.ts"]);
    fs.appendFileSync(path.join(root, "migrations/schema.sql"), "-- more\n");
    assert.equal(await writeGeneratedFiles(options), ["migrations/schema.sql"]);
    assert.equal(await writeGeneratedFiles(options), []);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});
