// Making the file of a new migration: its number, its name, its sections, and that nothing is overwritten.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createMigration } from "../../../../cloud/db/migrations/create-migration.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("create migration");
const GOOD = "-- Why.\n\n-- UP\nCREATE TABLE a ();\n\n-- DOWN\nDROP TABLE a;\n";
let directory: string;

test.before.each(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-create-"));
  fs.writeFileSync(path.join(directory, "001_first.sql"), GOOD);
});
test.after.each(() => fs.rmSync(directory, { recursive: true }));

async function getCode(promise: Promise<unknown>): Promise<string> {
  const error = await getRejection(promise);
  assert.ok(error instanceof MigrationError, String(error));
  return error.code;
}

test("the new file has the next number, a name with underscores, and the two sections to fill in", async () => {
  const made = await createMigration("add-trap_colours", { directory });
  assert.equal(made, {
    version: 2,
    name: "002_add_trap_colours",
    path: path.join(directory, "002_add_trap_colours.sql"),
  });
  const text = fs.readFileSync(made.path, "utf8");
  assert.match(text, /^-- Add trap colours: .*\n\n-- UP\n-- .*\n\n-- DOWN\n-- .*\n$/);
  assert.equal(fs.readdirSync(directory).sort(), ["001_first.sql", "002_add_trap_colours.sql"]);
});

test("as long as it is not filled in nobody can apply it, and the error says what is missing", async () => {
  await createMigration("later", { directory });
  const error = await getRejection(loadMigrations(directory));
  assert.ok(error instanceof MigrationError && error.code === "migration-malformed", String(error));
  assert.match(error.message, /002_later\.sql has a section without a statement/);
  fs.writeFileSync(path.join(directory, "002_later.sql"), GOOD);
  assert.is((await createMigration("even-later", { directory })).name, "003_even_later");
});

const BAD_NAMES = [
  "",
  "Colours",
  "add colours",
  "../colours",
  "colours.sql",
  "_colours",
  "add__colours",
  "1st",
  "übung",
];

for (const name of [...BAD_NAMES, "a".repeat(61)]) {
  test(`"${name}" is refused as a name`, async () => {
    assert.is(await getCode(createMigration(name, { directory })), "name-refused");
    assert.equal(fs.readdirSync(directory), ["001_first.sql"]);
  });
}

test("a name that is there already, and a folder with a number twice, are refused", async () => {
  assert.is(await getCode(createMigration("first", { directory })), "name-taken");
  fs.writeFileSync(path.join(directory, "001_other.sql"), GOOD);
  assert.is(await getCode(createMigration("second", { directory })), "migration-malformed");
  assert.equal(fs.readdirSync(directory).sort(), ["001_first.sql", "001_other.sql"]);
});

test("of several at once one gets the number, the others are told, and nothing is overwritten", async () => {
  const names = ["one", "two", "three", "one"];
  const outcomes = await Promise.allSettled(names.map((name) => createMigration(name, { directory })));
  const made = outcomes.filter((outcome) => outcome.status === "fulfilled");
  assert.is(made.length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.is(outcome.reason.code, "name-taken", String(outcome.reason));
  }
  assert.is(fs.readdirSync(directory).length, 2);
});

test("what a killed program left does not block for good: the error names the file to remove", async () => {
  const left = path.join(directory, ".creating-a-migration");
  fs.writeFileSync(left, "");
  const error = await getRejection(createMigration("second", { directory }));
  assert.ok(error instanceof MigrationError && error.message.includes(left), String(error));
  fs.rmSync(left);
  assert.is((await createMigration("second", { directory })).version, 2);
});
