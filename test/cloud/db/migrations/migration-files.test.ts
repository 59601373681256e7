// The migration files themselves: their sections, their order, their checksums.
import * as assert from "uvu/assert";
import { listVersions } from "../../../../cloud/db/migrations/adopt.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { findText, loadMigrations, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("migration files");
const GOOD = "-- Why.\n\n-- UP\nCREATE TABLE a ();\n\n-- DOWN\nDROP TABLE a;\n";

function getError(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

test("a file has two sections, and its checksum does not depend on the line ends of the checkout", () => {
  const unix = parseMigration("008_a.sql", GOOD);
  const windows = parseMigration("008_a.sql", GOOD.replaceAll("\n", "\r\n"));
  assert.equal(unix, windows);
  assert.is(unix.version, 8);
  assert.is(unix.name, "008_a");
  assert.is(unix.up, "CREATE TABLE a ();");
  assert.is(unix.down, "DROP TABLE a;");
  assert.is.not(unix.checksum, parseMigration("008_a.sql", `${GOOD}-- more\n`).checksum);
});

test("the header names the checksums a file had before, each with its reason", () => {
  const [first, second] = ["1".repeat(64), "2".repeat(64)];
  const text = `-- Earlier: ${first}, names were too short\n-- Why.\n-- Earlier: ${second}, a comment, no more\n${GOOD}`;
  const migration = parseMigration("008_a.sql", text);
  assert.equal(migration.earlier, [
    { checksum: first, reason: "names were too short" },
    { checksum: second, reason: "a comment, no more" },
  ]);
  assert.is(findText(migration, migration.checksum), "current");
  assert.is(findText(migration, second), migration.earlier[1]);
  assert.is(findText(migration, "3".repeat(64)), null);
  assert.equal(parseMigration("008_a.sql", GOOD).earlier, []);
});

test("the body of a function may begin and end", () => {
  const body = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN;\nEND;\n$$;";
  assert.is(
    parseMigration(
      "008_a.sql",
      GOOD.replace("CREATE TABLE a ();", () => body),
    ).up,
    body,
  );
});

const REFUSED: [what: string, name: string, text: string][] = [
  ["no number", "first.sql", GOOD],
  ["no DOWN section", "008_a.sql", "-- UP\nCREATE TABLE a ();\n"],
  ["an empty DOWN section", "008_a.sql", "-- UP\nCREATE TABLE a ();\n-- DOWN\n\n"],
  ["the sections in the wrong order", "008_a.sql", "-- DOWN\nDROP TABLE a;\n-- UP\nCREATE TABLE a ();\n"],
  ["two UP sections", "008_a.sql", `-- UP\nSELECT 1;\n${GOOD}`],
  ["a section of comments", "008_a.sql", "-- UP\nSELECT 1;\n-- DOWN\n-- nothing yet\n"],
  ["a transaction of its own", "008_a.sql", GOOD.replace("CREATE", "BEGIN;\nCREATE")],
  ["an end of the transaction", "008_a.sql", GOOD.replace("DROP TABLE a;", "DROP TABLE a;\ncommit ;")],
  ["an earlier checksum that is none", "008_a.sql", `-- Earlier: abc, a typing error\n${GOOD}`],
  ["an earlier checksum without a reason", "008_a.sql", `-- Earlier: ${"a".repeat(64)}\n${GOOD}`],
  ["an earlier checksum in a section", "008_a.sql", `${GOOD}-- Earlier: ${"a".repeat(64)}, a typing error\n`],
];

for (const [what, name, text] of REFUSED) {
  test(`a migration with ${what} is refused`, () => {
    const error = getError(() => parseMigration(name, text));
    assert.ok(error instanceof MigrationError && error.code === "migration-malformed", String(error));
  });
}

test("the project's own migrations are 001 to 006 of the mousetrap product and then ours", async () => {
  const names = (await loadMigrations()).map((migration) => migration.name);
  assert.equal(names.slice(0, 7), [
    "001_initial_schema",
    "002_add_ota_support",
    "003_add_claim_codes",
    "004_add_multi_tenancy",
    "005_create_user_tenant_memberships",
    "006_create_device_claiming_queue",
    "007_first_story",
  ]);
});

const FOREIGN: [what: string, rows: Record<string, unknown>[], versions: number[] | null][] = [
  [
    "file names",
    [
      { id: 2, filename: "002_add_ota_support.sql" },
      { id: 1, filename: "001_initial_schema.sql" },
    ],
    [1, 2],
  ],
  ["paths", [{ migration: "./migrations/001_initial_schema.sql" }, { migration: "002.sql" }], [1, 2]],
  ["checksums beside the numbers", [{ version: "001", checksum: "123_4", at: "2025-06-01T12:00:00" }], [1]],
  ["padded numbers", [{ version: "001" }, { version: "002" }, { version: "003" }], [1, 2, 3]],
  ["plain numbers", [{ version: 1 }, { version: 2 }], [1, 2]],
  ["nothing", [], []],
  ["a gap", [{ version: 1 }, { version: 3 }], null],
  ["more than both products share", [1, 2, 3, 4, 5, 6, 7].map((version) => ({ version })), null],
  ["no numbers at all", [{ hash: "abc" }], null],
];

for (const [what, rows, versions] of FOREIGN) {
  test(`a foreign record that holds ${what} is ${versions === null ? "refused" : "read"}`, () => {
    const result = getError(() => listVersions(rows));
    if (versions === null)
      assert.ok(result instanceof MigrationError && result.code === "migration-record", String(result));
    else assert.equal(result, versions);
  });
}
