// How anything that is thrown becomes one line of what happened, and lines of what to do.
import * as assert from "uvu/assert";
import { explain, Problem, refusal } from "../../../bin/db/problem.ts";
import { BackupError } from "../../../cloud/db/backup/backup-error.ts";
import { DbStartError } from "../../../cloud/db/embedded/db-start-error.ts";
import { MigrationError } from "../../../cloud/db/migrations/migration-error.ts";
import { RolesError } from "../../../cloud/db/roles/roles-error.ts";
import { suite } from "../../support/suite.ts";

const test = suite("problems of the database commands");

function pgError(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: "error", code });
}

const ROWS: [what: string, thrown: unknown, message: string, advice: RegExp, status: 1 | 2][] = [
  [
    "advice after a semicolon",
    new MigrationError("migration-unknown", "the database stands at 9: it is older; start the newer program"),
    "the database stands at 9: it is older",
    /^start the newer program$/,
    1,
  ],
  [
    "advice after the last colon",
    new DbStartError("port-taken", "port 5 is taken: stop that one, or choose another"),
    "port 5 is taken",
    /^stop that one, or choose another$/,
    1,
  ],
  [
    "a reason after the colon, and no advice",
    new BackupError("restore-failed", "restoring failed: relation x is missing"),
    "restoring failed: relation x is missing",
    /run the command again/,
    1,
  ],
  [
    "what was asked wrongly",
    new MigrationError("migration-not-found", "there is no migration 99; there are 1 to 3"),
    "there is no migration 99",
    /^there are 1 to 3$/,
    2,
  ],
  [
    "statements for an administrator",
    new RolesError("roles-missing", "the roles are missing; let an administrator run this:", {
      statements: ["CREATE ROLE x"],
    }),
    "the roles are missing",
    /^let an administrator run this:\n {2}CREATE ROLE x;$/,
    1,
  ],
  [
    "a right that lacks",
    pgError("42501", "permission denied for table devices"),
    "permission denied for table devices",
    /owner/,
    1,
  ],
  ["what nobody foresaw", new TypeError("x is not a function: really"), "x is not a function: really", /--verbose/, 1],
  ["several lines", new Error("first\nsecond"), "first", /--verbose/, 1],
  ["no error at all", "oops", "oops", /--verbose/, 1],
  [
    "a refusal of ours",
    refusal("not-confirmed", "not confirmed", "nothing was changed"),
    "not confirmed",
    /^nothing/,
    2,
  ],
];

for (const [what, thrown, message, advice, status] of ROWS) {
  test(`${what} is told in one line, with what to do`, () => {
    const problem = explain(thrown);
    assert.ok(problem instanceof Problem);
    assert.is(problem.message, message);
    assert.match(problem.advice.join("\n"), advice);
    assert.is(problem.status, status);
    assert.not.match(problem.message, /\n/);
  });
}
