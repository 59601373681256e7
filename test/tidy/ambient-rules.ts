// Owns where a program may touch what surrounds it: SQL, the environment, exit and signals, clock and chance, the board's own globals,
// and the moment of being imported. Everywhere else these come in as arguments, which is why everything else can be tried.
import ts from "typescript";
import { findAmbient, findMembers, findNamedImports } from "./names.ts";
import { ENTRIES, type Exception, isExcepted, programOf } from "./places.ts";
import type { Source } from "./repository.ts";
import { at, type Finding, forEachSource, type Rule } from "./rule.ts";

const SQL_PLACES: Exception[] = [
  ["cloud/db/**", "the ground floor of all queries"],
  ["cloud/*/queries/*.ts", "where a subject keeps its SQL"],
  ["test/**", "tests look into tables to see what was kept"],
];
const BUILDER_METHODS = ["selectFrom", "insertInto", "updateTable", "deleteFrom", "mergeInto"];
const SQL_TEXT =
  /^\s*(?:(?:select|SELECT)\s[\s\S]*\s(?:from|FROM)\s|(?:insert into|INSERT INTO|delete from|DELETE FROM|truncate|TRUNCATE)\s|(?:update|UPDATE)\s+\w+\s+(?:set|SET)\s|(?:create|alter|drop|CREATE|ALTER|DROP)\s+(?:table|index|database|role|type|TABLE|INDEX|DATABASE|ROLE|TYPE)\s|(?:LISTEN|NOTIFY)\s)/;

const sqlInQueries: Rule = {
  name: "SQL lives in migrations/, cloud/db and cloud/<room>/queries/",
  reason: "tenant isolation is two walls in every query, and walls can only be inspected where they stand together",
  instead: "move the query into the subject's queries/ and call it",
  check: forEachSource((source) => {
    if (isExcepted(source.path, SQL_PLACES)) return [];
    const packages = source.imports.filter((one) => ["kysely", "pg"].includes(one.from ?? "") && !one.typeOnly);
    return [
      ...packages.map((one) => ({ path: source.path, line: one.line, what: `imports ${one.from}` })),
      ...source
        .find(ts.isTaggedTemplateExpression)
        .filter((node) => /^sql\b/.test(node.tag.getText(source.ast)))
        .map((node) => at(source, node, "a tagged sql template")),
      ...source
        .find(ts.isCallExpression)
        .filter((node) => ts.isPropertyAccessExpression(node.expression))
        .filter((node) => BUILDER_METHODS.includes((node.expression as ts.PropertyAccessExpression).name.text))
        .map((node) => at(source, node, "builds a query")),
      ...source
        .find((node): node is ts.LiteralLikeNode => ts.isStringLiteralLike(node) || ts.isTemplateHead(node))
        .filter((node) => SQL_TEXT.test(node.text))
        .map((node) => at(source, node, "SQL in a text")),
    ];
  }),
};

const ENVIRONMENT_PLACES: Exception[] = [
  ["**/config.ts", "where a program reads its surroundings"],
  ["firmware/board/**", "process.env is the interpreter's word for what chip it runs on"],
  ["firmware/boot/**", "process.env is the interpreter's word for what chip it runs on"],
];

const environmentInConfig: Rule = {
  name: "process.env is read in config.ts files alone",
  reason: "what the surroundings may decide about a program stands on one page, with its defaults and bounds",
  instead: "add the variable to the program's config.ts and take its value as an argument",
  check: forEachSource((source) =>
    isExcepted(source.path, ENVIRONMENT_PLACES)
      ? []
      : [...findMembers(source, ["process"], ["env"]), ...findNamedImports(source, /^(node:)?process$/, ["env"])].map(
          (node) => at(source, node, "reads the environment"),
        ),
  ),
};

const EXIT_PLACES: Exception[] = [
  ["**/main.ts", "a program's own beginning and end"],
  ["bin/trapline.ts", "the command line's beginning and end"],
  ["test/support/run.ts", "the runner's beginning and end"],
  ["test/support/suite.ts", "a test file is a process of its own, and its exit code is its verdict"],
  ["test/support/fixtures/*.fixture.ts", "fixtures misbehave on purpose"],
  ["test/**/*-program.ts", "a program that a test starts as a process of its own"],
];
const LISTEN = ["on", "once", "addListener", "prependListener"];
const HARMLESS_EVENTS = ["exit", "message", "disconnect", "warning"];

const exitInMain: Rule = {
  name: "process.exit and signals are main.ts's",
  reason: "a room that ends the process leaves transactions, sockets and children of all the others behind",
  instead: "throw, or return the outcome, and let main.ts stop what compose.ts started",
  check: forEachSource((source) => {
    if (isExcepted(source.path, EXIT_PLACES)) return [];
    const ends = findMembers(source, ["process"], ["exit", "exitCode", "abort", "reallyExit"]);
    const listens = source.find(ts.isCallExpression).filter((node) => {
      const called = node.expression;
      if (!ts.isPropertyAccessExpression(called) || !LISTEN.includes(called.name.text)) return false;
      if (!ts.isIdentifier(called.expression) || called.expression.text !== "process") return false;
      const [event] = node.arguments;
      return !(event && ts.isStringLiteral(event) && HARMLESS_EVENTS.includes(event.text));
    });
    return [
      ...ends.map((node) => at(source, node, "ends the process")),
      ...listens.map((node) => at(source, node, "handles a signal or what nobody caught")),
    ];
  }),
};

const CLOCK_PLACES: Exception[] = [
  ["**/main.ts", "wires the real ones"],
  ["**/compose.ts", "wires the real ones"],
  ["cloud/clock.ts", "the cloud's one clock"],
  ["simulator/board/clock.ts", "the simulator's one clock"],
  ["hil/clock.ts", "the bench's one clock"],
  ["hil/commands/replay.ts", "hands a replay the chance it draws identity, key and nonces of"],
  ["hil/strategy/identities.ts", "draws who a board is, once"],
  ["hil/drivers/cloud/*.ts", "draws the secrets of a cloud of its own, free ports, and people nobody has met before"],
  ["cloud/db/embedded/*.ts", "waits for processes that know no clock of ours, and makes the cluster's password once"],
  ["cloud/db/migrations/migration-lock.ts", "waits for another instance's lock"],
  ["cloud/db/migrations/migration-step.ts", "tells those who wait how long a migration took"],
  ["cloud/console/page/*.js", "runs in a person's browser"],
  ["simulator/page/*.js", "runs in a person's browser"],
  ["hil/report/page/*.js", "runs in a person's browser"],
  ["firmware/board/**", "the board is the clock"],
  ["firmware/boot/**", "the boot loader stands on the board itself"],
  ["firmware/image/*.ts", "makes and uses the key of a developer's own machine"],
  ["firmware/lib/**", "declares the language"],
  ["bin/**", "measures real latencies, and makes the secrets of a first start"],
  ["test/**", "real sockets and processes take real time; that tests do not sleep is a rule of its own"],
];
const TIMERS = new Set(["setTimeout", "setInterval"]);
const RANDOM = ["randomBytes", "randomUUID", "randomInt", "randomFill", "randomFillSync", "getRandomValues"];

const clockInAdapters: Rule = {
  name: "clock, timers and chance come from outside",
  reason: "what asks the machine for the time or a random number cannot be replayed, and is tested by waiting",
  instead: "take a clock or randomBytes as a dependency; compose.ts hands in the real one, tests a simulated one",
  check: forEachSource((source) => (isExcepted(source.path, CLOCK_PLACES) ? [] : findClocks(source))),
};

function findClocks(source: Source): Finding[] {
  const members = [
    ...findMembers(source, ["Date", "performance"], ["now"]),
    ...findMembers(source, ["Math"], ["random"]),
    ...findMembers(source, ["crypto", "webcrypto"], RANDOM),
    ...findMembers(source, ["window", "globalThis"], [...TIMERS]),
  ];
  const dates = source.find(ts.isNewExpression).filter((node) => {
    return ts.isIdentifier(node.expression) && node.expression.text === "Date" && !node.arguments?.length;
  });
  const imports = [
    ...findNamedImports(source, /^(node:)?crypto$/, RANDOM),
    ...findNamedImports(source, /^(node:)?(timers(\/promises)?|perf_hooks)$/, null),
  ];
  return [...members, ...dates, ...imports, ...findAmbient(source, TIMERS)].map((node) =>
    at(source, node, `asks the machine: ${node.getText(source.ast)}`),
  );
}

const SLEEP_PLACES: Exception[] = [
  ["test/support/**", "eventually, the suite and the runner wait so that no test has to"],
];

const testsDoNotSleep: Rule = {
  name: "tests do not sleep",
  reason: "a pause is too short on a busy machine and too long on every other",
  instead: "advance the simulated clock, or eventually(probe, { withinMs, because })",
  check: forEachSource((source) => {
    if (programOf(source.path) !== "test" || isExcepted(source.path, SLEEP_PLACES)) return [];
    return [...findAmbient(source, TIMERS), ...findNamedImports(source, /^(node:)?timers(\/promises)?$/, null)].map(
      (node) => at(source, node, `waits by ${node.getText(source.ast)}`),
    );
  }),
};

const BOARD_DECLARATIONS = /^firmware\/board\/.*\.d\.ts$/;
const BOARD_PLACES = /^firmware\/(board\/|boot\/|lib\/|main\.ts$)/;

const boardGlobalsOnBoard: Rule = {
  name: "the board's globals are named in board/, boot/ and main.ts",
  reason: "a machine that names a pin or a timer of the interpreter can be tried on nothing else",
  instead: "use the port in firmware/ports.ts that stands for it",
  check: (repository) => {
    const declared = repository.sources.filter((source) => BOARD_DECLARATIONS.test(source.path)).flatMap(listGlobals);
    const names = new Set([...declared, ...TIMERS, "require", "process", "console", "global", "globalThis"]);
    return repository.sources
      .filter((source) => ["firmware", "protocol"].includes(programOf(source.path)) && !BOARD_PLACES.test(source.path))
      .flatMap((source) => findAmbient(source, names).map((node) => at(source, node, `names ${node.text}`)));
  },
};

/** Values that a file of declarations says are global. */
function listGlobals(source: Source): string[] {
  const functions = source.find(ts.isFunctionDeclaration).map((node) => node.name?.text ?? "");
  const variables = source.find(ts.isVariableDeclaration).map((node) => node.name.getText(source.ast));
  return [...functions, ...variables];
}

const QUIET_STATEMENTS = new Set([
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ImportEqualsDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.ExportAssignment,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.EnumDeclaration,
  ts.SyntaxKind.ModuleDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.VariableStatement,
]);

const importingDoesNothing: Rule = {
  name: "nothing happens at import time",
  reason:
    "a file that acts when it is read acts in the order of imports, in every test, and for whoever wanted a type of it",
  instead: "put it into a function that main.ts, or whoever composes, calls",
  check: forEachSource((source) => {
    if (isExcepted(source.path, ENTRIES)) return [];
    const acting = source.ast.statements.filter((node) => !QUIET_STATEMENTS.has(node.kind));
    const awaiting = source.find(ts.isAwaitExpression).filter((node) => !isInFunction(node));
    const bare = source.imports.filter((one) => one.bare);
    return [
      ...acting.map((node) => at(source, node, "acts when it is imported")),
      ...awaiting
        .filter((node) => !acting.some((other) => contains(other, node)))
        .map((node) => at(source, node, "awaits when it is imported")),
      ...bare.map((one) => ({ path: source.path, line: one.line, what: `imports for effect (${one.specifier})` })),
    ];
  }),
};

function contains(outer: ts.Node, inner: ts.Node): boolean {
  return outer.pos <= inner.pos && inner.end <= outer.end;
}

function isInFunction(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}

export const AMBIENT_RULES: Rule[] = [
  sqlInQueries,
  environmentInConfig,
  exitInMain,
  clockInAdapters,
  testsDoNotSleep,
  boardGlobalsOnBoard,
  importingDoesNothing,
];
