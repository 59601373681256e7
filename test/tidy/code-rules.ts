// Owns the shape of program files: what they export, how long they are, how they begin, which escapes from the types they may not
// take, and what would make a test file say less than it seems to.
import ts from "typescript";
import { type Exception, isExcepted, programOf } from "./places.ts";
import type { Source } from "./repository.ts";
import { at, type Finding, findMatches, forEachSource, forEachText, type Rule } from "./rule.ts";

const noDefaultExports: Rule = {
  name: "no default exports",
  reason: "a thing without a name is called something else wherever it is imported",
  instead: "export it by its name",
  check: forEachSource((source) => [
    ...source.find(ts.isExportAssignment).map((node) => at(source, node, "a default export")),
    ...source
      .find((node): node is ts.Node => node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent))
      .map((node) => at(source, node, "a default export")),
    ...source
      .find(ts.isExportSpecifier)
      .filter((node) => node.name.text === "default")
      .map((node) => at(source, node, "a default export")),
  ]),
};

const FILE_LINES_MAX = 400;
const TEST_LINES_MAX = 500;
/** Tables and generated files. */
const LONG_FILES: Exception[] = [
  ["firmware/bundle/dialect.ts", "the table of what the interpreter lacks, row by row"],
  ["cloud/db/schema.ts", "generated from the database"],
];

const filesStayShort: Rule = {
  name: `files have at most ${FILE_LINES_MAX} lines, tests ${TEST_LINES_MAX}`,
  reason: "a file is read as a whole or not at all",
  instead: "give the part that can be named on its own a file on its own",
  check: forEachText((path, text) => {
    if (!/\.(ts|js|mjs|css|html)$/.test(path) || isExcepted(path, LONG_FILES)) return [];
    const lines = text.split("\n").length - 1;
    const max = programOf(path) === "test" ? TEST_LINES_MAX : FILE_LINES_MAX;
    return lines > max ? [{ path, line: max + 1, what: `${lines} lines` }] : [];
  }),
};

const FUNCTION_LINES_MAX = 70;

const functionsStayShort: Rule = {
  name: `functions have at most ${FUNCTION_LINES_MAX} lines`,
  reason: "what does not fit on a screen is not seen as one thing",
  instead: "name its steps",
  check: forEachSource((source) =>
    source
      .find(
        (node): node is ts.SignatureDeclaration => ts.isFunctionLike(node) && "body" in node && node.body !== undefined,
      )
      .flatMap((node) => {
        const lines = source.ast.getLineAndCharacterOfPosition(node.end).line + 2 - source.lineOf(node);
        return lines > FUNCTION_LINES_MAX ? [at(source, node, `${lines} lines: ${nameOf(node, source)}`)] : [];
      }),
  ),
};

function nameOf(node: ts.SignatureDeclaration, source: Source): string {
  const { parent } = node;
  if (node.name) return node.name.getText(source.ast);
  return ts.isVariableDeclaration(parent) ? parent.name.getText(source.ast) : "a function without a name";
}

const OPENINGS: [ending: RegExp, comment: RegExp][] = [
  [/\.(ts|js|mjs)$/, /^(#!.*\n)?(\/\/|\/\*)/],
  [/\.css$/, /^\/\*/],
  [/\.html$/, /^(<!doctype html>\n)?<!--/i],
  [/\.sql$/, /^--/],
  [/\.sh$|^\.ci\/run$/, /^#!.*\n#/],
];

const filesSayWhatTheyOwn: Rule = {
  name: "every file opens with a comment",
  reason: "whoever opens a file must learn in one breath what it owns and what it leaves to whom",
  instead: "one to six lines: what it owns, what it leaves to whom",
  check: forEachText((path, text) => {
    const opening = OPENINGS.find(([ending]) => ending.test(path))?.[1];
    return opening === undefined || opening.test(text)
      ? []
      : [{ path, line: 1, what: "begins without saying what it owns" }];
  }),
};

const ESCAPE_PLACES: Exception[] = [
  ["test/firmware/dialect/refused/*.ts", "fixtures of what the dialect refuses"],
  ["test/tidy/*-fixtures.ts", "fixtures of this rule"],
];

const typesAreNotEscaped: Rule = {
  name: "no any, no `as unknown as`, no ts-ignore",
  reason: "where the compiler is told to look away, every later change is unchecked there",
  instead: "unknown and a check, a type that says what is known, or a generic parameter",
  check: forEachSource((source) => {
    if (isExcepted(source.path, ESCAPE_PLACES)) return [];
    return [
      ...source
        .find((node): node is ts.Node => node.kind === ts.SyntaxKind.AnyKeyword)
        .map((node) => at(source, node, "any")),
      ...source
        .find(ts.isAsExpression)
        .filter(
          (node) => ts.isAsExpression(node.expression) && node.expression.type.kind === ts.SyntaxKind.UnknownKeyword,
        )
        .map((node) => at(source, node, "as unknown as")),
      ...findMatches(
        source.path,
        source.text,
        /(?<=(?:\/\/|\/\*)\s*)@ts-(?:ignore|expect-error|nocheck)/g,
        (match) => match,
      ),
    ];
  }),
};

const testsAllRun: Rule = {
  name: "no test is left out or singled out",
  reason: "a test that does not run is not a test, and nobody notices",
  instead: "mend it or delete it; where the machine lacks something, call skip(reason) inside the test",
  check: forEachSource((source) => {
    if (!source.path.endsWith(".test.ts")) return [];
    return source.find(ts.isCallExpression).flatMap((node): Finding[] => {
      const called = node.expression;
      if (!ts.isPropertyAccessExpression(called) || !ts.isIdentifier(called.expression)) return [];
      if (called.name.text === "only") return [at(source, node, "singles a test out")];
      const isSkip = called.name.text === "skip" && (node.arguments.some(isFunction) || !isInFunction(node));
      return isSkip ? [at(source, node, "leaves a test out")] : [];
    });
  }),
};

function isFunction(node: ts.Node): boolean {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

function isInFunction(node: ts.Node): boolean {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) if (ts.isFunctionLike(outer)) return true;
  return false;
}

const OTHER_SUITES: Exception[] = [
  ["test/support/suite.ts", "stands on uvu"],
  ["test/support/fixtures/*.fixture.ts", "fixtures misbehave on purpose"],
];

const testsUseOurSuite: Rule = {
  name: "tests use test/support/suite.ts",
  reason: "uvu alone is green when a hook throws, a run is forgotten or a file hangs",
  instead: 'import { suite } from ".../support/suite.ts"; assertions come from "uvu/assert"',
  check: forEachSource((source) =>
    source.imports
      .filter((one) => /^(uvu|node:test)$/.test(one.specifier) && !isExcepted(source.path, OTHER_SUITES))
      .map((one) => ({ path: source.path, line: one.line, what: `imports ${one.specifier}` })),
  ),
};

export const CODE_RULES: Rule[] = [
  noDefaultExports,
  filesStayShort,
  functionsStayShort,
  filesSayWhatTheyOwn,
  typesAreNotEscaped,
  testsAllRun,
  testsUseOurSuite,
];
