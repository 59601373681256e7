// Little repositories that break or keep each rule of account-rules.ts.
import type { Fixture } from "./rule.ts";

const ACCOUNT = "ARCHITECTURE.md";
const TAGS = "every tag in code is an invariant of ARCHITECTURE.md";
const KEPT = "every invariant is tagged in the code that keeps it and in a test";
const UNIQUE = "no two invariants share a tag";
const EXACT = "every dependency has an exact version";
const REASONS = "every runtime dependency has its reason in ARCHITECTURE.md";
const LOCK = "package-lock.json names no host";

const INVARIANTS = "# Architecture\n\n- **[TRAP-1]** One.\n- **[PRES-12]** Two.\n";

function account(rule: string, files: Record<string, string>, ...findings: string[]): Fixture {
  return { rule, files, findings };
}

function manifest(...lines: string[]): Record<string, string> {
  return { "package.json": `{\n${lines.join("\n")}\n}\n` };
}

const TABLE =
  "## Dependencies\n\n| package | why |\n|---|---|\n| `pg` | driver |\n| `@scope/a` | b |\n\n## Glossary\n\n| `word` | meaning |\n";

export const ACCOUNT_FIXTURES: Fixture[] = [
  account(
    TAGS,
    {
      [ACCOUNT]: INVARIANTS,
      "cloud/a.ts": "// Keeps [TRAP-2].\n",
      "test/a.test.ts": "\n// [WIRE-1]\n",
      "migrations/001_a.sql": "-- [PRES-1]\n",
    },
    "cloud/a.ts:1",
    "test/a.test.ts:2",
    "migrations/001_a.sql:1",
  ),
  account(TAGS, { [ACCOUNT]: INVARIANTS, "cloud/a.ts": "// [TRAP-1], [PRES-12]\nconst a = /[A-Z0-9-1]/;\nb[N-1];\n" }),
  account(
    KEPT,
    { [ACCOUNT]: INVARIANTS, "cloud/a.ts": "// [TRAP-1]\n", "test/a.test.ts": "// [PRES-12]\n" },
    `${ACCOUNT}:3`,
    `${ACCOUNT}:4`,
  ),
  account(KEPT, { [ACCOUNT]: INVARIANTS }, `${ACCOUNT}:3`, `${ACCOUNT}:4`),
  account(KEPT, {
    [ACCOUNT]: INVARIANTS,
    "cloud/a.ts": "// [TRAP-1]\n",
    "test/support/suite.ts": "// [PRES-12]\n",
    "test/support/suite.test.ts": "// [TRAP-1] [PRES-12]\n",
  }),
  account(UNIQUE, { [ACCOUNT]: `${INVARIANTS}- **[TRAP-1]** Again.\n` }, `${ACCOUNT}:5`),
  account(UNIQUE, { [ACCOUNT]: INVARIANTS }),
  account(
    EXACT,
    manifest(
      '"dependencies": {',
      '"pg": "^8.0.0",',
      '"kysely": "latest"',
      '},"devDependencies": {',
      '"uvu": "1.x"',
      "}",
    ),
    "package.json:3",
    "package.json:4",
    "package.json:6",
  ),
  account(EXACT, manifest('"dependencies": {', '"pg": "8.0.0",', '"embedded": "18.4.0-beta.17"', "}")),
  account(
    REASONS,
    { [ACCOUNT]: TABLE, ...manifest('"dependencies": {', '"pg": "8.0.0",', '"word": "1.0.0"', "}") },
    "package.json:4",
    `${ACCOUNT}:6`,
  ),
  account(REASONS, {
    [ACCOUNT]: TABLE,
    ...manifest(
      '"dependencies": {',
      '"pg": "8.0.0",',
      '"@scope/a": "1.0.0"',
      "},",
      '"devDependencies": {',
      '"uvu": "1.0.0"',
      "}",
    ),
  }),
  account(
    LOCK,
    { "package-lock.json": '{\n"resolved": "https:/' + '/npm.example.com/pg.tgz"\n}\n' },
    "package-lock.json:2",
  ),
  account(LOCK, { "package-lock.json": '{\n"version": "1.0.0",\n"resolved": "packages/a"\n}\n' }),
];
