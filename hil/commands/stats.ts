// Owns the command that tells how often what passed, over all runs, and whose fault it is when something does not always pass.
import { EXIT } from "../error.ts";
import { parseDuration } from "../resources/durations.ts";
import { type Judgement, judgeFlakiness } from "../resources/flakiness.ts";
import { type HistoryEntry, openHistory } from "../resources/history.ts";
import { computeRate, groupEntries, type PassRate, toBoardKey } from "../resources/statistics.ts";
import type { CommandIo } from "./command-io.ts";
import { printTable } from "./print-table.ts";

type Io = Pick<CommandIo, "stateFolder" | "now" | "write">;

export interface StatsOptions {
  json?: boolean;
  /** Name of a suite. */
  suite?: string;
  /** Name or MAC of a board. */
  board?: string;
  /** "7d": no older results. */
  since?: string;
}

interface NamedRate extends PassRate {
  name: string;
}

interface PairRate extends PassRate, Judgement {
  suite: string;
  board: string;
}

interface Statistics {
  results: number;
  runs: number;
  torn: number;
  bySuite: NamedRate[];
  byBoard: NamedRate[];
  /** Those that failed at least once. */
  failing: PairRate[];
}

const SINCE_MS_MAX = 3_650 * 86_400_000;

export async function runStats(options: StatsOptions, io: Io): Promise<number> {
  const { entries, torn } = openHistory({ folder: io.stateFolder, now: () => io.now() }).read();
  const since = options.since === undefined ? 0 : io.now() - parseDuration(options.since, SINCE_MS_MAX);
  const recent = entries.filter(({ at }) => at >= since);
  const statistics = computeStatistics(recent, torn, options);
  if (options.json) io.write(JSON.stringify(statistics));
  else for (const line of printStatistics(statistics)) io.write(line);
  return EXIT.passed;
}

/** Judged by all that is recent, shown as far as it was asked for. */
function computeStatistics(entries: HistoryEntry[], torn: number, { suite, board }: StatsOptions): Statistics {
  const shown = entries.filter(
    (one) =>
      (suite === undefined || one.suite === suite) &&
      (board === undefined || one.board === board || one.mac === board.toLowerCase()),
  );
  const toRates = (keyOf: (entry: HistoryEntry) => string, nameOf: (entry: HistoryEntry) => string): NamedRate[] =>
    groupEntries(shown, keyOf).map(([, group]) => ({ name: nameOf(group.at(-1)!), ...computeRate(group) }));
  const pairs = groupEntries(shown, (one) => `${one.suite} ${toBoardKey(one)}`).map(([, group]) =>
    toPair(group, entries),
  );
  return {
    results: shown.length,
    runs: new Set(shown.map(({ runId }) => runId)).size,
    torn,
    bySuite: toRates(
      (one) => one.suite,
      (one) => one.suite,
    ),
    byBoard: toRates(toBoardKey, printBoard),
    failing: pairs.filter(({ failed }) => failed > 0),
  };
}

function toPair(group: HistoryEntry[], all: HistoryEntry[]): PairRate {
  const last = group.at(-1)!;
  const judgement = judgeFlakiness(all, last.suite, toBoardKey(last));
  return { suite: last.suite, board: printBoard(last), ...computeRate(group), ...judgement };
}

function printBoard({ board, mac, isVirtual }: HistoryEntry): string {
  return isVirtual ? `${board} (virtual)` : `${board} (${mac})`;
}

function printStatistics({ results, runs, torn, bySuite, byBoard, failing }: Statistics): string[] {
  const tornNote = torn === 0 ? "" : ` Left out as torn: ${torn} of the history's lines.`;
  if (results === 0) return [`There are no results yet: npm run hil makes some.${tornNote}`];
  const lines = [`${results} results of ${runs} ${runs === 1 ? "run" : "runs"}.${tornNote}`, ""];
  lines.push(...printRates("SUITE", bySuite), "", ...printRates("BOARD", byBoard));
  for (const one of failing) {
    lines.push("", `${one.suite} on ${one.board}: ${one.failed} of ${one.passed + one.failed} failed: ${one.verdict}`);
    lines.push(`  ${one.because}`);
  }
  return lines;
}

function printRates(title: string, rates: NamedRate[]): string[] {
  const rows = rates.map((one) => [
    one.name,
    String(one.passed),
    String(one.failed),
    one.rate === undefined ? "-" : printShare(one.rate),
    one.rate === undefined ? "-" : `${printShare(one.low)} to ${printShare(one.high)}`,
    one.medianMs === undefined ? "-" : `${(one.medianMs / 1_000).toFixed(1)} s`,
    Object.entries(one.others)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(", "),
  ]);
  return printTable([title, "PASSED", "FAILED", "RATE", "19 TIMES OF 20", "MEDIAN", "BESIDE"], rows);
}

function printShare(share: number): string {
  const percent = share * 100;
  return `${percent > 0 && percent < 100 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}
