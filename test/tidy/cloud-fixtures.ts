// Little repositories that break or keep each rule of cloud-rules.ts.
import type { Fixture } from "./rule.ts";

const CODE = "export const one = 1;\n";
const ROOMS = {
  "cloud/clock.ts": CODE,
  "cloud/db/connection.ts": CODE,
  "cloud/http/app.ts": CODE,
  "cloud/mqtt/device-door.ts": CODE,
  "cloud/mqtt/link.ts": CODE,
  "cloud/alerts/alerts.ts": CODE,
  "cloud/alerts/queries/find-alert.ts": CODE,
  "cloud/alerts/alerts-routes.ts": CODE,
  "cloud/alerts/alerts-ingest.ts": CODE,
  "cloud/events/events.ts": CODE,
  "cloud/events/queries/find-event.ts": CODE,
};

/** All rooms, with one file importing each of `specifiers` on a line of its own; `type ` before a specifier makes it a type import. */
function importing(file: string, ...specifiers: string[]): Record<string, string> {
  const lines = specifiers.map((one) => {
    const typeOnly = one.startsWith("type ");
    return `import ${typeOnly ? "type " : ""}{ one } from "${one.replace("type ", "")}";\n`;
  });
  return { ...ROOMS, [file]: lines.join("") };
}

function broken(rule: string, file: string, ...specifiers: string[]): Fixture {
  return { rule, files: importing(file, ...specifiers), findings: specifiers.map((_, i) => `${file}:${i + 1}`) };
}

function kept(rule: string, file: string, ...specifiers: string[]): Fixture {
  return { rule, files: importing(file, ...specifiers), findings: [] };
}

const RULES_DO_NO_IO = "a subject's rules do no I/O";
const QUERIES = "queries know the database and their own rules";
const ROUTES = "routes use http and their own rules and queries";
const INGEST = "ingest uses its own rules and queries, and mqtt/device-door.ts for types";
const SUBJECTS = "one subject uses another through its rules file alone";
const DOORS = "http and mqtt never use each other";
const GROUND = "the ground floor imports no subject";
const COMPOSE = "only compose.ts imports all";

export const CLOUD_FIXTURES: Fixture[] = [
  broken(
    RULES_DO_NO_IO,
    "cloud/alerts/severity.ts",
    "./queries/find-alert.ts",
    "./alerts-routes.ts",
    "./alerts-ingest.ts",
    "../db/connection.ts",
    "../http/app.ts",
    "../mqtt/link.ts",
    "kysely",
    "fastify",
    "node:fs/promises",
    "node:child_process",
    "node:http",
  ),
  kept(
    RULES_DO_NO_IO,
    "cloud/alerts/severity.ts",
    "./alerts.ts",
    "../clock.ts",
    "type ../mqtt/device-door.ts",
    "type ../db/connection.ts",
    "node:crypto",
    "typebox",
    "#protocol",
  ),
  broken(
    QUERIES,
    "cloud/events/queries/list-more.ts",
    "../../http/app.ts",
    "../../mqtt/link.ts",
    "../../mqtt/device-door.ts",
    "fastify",
  ),
  broken(QUERIES, "cloud/alerts/queries/list-more.ts", "../alerts-routes.ts", "../alerts-ingest.ts"),
  kept(
    QUERIES,
    "cloud/alerts/queries/list-more.ts",
    "../../db/connection.ts",
    "../alerts.ts",
    "./find-alert.ts",
    "kysely",
    "type ../../mqtt/device-door.ts",
  ),
  broken(ROUTES, "cloud/alerts/more-routes.ts", "./alerts-ingest.ts", "../mqtt/link.ts", "../db/connection.ts", "pg"),
  kept(
    ROUTES,
    "cloud/alerts/more-routes.ts",
    "../http/app.ts",
    "./alerts.ts",
    "./queries/find-alert.ts",
    "type ../db/connection.ts",
    "type ../mqtt/device-door.ts",
    "typebox",
  ),
  broken(
    INGEST,
    "cloud/alerts/more-ingest.ts",
    "./alerts-routes.ts",
    "../http/app.ts",
    "../mqtt/link.ts",
    "../mqtt/device-door.ts",
    "../db/connection.ts",
    "aedes",
  ),
  kept(
    INGEST,
    "cloud/alerts/more-ingest.ts",
    "./alerts.ts",
    "./queries/find-alert.ts",
    "type ../mqtt/device-door.ts",
    "#protocol",
  ),
  broken(
    SUBJECTS,
    "cloud/alerts/queries/list-more.ts",
    "../../events/queries/find-event.ts",
    "type ../../events/queries/find-event.ts",
  ),
  broken(SUBJECTS, "cloud/events/more.ts", "../alerts/alerts-routes.ts", "../alerts/alerts-ingest.ts"),
  kept(SUBJECTS, "cloud/alerts/more-ingest.ts", "../events/events.ts", "./queries/find-alert.ts", "../http/app.ts"),
  broken(DOORS, "cloud/http/more.ts", "../mqtt/link.ts", "type ../mqtt/device-door.ts"),
  broken(DOORS, "cloud/mqtt/more.ts", "../http/app.ts"),
  kept(DOORS, "cloud/mqtt/more.ts", "./link.ts", "../clock.ts"),
  broken(GROUND, "cloud/mqtt/more.ts", "../alerts/alerts.ts", "type ../alerts/alerts-ingest.ts"),
  broken(GROUND, "cloud/db/more.ts", "../http/app.ts", "../events/queries/find-event.ts"),
  kept(GROUND, "cloud/http/more.ts", "./app.ts", "type ../db/connection.ts", "../clock.ts"),
  broken(COMPOSE, "cloud/main.ts", "./alerts/alerts-routes.ts", "./db/connection.ts", "type ./alerts/alerts.ts"),
  kept(COMPOSE, "cloud/main.ts", "./compose.ts", "./config.ts", "type ./db/connection.ts"),
  kept(COMPOSE, "cloud/compose.ts", "./alerts/alerts-routes.ts", "./db/connection.ts", "./mqtt/link.ts"),
];
