// Owns the report as data: everything of the run but its log, which stands in events.jsonl.
import { type RunModel, summarize } from "./run-model.ts";

/** Grows only; a reader that knows an older one finds everything where it was. */
export const REPORT_VERSION = 1;

export function renderReportJson(model: RunModel): string {
  const { runId, startedAt, bench, command, boards, remarks } = model;
  const suites = model.suites.map(({ logs: _logs, ...suite }) => suite);
  const report = {
    version: REPORT_VERSION,
    runId,
    startedAt,
    bench,
    command,
    summary: summarize(model),
    boards,
    suites,
    remarks,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
