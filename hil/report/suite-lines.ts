// Owns what people read of a run as lines of text: a suite that has ended, a failure in full, the summary. Terminal and plain output
// colour and place them.
import type { Outcome } from "../steps/events.ts";
import { isFailing, outcomeOfSuite, type RunModel, type SuiteModel, summarize } from "./run-model.ts";
import { formatAt, formatDuration, formatMeasurement, listFailureLines, OUTCOME_MARKS, toPrintable } from "./words.ts";

export type Tone = Outcome | "faint" | "strong" | "none";
/** Gives a text its colour, or gives it back. */
export type Paint = (tone: Tone, text: string) => string;

const CODES: Record<Tone, string> = {
  passed: "32",
  marginal: "33",
  failed: "31",
  skipped: "2",
  broken: "35",
  interrupted: "35",
  faint: "2",
  strong: "1",
  none: "",
};

export const paintNothing: Paint = (_tone, text) => text;
export const paintColours: Paint = (tone, text) => (CODES[tone] === "" ? text : `\x1b[${CODES[tone]}m${text}\x1b[0m`);

const CONSOLE_LINES_MAX = 12;
const LABEL_WIDTH = 10;

/** Heading of a suite that has ended: mark, board, name, duration, and what was measured or why not. */
export function renderSuiteLine(suite: SuiteModel, paint: Paint): string {
  const outcome = outcomeOfSuite(suite);
  const attempt = suite.attempt === 1 ? "" : ` #${suite.attempt}`;
  const parts = [
    paint(outcome, `${OUTCOME_MARKS[outcome]} ${outcome.padEnd(11)}`),
    paint("strong", toPrintable(suite.board)),
    toPrintable(suite.suite) + attempt,
    paint("faint", formatDuration(suite.durationMs)),
  ];
  const measured = suite.measurements.map((one) => paint(one.outcome, toPrintable(formatMeasurement(one))));
  const details = suite.skipReason === undefined ? measured : [paint("faint", toPrintable(suite.skipReason))];
  return [parts.join("  "), details.join(", ")].filter((part) => part !== "").join("  ");
}

/** Everything about a failure: what, in which step, awaited, last seen, the last lines of the console, and how to repeat it. */
export function renderFailure(suite: SuiteModel, paint: Paint): string[] {
  const outcome = outcomeOfSuite(suite);
  const told = listFailureLines(suite.failure ?? { message: "the run ended before this suite did" });
  const lines = told.map(({ label, text }, at) => renderLabelled(label, text, at === 0 ? outcome : "none", paint));
  const heard = suite.logs.filter((line) => line.source === "console" || line.source === "rom");
  heard.slice(-CONSOLE_LINES_MAX).forEach((line, at) => {
    const text = `${formatAt(line.at)} ${line.direction === "out" ? "> " : ""}${line.text}`;
    lines.push(renderLabelled(at === 0 ? "console" : undefined, text, "faint", paint));
  });
  if (suite.repeat !== "") lines.push(renderLabelled("repeat", suite.repeat, "strong", paint));
  return lines;
}

function renderLabelled(label: string | undefined, text: string, tone: Tone, paint: Paint): string {
  return `    ${paint("faint", (label ?? "").padEnd(LABEL_WIDTH))}${paint(tone, toPrintable(text))}`;
}

/** What is said last: what failed, how many of which outcome, how long, where the reports are. */
export function renderSummary(model: RunModel, paint: Paint): string[] {
  const { outcome, durationMs, exitStatus, isPartial } = summarize(model);
  const failing = model.suites.filter(isFailing);
  const counted = Object.keys(OUTCOME_MARKS)
    .map((one) => ({
      one: one as Outcome,
      count: model.suites.filter((suite) => outcomeOfSuite(suite) === one).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ one, count }) => paint(one, `${count} ${one}`));
  const lines = failing.length === 0 ? [] : ["", paint("strong", "what did not pass:")];
  for (const suite of failing) lines.push(...renderFailing(suite, paint));
  const status = exitStatus === 0 ? "" : paint("faint", `, exit status ${exitStatus}`);
  const partial = isPartial ? paint("interrupted", " (partial)") : "";
  lines.push(
    "",
    `${paint(outcome, outcome)}${partial}: ${counted.join(", ")} in ${formatDuration(durationMs)}${status}`,
  );
  if (model.ended?.folder !== undefined) lines.push(`reports: ${toPrintable(model.ended.folder)}`);
  return lines;
}

function renderFailing(suite: SuiteModel, paint: Paint): string[] {
  const outcome = outcomeOfSuite(suite);
  const what = toPrintable(`${suite.board}  ${suite.suite}${suite.attempt === 1 ? "" : ` #${suite.attempt}`}`);
  return [
    `  ${paint(outcome, OUTCOME_MARKS[outcome])} ${what}: ${toPrintable(suite.failure?.message ?? outcome)}`,
    `    ${paint("faint", toPrintable(suite.repeat))}`,
  ];
}
