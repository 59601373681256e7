// Little repositories that break or keep each rule of query-rules.ts.
import type { Fixture } from "./rule.ts";

const ONE_OPERATION = "one operation per file";

/** One file; what must be found in it are the `lines`. */
function text(file: string, content: string[], ...lines: number[]): Fixture {
  return {
    rule: ONE_OPERATION,
    files: { [file]: content.map((line) => `${line}\n`).join("") },
    findings: lines.map((line) => `${file}:${line}`),
  };
}

const FIND = "export async function findAlert(trx) { return select(trx).executeTakeFirst(); }";
const TO_ALERT = "export function toAlert(row: AlertRow): Alert { return { id: row.id }; }";
const SELECT = 'export function selectAlerts(trx) { return trx.selectFrom("alerts"); }';

export const QUERY_FIXTURES: Fixture[] = [
  text("cloud/alerts/queries/find-alert.ts", [FIND, "export async function listAlerts() {}"], 2),
  text(
    "cloud/alerts/queries/find-alert.ts",
    [TO_ALERT, FIND, "export const COLUMNS = [1];", "export class A {}"],
    1,
    3,
    4,
  ),
  text("cloud/alerts/queries/alert.ts", [FIND], 1),
  text("cloud/alerts/queries/alert-row.ts", ["export function findAlert(): Promise<Alert> {}"], 1),
  text("cloud/alerts/queries/alert-row.ts", ["export function findAlert(trx) { return trx.execute(); }"], 1),
  text("cloud/alerts/queries/alert-row.ts", ["export function tell(trx) { return sql`notify x`.execute(trx); }"], 1),
  text("cloud/alerts/queries/alert-row.ts", ["export const findAlert = async () => 1;"], 1),
  text("cloud/alerts/queries/alert-row.ts", ['export * from "./find-alert.ts";', "export { toAlert };"], 1, 2),
  text("cloud/alerts/queries/find-alert.ts", [
    "export interface AlertPage { countMax: number }",
    "export type Found = Alert | null;",
    FIND,
    "async function another() {}",
    "const COLUMNS = [1];",
  ]),
  text("cloud/alerts/queries/apply-v1-hello.ts", ["export async function applyV1Hello() {}"]),
  text("cloud/alerts/queries/alert-row.ts", [TO_ALERT, SELECT, "export const COLUMNS = [1];"]),
  text("cloud/alerts/queries/alert-key.ts", ["export interface AlertKey { id: string }"]),
  text("cloud/live/queries/live-listener.ts", [
    "export function createLiveListener(): LiveListener { async function connect() {} return { start: connect }; }",
  ]),
  text("cloud/alerts/alerts-ingest.ts", [FIND, "export async function listAlerts() {}"]),
  text("cloud/db/queries/catalogue.ts", [FIND, "export async function listAlerts() {}"]),
];
