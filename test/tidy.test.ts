// The repository tests its own rules: each ban of the house is a small function with its reason and its replacement, proven by
// fixtures that break it and fixtures that keep it, and then applied to every file that git knows or would add.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { suite } from "./support/suite.ts";
import { ACCOUNT_FIXTURES } from "./tidy/account-fixtures.ts";
import { AMBIENT_FIXTURES } from "./tidy/ambient-fixtures.ts";
import { CLOUD_FIXTURES } from "./tidy/cloud-fixtures.ts";
import { CODE_FIXTURES } from "./tidy/code-fixtures.ts";
import { IMPORT_FIXTURES } from "./tidy/import-fixtures.ts";
import { QUERY_FIXTURES } from "./tidy/query-fixtures.ts";
import { type Repository, readRepository } from "./tidy/repository.ts";
import { applyRule, formatFindings } from "./tidy/rule.ts";
import { RULES } from "./tidy/rules.ts";
import { TEXT_FIXTURES } from "./tidy/text-fixtures.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const FIXTURES = [
  ...IMPORT_FIXTURES,
  ...CLOUD_FIXTURES,
  ...QUERY_FIXTURES,
  ...AMBIENT_FIXTURES,
  ...CODE_FIXTURES,
  ...TEXT_FIXTURES,
  ...ACCOUNT_FIXTURES,
];

const proof = suite("the rules of the house, proven");

for (const rule of RULES)
  proof(`caught where broken, silent where kept: ${rule.name}`, () => {
    const fixtures = FIXTURES.filter((fixture) => fixture.rule === rule.name);
    assert.ok(
      fixtures.some((fixture) => fixture.findings.length > 0),
      "a rule needs a fixture that breaks it",
    );
    assert.ok(
      fixtures.some((fixture) => fixture.findings.length === 0),
      "a rule needs a fixture that keeps it",
    );
    for (const { files, findings } of fixtures)
      assert.equal(applyRule(rule, files).sort(), [...findings].sort(), Object.keys(files).join(" "));
  });

proof("no fixture speaks of a rule that is not there, and no two rules share a name", () => {
  const names = RULES.map((rule) => rule.name);
  assert.is(new Set(names).size, names.length);
  for (const fixture of FIXTURES) assert.ok(names.includes(fixture.rule), fixture.rule);
});

const tree = suite("the rules of the house, kept");
let repository: Repository;

tree.before(() => {
  repository = readRepository(ROOT);
});

for (const rule of RULES)
  tree(rule.name, () => {
    const findings = rule.check(repository);
    assert.ok(findings.length === 0, formatFindings(rule, findings));
  });

tree("the rules saw the repository", () => {
  for (const file of ["package.json", "firmware/protocol/index.ts", "test/tidy.test.ts"])
    assert.ok(repository.texts.has(file), file);
  assert.ok(repository.sources.length > 50);
});
