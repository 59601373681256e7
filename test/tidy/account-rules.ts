// Owns the agreement between ARCHITECTURE.md, package.json and the code: what is claimed is kept, what is used is accounted for.
import { programOf } from "./places.ts";
import type { Repository } from "./repository.ts";
import { type Finding, findMatches, type Rule } from "./rule.ts";

const ACCOUNT = "ARCHITECTURE.md";
const INVARIANT = /^- \*\*\[([A-Z]+-\d+)\]\*\*/gm;
const TAG = /\[([A-Z]{2,}[A-Z0-9]*-\d+)\]/g;
const TAGGED_FILE = /\.(ts|js|mjs|css|html|sql)$/;

interface Tag {
  path: string;
  line: number;
  name: string;
}

/** Tags in programs and tests. The rules' own fixtures have tags that mean nothing. */
function listTags(repository: Repository): Tag[] {
  const files = [...repository.texts].filter(([path]) => TAGGED_FILE.test(path) && !path.startsWith("test/tidy"));
  return files.flatMap(([path, text]) =>
    findMatches(path, text, TAG, (match) => match.slice(1, -1)).map(({ line, what }) => ({ path, line, name: what })),
  );
}

function listInvariants(repository: Repository): Tag[] {
  const text = repository.texts.get(ACCOUNT) ?? "";
  const found = findMatches(ACCOUNT, text, INVARIANT, (match) => match.replaceAll(/[-\s*[\]]+/g, "-").slice(1, -1));
  return found.map(({ path, line, what }) => ({ path, line, name: what }));
}

const tagsAreInvariants: Rule = {
  name: "every tag in code is an invariant of ARCHITECTURE.md",
  reason: "a tag that points nowhere is a promise nobody can look up",
  instead: "write the invariant into ARCHITECTURE.md, or take the tag away",
  check: (repository) => {
    const known = new Set(listInvariants(repository).map((one) => one.name));
    const unknown = listTags(repository).filter((tag) => !known.has(tag.name));
    return unknown.map(({ path, line, name }) => ({ path, line, what: `[${name}] is no invariant` }));
  },
};

const invariantsAreKept: Rule = {
  name: "every invariant is tagged in the code that keeps it and in a test",
  reason: "a promise without code is a wish, and one without a test is a hope",
  instead: "tag the place that keeps it and the test that would notice; or drop the claim",
  check: (repository) => {
    const tags = listTags(repository);
    return listInvariants(repository).flatMap(({ path, line, name }): Finding[] => {
      const places = tags.filter((tag) => tag.name === name).map((tag) => isTest(tag.path));
      const missing = [!places.includes(false) && "code", !places.includes(true) && "a test"].filter(Boolean);
      return missing.length === 0
        ? []
        : [{ path, line, what: `[${name}] is not tagged in ${missing.join(" nor in ")}` }];
    });
  },
};

/** The suite and the runner are code that keeps a promise of its own, and has tests. */
function isTest(path: string): boolean {
  return programOf(path) === "test" && (path.endsWith(".test.ts") || !path.startsWith("test/support/"));
}

const invariantsAreUnique: Rule = {
  name: "no two invariants share a tag",
  reason: "a tag must lead to one promise",
  instead: "give the later one the next number",
  check: (repository) => {
    const seen = new Set<string>();
    return listInvariants(repository).flatMap(({ path, line, name }): Finding[] => {
      const twice = seen.has(name);
      seen.add(name);
      return twice ? [{ path, line, what: `[${name}] for the second time` }] : [];
    });
  },
};

const MANIFEST = "package.json";
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const DEPENDENCY_ROW = /^\| `([^`]+)` \|/gm;

interface Dependency {
  name: string;
  version: string;
  line: number;
}

function listDependencies(repository: Repository, kind: "dependencies" | "devDependencies"): Dependency[] {
  const text = repository.texts.get(MANIFEST) ?? "{}";
  const entries = Object.entries<string>(JSON.parse(text)[kind] ?? {});
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => line.includes(`"${kind}"`));
  return entries.map(([name, version]) => {
    const line = lines.findIndex((one, i) => i >= begin && one.includes(`"${name}":`)) + 1;
    return { name, version, line };
  });
}

const versionsAreExact: Rule = {
  name: "every dependency has an exact version",
  reason: "two clones of one commit must be the same program",
  instead: "npm install --save-exact",
  check: (repository) =>
    [...listDependencies(repository, "dependencies"), ...listDependencies(repository, "devDependencies")]
      .filter((one) => !EXACT.test(one.version))
      .map((one) => ({ path: MANIFEST, line: one.line, what: `${one.name} ${one.version}` })),
};

/** Rows of the table under the heading `Dependencies`. */
function listDependencyRows(repository: Repository): Tag[] {
  const text = repository.texts.get(ACCOUNT) ?? "";
  const begin = text.search(/^## Dependencies$/m);
  if (begin < 0) return [];
  const rest = text.slice(begin + 1).search(/^## /m);
  const end = rest < 0 ? text.length : begin + 1 + rest;
  return [...text.matchAll(DEPENDENCY_ROW)]
    .filter((match) => match.index > begin && match.index < end)
    .map((match) => ({ path: ACCOUNT, line: text.slice(0, match.index).split("\n").length, name: match[1] ?? "" }));
}

const dependenciesAreAccountedFor: Rule = {
  name: "every runtime dependency has its reason in ARCHITECTURE.md",
  reason: "each is code of strangers that runs with our rights; somebody must have weighed it",
  instead: "a row in the table under Dependencies: the package in backticks, then why; or do without it",
  check: (repository) => {
    const rows = listDependencyRows(repository);
    const dependencies = listDependencies(repository, "dependencies");
    const missing = dependencies.filter((one) => !rows.some((row) => row.name === one.name));
    const stale = rows.filter((row) => !dependencies.some((one) => one.name === row.name));
    return [
      ...missing.map((one) => ({ path: MANIFEST, line: one.line, what: `${one.name} has no row` })),
      ...stale.map((row) => ({ path: row.path, line: row.line, what: `${row.name} is no dependency` })),
    ];
  },
};

const lockNamesNoHost: Rule = {
  name: "package-lock.json names no host",
  reason: "a lock that says where packages were found installs nowhere else",
  instead: "omit-lockfile-registry-resolved=true in .npmrc, then npm install",
  check: (repository) => {
    const text = repository.texts.get("package-lock.json") ?? "";
    return findMatches("package-lock.json", text, /"resolved": "(?:https?|git)[^"]*"/g, (match) => match.slice(0, 60));
  },
};

export const ACCOUNT_RULES: Rule[] = [
  tagsAreInvariants,
  invariantsAreKept,
  invariantsAreUnique,
  versionsAreExact,
  dependenciesAreAccountedFor,
  lockNamesNoHost,
];
