// Owns the report as JUnit XML, as build servers read it: a testsuite for each board, a testcase for each suite that ran on it. What broke
// beneath a suite is an error, a promise that was not kept a failure.
import { outcomeOfSuite, type RunModel, type SuiteModel, summarize } from "./run-model.ts";
import { formatAt, formatMeasurement, formatValue, listFailureLines } from "./words.ts";

/** The same run gives the same bytes. */
export function renderJunit(model: RunModel): string {
  const boards = model.boards.map((board) => ({
    board,
    suites: model.suites.filter((suite) => suite.board === board.name),
  }));
  const summary = summarize(model);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `bench ${model.bench}`, ...countCases(model.suites), time: toSeconds(summary.durationMs) })}>`,
    ...boards.flatMap(({ board, suites }) => [
      `  <testsuite${attributes({
        name: board.name,
        ...countCases(suites),
        time: toSeconds(suites.reduce((sum, suite) => sum + suite.durationMs, 0)),
        timestamp: model.startedAt.replace(/\.\d+Z$/, ""),
        id: model.runId,
      })}>`,
      ...renderProperties("    ", [
        ["mac", board.mac],
        ["virtual", String(board.isVirtual)],
        ...Object.entries(board.labels).map(([key, value]): [string, string] => [`label.${key}`, value]),
        ["partial", String(summary.isPartial)],
      ]),
      ...suites.flatMap((suite) => renderCase(suite)),
      "  </testsuite>",
    ]),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function countCases(suites: SuiteModel[]) {
  const count = (...wanted: string[]) => suites.filter((suite) => wanted.includes(outcomeOfSuite(suite))).length;
  return {
    tests: suites.length,
    failures: count("failed"),
    errors: count("broken", "interrupted"),
    skipped: count("skipped"),
  };
}

function renderCase(suite: SuiteModel): string[] {
  const name = suite.attempt === 1 ? suite.suite : `${suite.suite} (attempt ${suite.attempt})`;
  const measured = suite.measurements.flatMap((one): [string, string][] => [
    [`measured.${one.name}`, `${formatValue(one.value)} ${one.unit}`],
    [`measured.${one.name}.outcome`, one.outcome],
  ]);
  return [
    `    <testcase${attributes({ classname: `hil.${suite.board}`, name, time: toSeconds(suite.durationMs) })}>`,
    ...renderProperties("      ", [["title", suite.title], ["outcome", outcomeOfSuite(suite)], ...measured]),
    ...renderVerdict(suite),
    ...renderOutput(suite),
    "    </testcase>",
  ];
}

function renderVerdict(suite: SuiteModel): string[] {
  const outcome = outcomeOfSuite(suite);
  if (outcome === "passed" || outcome === "marginal") return [];
  if (outcome === "skipped") return [`      <skipped${attributes({ message: suite.skipReason ?? "" })}/>`];
  const failure = suite.failure ?? { message: "the run ended before this suite did" };
  const element = outcome === "failed" ? "failure" : "error";
  const told = listFailureLines(failure).map(({ label, text }) =>
    label === undefined ? `  ${text}` : `${label}: ${text}`,
  );
  const text = escapeXml([...told, `repeat: ${suite.repeat}`].join("\n"));
  return [
    `      <${element}${attributes({ message: failure.message, type: failure.code ?? outcome })}>${text}</${element}>`,
  ];
}

function renderOutput(suite: SuiteModel): string[] {
  const measured = suite.measurements.map((one) => ({ at: one.at, line: `measured: ${formatMeasurement(one)}` }));
  const logged = suite.logs.map((one) => ({ at: one.at, line: `${one.source}${toArrow(one.direction)}: ${one.text}` }));
  const lines = [...logged, ...measured].sort((a, b) => a.at - b.at).map(({ at, line }) => `${formatAt(at)} ${line}`);
  return lines.length === 0 ? [] : [`      <system-out>${escapeXml(lines.join("\n"))}</system-out>`];
}

function toArrow(direction: "in" | "out" | undefined): string {
  return direction === undefined ? "" : direction === "in" ? " <" : " >";
}

function renderProperties(indent: string, properties: [string, string][]): string[] {
  return [
    `${indent}<properties>`,
    ...properties.map(([name, value]) => `${indent}  <property${attributes({ name, value })}/>`),
    `${indent}</properties>`,
  ];
}

function toSeconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`)
    .join("");
}

/** XML 1.0 has no way to write most control characters and single surrogates: they are shown as JavaScript writes them. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, (char) => {
      const code = char.codePointAt(0) ?? 0;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
