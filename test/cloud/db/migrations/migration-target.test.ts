// How a person may name a migration.
import * as assert from "uvu/assert";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { checkVersion, getVersion } from "../../../../cloud/db/migrations/migration-target.ts";
import { suite } from "../../../support/suite.ts";
import { SMALL } from "./small-migrations.ts";

const test = suite("naming a migration");

const NAMED: [text: string, version: number | null][] = [
  ["2", 2],
  ["002", 2],
  ["002_traps", 2],
  ["002_traps.sql", 2],
  ["0", 0],
  ["000", 0],
  ["099", null],
  ["0002", null],
  ["002_trap", null],
  ["traps", null],
  ["-1", null],
  ["", null],
];

for (const [text, version] of NAMED) {
  test(`"${text}" is ${version === null ? "refused with what there is" : `version ${version}`}`, () => {
    if (version !== null) {
      assert.is(getVersion(text, SMALL), version);
      return;
    }
    assert.throws(
      () => getVersion(text, SMALL),
      (error: unknown) =>
        error instanceof MigrationError &&
        error.code === "migration-not-found" &&
        /there are 001_people to 003_marks/.test(error.message),
    );
  });
}

for (const version of [-1, 4, 99, 1.5, Number.NaN]) {
  test(`${version} is the version of nothing`, () => {
    assert.throws(() => checkVersion(version, SMALL), /there is no migration/);
  });
}
