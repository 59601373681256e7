// Finds the test files, runs those a filter chooses, two at a time, and sums up. Printing goes through `write`,
// so that the runner itself can be tested; command line, signals and the exit code are run.ts's.
import * as fs from "node:fs";
import * as path from "node:path";
import type { FileResult, PostgresMessage } from "./report.ts";
import { runFile } from "./run-file.ts";

export interface RunnerOptions {
  root: string;
  /** Substrings of file paths; a file is run when any of them matches. None: all files. */
  filters: string[];
  json: boolean;
  atOnce: number;
  fileLimitMs: number;
  getPostgres(): Promise<PostgresMessage>;
  /** Ends what the files shared, so that the summary can be the last word. */
  beforeSummary?(): Promise<void>;
  write(line: string): void;
  signal: AbortSignal;
}

export interface Summary {
  ok: boolean;
  cases: number;
  failures: number;
  skipped: number;
  ms: number;
}

export async function runTests(options: RunnerOptions): Promise<Summary> {
  const begin = performance.now();
  const { files, problems } = selectFiles(listTestFiles(options.root), options.filters);
  for (const problem of problems) reportProblem(options, problem);
  const results = problems.length > 0 ? [] : await runAll(files, options);
  await options.beforeSummary?.();
  const summary = sumUp(results, problems.length, Math.round(performance.now() - begin));
  if (options.json) options.write(JSON.stringify(summary));
  else printEnd(results, summary, options.write);
  return summary;
}

/** Paths relative to `root`, in the order of running: the long ones of test/system first, so that none is left alone at the end. */
export function listTestFiles(root: string): string[] {
  const entries = fs.readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" });
  const files = entries.filter((name) => name.endsWith(".test.ts")).map((name) => path.join("test", name));
  const rank = (file: string) => (file.startsWith(path.join("test", "system")) ? 0 : 1);
  return files.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

export function selectFiles(all: string[], filters: string[]): { files: string[]; problems: string[] } {
  const problems = filters
    .filter((filter) => !all.some((file) => file.includes(filter)))
    .map((filter) => `no test file matches "${filter}"`);
  const files = filters.length === 0 ? all : all.filter((file) => filters.some((filter) => file.includes(filter)));
  if (files.length === 0 && problems.length === 0) problems.push("there are no test files");
  return { files, problems };
}

async function runAll(files: string[], options: RunnerOptions): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (options.signal.aborted) return;
      const result = await runFile(file, {
        root: options.root,
        limitMs: options.fileLimitMs,
        getPostgres: options.getPostgres,
        signal: options.signal,
      });
      results.push(result);
      reportFile(result, options);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return results;
}

function countOutcomes(results: FileResult[]): { passed: number; failed: number; skipped: number } {
  const cases = results.flatMap((result) => result.cases);
  const problems = results.reduce((sum, result) => sum + result.problems.length, 0);
  const count = (outcome: string) => cases.filter((one) => one.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed") + problems, skipped: count("skipped") };
}

function sumUp(results: FileResult[], problems: number, ms: number): Summary {
  const { passed, failed, skipped } = countOutcomes(results);
  const failures = failed + problems;
  return { ok: failures === 0, cases: passed + failures + skipped, failures, skipped, ms };
}

function reportProblem(options: RunnerOptions, problem: string): void {
  options.write(options.json ? JSON.stringify({ ok: false, problem }) : `FAIL  ${problem}`);
}

function reportFile(result: FileResult, options: RunnerOptions): void {
  const { passed, failed, skipped } = countOutcomes([result]);
  if (options.json) {
    for (const one of result.cases) options.write(JSON.stringify({ file: result.file, ...one }));
    for (const problem of result.problems) options.write(JSON.stringify({ file: result.file, ok: false, problem }));
    return;
  }
  const counts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`];
  options.write(
    `${failed > 0 ? "FAIL" : "ok  "}  ${result.file}  ${counts.filter(Boolean).join(", ")}  (${result.ms} ms)`,
  );
  if (failed === 0) return;
  options.write(result.output.trimEnd().replace(/^/gm, "      | "));
  for (const problem of result.problems) options.write(`      ${result.file} ${problem}`);
}

function printEnd(results: FileResult[], summary: Summary, write: (line: string) => void): void {
  const named = results.flatMap((result) => result.cases.map((one) => ({ file: result.file, ...one })));
  write("");
  for (const one of named.filter((each) => each.outcome === "skipped"))
    write(`skipped: ${one.file}: ${one.name} (${one.detail})`);
  for (const one of named.filter((each) => each.outcome === "failed"))
    write(`failed: ${one.file}: ${one.suite}: ${one.name}`);
  for (const result of results) for (const problem of result.problems) write(`failed: ${result.file} ${problem}`);
  write(`${results.length} files in ${(summary.ms / 1000).toFixed(1)} s`);
  write(
    `${summary.cases - summary.failures - summary.skipped} passed, ${summary.failures} failed, ${summary.skipped} skipped`,
  );
}
