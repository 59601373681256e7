// Little repositories that break or keep each rule of ambient-rules.ts.
import type { Fixture } from "./rule.ts";

const SQL = "SQL lives in migrations/, cloud/db and cloud/<room>/queries/";
const ENVIRONMENT = "process.env is read in config.ts files alone";
const EXIT = "process.exit and signals are main.ts's";
const CLOCK = "clock, timers and chance come from outside";
const SLEEP = "tests do not sleep";
const BOARD = "the board's globals are named in board/, boot/ and main.ts";
const IMPORTING = "nothing happens at import time";

/** One file with one offence on each line. */
function broken(rule: string, file: string, ...lines: string[]): Fixture {
  const findings = lines.map((_, i) => `${file}:${i + 1}`);
  return { rule, files: { [file]: lines.map((line) => `${line}\n`).join("") }, findings };
}

function kept(rule: string, file: string, ...lines: string[]): Fixture {
  return { ...broken(rule, file, ...lines), findings: [] };
}

const OFFENCES_OF_SQL = [
  'import { sql } from "kysely";',
  'import pg from "pg";',
  "const a = sql`select 1`;",
  "const b = sql<Row>`select 1`;",
  'const c = db.selectFrom("devices");',
  'const d = trx.insertInto("devices").values({});',
  'const e = "select id from devices where id = 1";',
  "const f = `UPDATE devices SET name = $1`;",
  "const g = `insert into devices ($" + "{names})`;",
  'const h = "LISTEN trapline_live";',
  'const i = "drop table devices";',
];

const OFFENCES_OF_CLOCK = [
  "const a = () => Date.now();",
  "const b = () => new Date();",
  "const c = () => setTimeout(fn, 1);",
  "const d = () => setInterval(fn, 1);",
  "const e = () => performance.now();",
  "const f = () => Math.random();",
  "const g = () => crypto.randomBytes(4);",
  'import { randomUUID } from "node:crypto";',
  'import { setTimeout as delay } from "node:timers/promises";',
  "const h = { wait: setTimeout };",
  "const i = () => globalThis.setTimeout(fn, 1);",
];

const DECLARATIONS = {
  "firmware/board/espruino.d.ts":
    "declare function setWatch(fn: () => void): number;\ndeclare const ESP32: { reboot(): void };\n",
};

export const AMBIENT_FIXTURES: Fixture[] = [
  broken(SQL, "cloud/alerts/alerts.ts", ...OFFENCES_OF_SQL),
  broken(SQL, "bin/up/up.ts", ...OFFENCES_OF_SQL),
  broken(SQL, "cloud/alerts/alerts-queries.ts", ...OFFENCES_OF_SQL),
  kept(SQL, "cloud/alerts/queries/find-alert.ts", ...OFFENCES_OF_SQL),
  kept(SQL, "cloud/db/migrations/migrate.ts", ...OFFENCES_OF_SQL),
  kept(SQL, "test/cloud/alerts/alerts.test.ts", ...OFFENCES_OF_SQL),
  kept(
    SQL,
    "cloud/alerts/alerts-routes.ts",
    'import type { Kysely } from "kysely";',
    'const a = "select a trap that is near you";',
    'const b = "update your trap";',
    "const c = html`<p>`;",
    'const d = "drop it";',
  ),
  broken(
    ENVIRONMENT,
    "cloud/main.ts",
    "const a = process.env.PORT;",
    "const b = process.env;",
    'import { env } from "node:process";',
    'import { env as e } from "process";',
  ),
  kept(ENVIRONMENT, "firmware/board/chip.ts", "const a = () => process.env.BOARD;"),
  kept(ENVIRONMENT, "cloud/config.ts", "export const parse = (env = process.env) => env;"),
  kept(
    ENVIRONMENT,
    "cloud/a.ts",
    "const env = {}; const a = env.PORT;",
    "const b = board.process.env;",
    "// process.env",
  ),
  broken(
    EXIT,
    "cloud/mqtt/broker.ts",
    "const a = () => process.exit(1);",
    "const b = () => { process.exitCode = 1; };",
    "const c = () => process.abort();",
    'const d = () => process.on("SIGINT", stop);',
    'const e = () => process.once("uncaughtException", stop);',
    "const f = () => process.on(signal, stop);",
  ),
  kept(EXIT, "cloud/main.ts", 'process.on("SIGINT", stop);', "process.exit(0);"),
  kept(EXIT, "bin/trapline.ts", "process.exitCode = 1;"),
  kept(EXIT, "cloud/a.ts", 'const a = () => socket.on("SIGINT", stop);', 'const b = () => process.once("exit", stop);'),
  broken(CLOCK, "cloud/alerts/alerts.ts", ...OFFENCES_OF_CLOCK),
  broken(CLOCK, "firmware/trap/trap.ts", ...OFFENCES_OF_CLOCK),
  kept(CLOCK, "cloud/compose.ts", ...OFFENCES_OF_CLOCK),
  kept(CLOCK, "firmware/board/clock.ts", ...OFFENCES_OF_CLOCK),
  kept(
    CLOCK,
    "cloud/alerts/alerts.ts",
    "const a = (clock: Clock) => clock.now();",
    "const b = (at: number) => new Date(at);",
    "const c = (deps: Deps) => deps.randomBytes(4);",
    'import { createHash, timingSafeEqual } from "node:crypto";',
    "const d = { setTimeout: 1 };",
    "const e = (setTimeout: Fn) => setTimeout(fn, 1);",
    "const f = () => socket.setTimeout(100);",
    "interface G { setTimeout(fn: () => void): number }",
    'const h = "Date.now()";',
  ),
  broken(
    SLEEP,
    "test/cloud/a.test.ts",
    "const a = () => new Promise((resolve) => setTimeout(resolve, 10));",
    'import { setTimeout as delay } from "node:timers/promises";',
  ),
  kept(SLEEP, "test/support/eventually.ts", "const a = () => setTimeout(fn, 10);"),
  kept(SLEEP, "test/cloud/a.test.ts", "const a = () => clock.advance(10);", 'const b = "setTimeout(fn, 10)";'),
  {
    rule: BOARD,
    files: {
      ...DECLARATIONS,
      "firmware/trap/trap.ts":
        "const a = () => setWatch(fn);\nconst b = () => ESP32.reboot();\nconst c = () => setTimeout(fn, 1);\n",
      "firmware/protocol/codec.ts": 'const a = require("crypto");\nconst b = () => console.log(1);\n',
    },
    findings: [
      "firmware/trap/trap.ts:1",
      "firmware/trap/trap.ts:2",
      "firmware/trap/trap.ts:3",
      "firmware/protocol/codec.ts:1",
      "firmware/protocol/codec.ts:2",
    ],
  },
  {
    rule: BOARD,
    files: {
      ...DECLARATIONS,
      "firmware/board/pins.ts": "const a = () => setWatch(fn);\n",
      "firmware/main.ts": "ESP32.reboot();\n",
      "firmware/boot/boot.ts": 'require("Storage");\n',
      "firmware/trap/trap.ts": "const a = (setWatch: Fn) => setWatch(fn);\nconst b = (p: Pins) => p.setWatch(fn);\n",
      "firmware/bundle/build.ts": "const a = () => console.log(process);\n",
    },
    findings: [],
  },
  broken(
    IMPORTING,
    "cloud/alerts/alerts.ts",
    "start();",
    "registry.alerts = 1;",
    "if (ready) start();",
    "for (const a of b) start(a);",
    "const c = await load();",
    "await load();",
    'import "./other.ts";',
    '"a text alone";',
  ),
  kept(
    IMPORTING,
    "cloud/alerts/alerts.ts",
    'import { one } from "./one.ts";',
    "export const TABLE = list.map((one) => one.name);",
    "export async function load() { await start(); }",
    "export class Alert {}",
    "export enum Kind { A }",
    "export type { Row } from './row.ts';",
    "declare global { interface Window {} }",
  ),
  kept(IMPORTING, "cloud/main.ts", "await start();", 'import "./effect.ts";'),
  kept(IMPORTING, "test/cloud/a.test.ts", 'test("a promise", () => {});'),
];
