// Little repositories that break or keep each rule of text-rules.ts.
import type { Fixture } from "./rule.ts";

const PROMISES = "no TODO, FIXME, XXX or HACK";
const NAMES = "files and folders are kebab-case and named after what they hold";
const MACHINES = "no paths of a machine and no hosts of a registry";
const LINES_END = "every file ends with one line feed, and has no carriage returns";
const ASCII = "firmware sources are ASCII";

function text(rule: string, file: string, content: string, ...lines: number[]): Fixture {
  return { rule, files: { [file]: content }, findings: lines.map((line) => `${file}:${line}`) };
}

/** One file with one offence on each line. */
function broken(rule: string, file: string, ...lines: string[]): Fixture {
  return text(rule, file, `${lines.join("\n")}\n`, ...lines.map((_, i) => i + 1));
}

function kept(rule: string, file: string, ...lines: string[]): Fixture {
  return text(rule, file, `${lines.join("\n")}\n`);
}

const BAD_NAMES = [
  "cloud/Alerts/alerts.ts",
  "cloud/alerts/queries/findAlert.ts",
  "cloud/alerts/queries/find_alert.ts",
  "cloud/utils/alerts.ts",
  "cloud/alerts/alert-helpers.ts",
  "cloud/alert-manager.ts",
  "cloud/common.ts",
  "cloud/alerts/alerts.Test.ts",
];
const GOOD_NAMES = [
  "README.md",
  ".ci/run",
  ".gitignore",
  "migrations/001_initial_schema.sql",
  "cloud/alerts/queries/find-alert.ts",
  "firmware/board/espruino.d.ts",
  "test/protocol/v1/SHA256SUMS",
  "test/support/fixtures/late-test.fixture.ts",
  "cloud/commonplace.ts",
];

/** The root of all paths, so that none of them stands here as one. */
const SLASH = "/";

export const TEXT_FIXTURES: Fixture[] = [
  broken(PROMISES, "cloud/a.ts", "// TODO: later", "/* FIXME */", "const a = 1; // XXX", "// a HACK"),
  broken(PROMISES, "README.md", "TODO write this"),
  kept(PROMISES, "cloud/a.ts", "// todos are tasks of people", "const TODOS = 1;", 'const a = "HACKER";'),
  ...BAD_NAMES.map((file) => text(NAMES, file, "", 1)),
  ...GOOD_NAMES.map((file) => text(NAMES, file, "")),
  broken(
    MACHINES,
    "cloud/a.ts",
    `const a = "${SLASH}home/ann/trapline";`,
    `const b = "${SLASH}Users/ann/trapline";`,
    `// see ${SLASH}root/notes.txt`,
    `const c = "${SLASH}tmp/trapline.sock";`,
    `const d = "C:${"\\"}${"\\"}Users${"\\"}${"\\"}ann";`,
    `const e = "https:${SLASH}/npm.registry.example.com/pg";`,
    `const f = "https:${SLASH}/artifactory.example.com:8443";`,
    `const g = "https:${SLASH}/registry${"."}npmjs.org";`,
  ),
  broken(MACHINES, ".npmrc", `registry${"="}https:${SLASH}/npm.example.com/`),
  kept(
    MACHINES,
    "cloud/a.ts",
    'const a = "/api/v1/home";',
    "const b = `$" + "{base}/home/page`;",
    "// the registry of traps",
    'const c = "../work/a.ts";',
    'const d = "/usr/sbin/policy-rc.d";',
    "const registry = new Map();",
    "let registry= 1;",
  ),
  text(LINES_END, "cloud/a.ts", "a();\nb();", 2),
  text(LINES_END, "cloud/a.ts", "a();\r\nb();\r\n", 1),
  text(LINES_END, "README.md", "a\n\n", 2),
  text(LINES_END, "cloud/a.ts", "a();\n\nb();\n"),
  text(LINES_END, "cloud/empty.txt", ""),
  broken(ASCII, "firmware/trap/trap.ts", 'const a = "caf\u00e9";', "// a \u2013 b", "\tconst c = 1;"),
  kept(ASCII, "firmware/trap/trap.ts", 'const a = "caf\\xc3\\xa9";'),
  kept(ASCII, "cloud/console/page/words.js", 'const a = "caf\u00e9";'),
];
