// Owns what is wrong with an operation, as far as the database is concerned, in words that say where to look.
import type { HotOperation } from "./operations.ts";
import { BIG_ROWS, judgePlan, type PlanFinding, type Sizes } from "./plan.ts";
import type { RecordedStatement, RecordedTransaction } from "./recorded-database.ts";

const ROWS_MAX = 1_000;

export function judgeOperation(
  { name, rowsMax = ROWS_MAX, spreads = {} }: HotOperation,
  transactions: RecordedTransaction[],
  sizes: Sizes,
): string[] {
  const findings = transactions.flatMap((transaction) =>
    transaction.statements.flatMap((statement) =>
      judgePlan(statement.plan, sizes).map((finding) => ({ ...finding, transaction, statement })),
    ),
  );
  const isExcused = ({ kind, table }: PlanFinding) => kind === "many-partitions" && table in spreads;
  const stale = Object.keys(spreads).filter((table) => !findings.some((one) => one.table === table && isExcused(one)));
  return [
    ...findings
      .filter((one) => !isExcused(one))
      .map((one) => `${name}: ${describe(one, one.transaction, one.statement)}`),
    ...stale.map((table) => `${name}: need not read many partitions of ${table} any more, so it should not be excused`),
    ...transactions.flatMap((one) => judgeReads(one, rowsMax, sizes).map((words) => `${name}: ${words}`)),
  ];
}

function describe({ kind, table, detail }: PlanFinding, { role }: RecordedTransaction, one: RecordedStatement): string {
  return `${kind} of ${table} (${detail}) at ${one.site}, as trapline_${role}: ${one.text}`;
}

/** What triggers, foreign keys and functions read shows in no plan, but is counted. */
function judgeReads({ role, scanned, fetched }: RecordedTransaction, rowsMax: number, sizes: Sizes): string[] {
  const rows = Object.values(scanned).reduce((sum, one) => sum + one, fetched);
  const big = Object.keys(scanned).filter((table) => (sizes.tables.get(table) ?? 0) > BIG_ROWS);
  return [
    ...big.map((table) => `${table} was read from end to end, as trapline_${role}, by a statement or what it set off`),
    ...(rows > rowsMax ? [`${rows} rows were read in one transaction, as trapline_${role}`] : []),
  ];
}
