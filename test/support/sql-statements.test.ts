// What ends a statement, and what only looks like it.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { listStatements } from "./sql-statements.ts";
import { suite } from "./suite.ts";

const test = suite("sql statements");

const TEXTS: [what: string, sql: string, statements: string[]][] = [
  ["nothing", "", []],
  ["white space and comments", " \n-- a; b\n/* c; */ ;; ", []],
  ["two, the last without its semicolon", "SELECT 1;\nSELECT 2", ["SELECT 1", "SELECT 2"]],
  ["a string", "SELECT 'a;''b;';SELECT 2;", ["SELECT 'a;''b;'", "SELECT 2"]],
  ["a string with escapes", "SELECT E'a\\';b';SELECT 2;", ["SELECT E'a\\';b'", "SELECT 2"]],
  ["a string with a backslash", "SELECT 'a\\';SELECT 2;", ["SELECT 'a\\'", "SELECT 2"]],
  ["a name", 'SELECT ";""--";SELECT 2;', ['SELECT ";""--"', "SELECT 2"]],
  ["dollar quotes", "DO $$ a; b; $$;DO $x$ $$;$$ $x$;", ["DO $$ a; b; $$", "DO $x$ $$;$$ $x$"]],
  ["a dollar in a name, and a parameter", "SELECT a$b$ FROM c;SELECT $1;", ["SELECT a$b$ FROM c", "SELECT $1"]],
  ["comments at the ends", "-- 1; one\nSELECT 1; -- one\nSELECT 2;", ["-- 1; one\nSELECT 1", "-- one\nSELECT 2"]],
  ["nested comments", "SELECT /* ; /* ; */ ; */ 1;SELECT 2", ["SELECT /* ; /* ; */ ; */ 1", "SELECT 2"]],
  ["a quote in a comment", "SELECT 1; -- it's\nSELECT 2; /* it's */", ["SELECT 1", "-- it's\nSELECT 2"]],
];

for (const [what, sql, statements] of TEXTS) {
  test(`${what}`, () => assert.equal(listStatements(sql), statements));
}

for (const sql of ["SELECT 'a;", 'SELECT "a;', "DO $$ a;", "SELECT /* /* */ 1;"]) {
  test(`no end: ${sql}`, () => assert.throws(() => listStatements(sql), /has no end/));
}

test("the project's own migrations are cut without losing anything", () => {
  const folder = path.resolve(import.meta.dirname, "../../migrations");
  for (const name of fs.readdirSync(folder).filter((one) => /^\d{3}_.*\.sql$/.test(one))) {
    const text = fs.readFileSync(path.join(folder, name), "utf8");
    const statements = listStatements(text);
    assert.ok(statements.length >= 2, name);
    const bare = (sql: string) => sql.replaceAll(/--[^\n]*|;|\s+/g, "");
    assert.is(bare(statements.join(";")), bare(text), name);
  }
});
