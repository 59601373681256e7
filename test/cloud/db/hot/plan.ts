// Owns what is wrong with a plan: a big table, or a big index, that is read from end to end. Pure; how big things are is told.

/** What is looked at of PostgreSQL's EXPLAIN (FORMAT JSON). */
export interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Plans?: PlanNode[];
}

export interface IndexFacts {
  table: string;
  /** As the index has it: a column, or an expression. */
  firstColumn: string;
  rows: number;
}

export interface Sizes {
  /** Rows by table; partitions are tables of their own. */
  tables: ReadonlyMap<string, number>;
  indexes: ReadonlyMap<string, IndexFacts>;
  /** The table that a partition belongs to. */
  wholes: ReadonlyMap<string, string>;
}

/** A table of more rows is big. */
export const BIG_ROWS = 10_000;
/** Who needs more partitions than these of one table at once has to say why: it costs more with every month. */
export const PARTITIONS_MAX = 3;

export interface PlanFinding {
  kind: "seq-scan" | "whole-index" | "many-partitions";
  /** The table, or the whole that the partitions belong to. */
  table: string;
  detail: string;
}

export function judgePlan(plan: PlanNode, sizes: Sizes): PlanFinding[] {
  const nodes = listNodes(plan);
  return [...nodes.flatMap((node) => judgeNode(node, sizes)), ...judgePartitions(nodes, sizes)];
}

function listNodes(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(listNodes)];
}

function judgeNode(node: PlanNode, sizes: Sizes): PlanFinding[] {
  const table = node["Relation Name"];
  const isSequential = node["Node Type"] === "Seq Scan" || node["Node Type"] === "Sample Scan";
  if (isSequential && table !== undefined) {
    const rows = sizes.tables.get(table) ?? 0;
    return rows > BIG_ROWS ? [{ kind: "seq-scan", table, detail: `${rows} rows` }] : [];
  }
  const index = node["Index Name"];
  const facts = index === undefined ? undefined : sizes.indexes.get(index);
  if (facts === undefined || facts.rows <= BIG_ROWS || isNarrowed(node["Index Cond"], facts.firstColumn)) return [];
  const detail = `${index} of ${facts.rows} rows, ${node["Index Cond"] ?? "no condition"}`;
  return [{ kind: "whole-index", table: facts.table, detail }];
}

/** A condition on later columns alone lets PostgreSQL read the whole index, whatever it calls it. */
function isNarrowed(condition: string | undefined, firstColumn: string): boolean {
  return condition !== undefined && ` ${plain(condition)} `.includes(` ${plain(firstColumn)} `);
}

/** Without brackets, quotes and casts, which PostgreSQL sets differently in conditions and in definitions. */
function plain(expression: string): string {
  return expression
    .replace(/::(character varying|timestamp with time zone|\w+)(\[\])?/g, " ")
    .replace(/[()"]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function judgePartitions(nodes: PlanNode[], sizes: Sizes): PlanFinding[] {
  const read = new Map<string, Set<string>>();
  for (const node of nodes) {
    const partition = node["Relation Name"] ?? sizes.indexes.get(node["Index Name"] ?? "")?.table ?? "";
    const whole = sizes.wholes.get(partition);
    // Empty ones lie ahead, and cost next to nothing.
    const isRead = node["Node Type"] !== "ModifyTable" && (sizes.tables.get(partition) ?? 0) > 0;
    if (whole !== undefined && isRead) {
      read.set(whole, (read.get(whole) ?? new Set()).add(partition));
    }
  }
  return [...read]
    .filter(([, partitions]) => partitions.size > PARTITIONS_MAX)
    .map(([table, partitions]) => ({ kind: "many-partitions", table, detail: `${partitions.size} partitions` }));
}
