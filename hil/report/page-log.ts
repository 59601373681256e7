// Owns the log of the page: everything that was said anywhere, and the steps it was said in, in one order of time. It can be read as one
// column or side by side, a lane for each source, and filtered by source, board, suite and text (page/page.js).
import type { LogSource } from "../steps/events.ts";
import { type Html, html } from "./html.ts";
import type { LogModel, RunModel, StepModel, SuiteModel } from "./run-model.ts";
import { countSteps, isFailing, outcomeOfSuite } from "./run-model.ts";
import { formatAt, formatDuration, formatMeasurement, OUTCOME_MARKS } from "./words.ts";

/** More make a page that opens slowly; all of them stand in events.jsonl. */
const LINES_MAX = 20_000;
const STEPS_MAX = 10_000;
const CHUNK_LINES = 100;
const TEXT_CHARS_MAX = 2_000;
type Source = LogSource | "step";
/** From left to right; what is done to a board stands in one lane. */
const LANES: { title: string; sources: Source[] }[] = [
  { title: "steps", sources: ["step"] },
  { title: "console", sources: ["rom", "console"] },
  { title: "mqtt", sources: ["mqtt"] },
  { title: "http", sources: ["http"] },
  { title: "hands", sources: ["pins", "power", "wifi", "clock"] },
  { title: "bench", sources: ["bench"] },
];

interface Row {
  at: number;
  /** Of rows of the same time: a step begins before what is said in it. */
  order: number;
  board: string;
  source: Source;
  text: string;
  direction?: "in" | "out";
  tone?: string;
  depth?: number;
}

export function renderLog(model: RunModel): Html {
  const logs = chooseLogs(model);
  const rows = [
    ...logs.map(toRow),
    ...model.suites.flatMap((suite) => listSuiteRows(model, suite)),
    ...listRemarkRows(model),
  ];
  rows.sort((a, b) => a.at - b.at || a.order - b.order);
  const boards = model.boards.map((board) => board.name);
  const used = new Set(rows.map((row) => row.source));
  const lanes = LANES.filter((lane) => lane.sources.some((source) => used.has(source)));
  const sources = lanes.flatMap((lane) => lane.sources.filter((source) => used.has(source)));
  const chunks = Array.from({ length: Math.ceil(rows.length / CHUNK_LINES) }, (_, at) =>
    rows.slice(at * CHUNK_LINES, (at + 1) * CHUNK_LINES),
  );
  const left = model.logs.length - logs.length;
  return html`<section id="log"><h2>Log</h2>
<style>${renderLaneStyle(lanes)}</style>
<form class="tools" id="log-tools">
<span class="sources">${sources.map((source) => html`<label class="s-${source}"><input type="checkbox" name="source" value="${source}" checked> ${source === "step" ? "steps" : source}</label>`)}</span>
<select name="board" aria-label="Board"><option value="">all boards</option>${boards.map((board) => html`<option>${board}</option>`)}</select>
<input name="text" type="search" placeholder="Find in the log" aria-label="Find in the log" autocomplete="off">
<label><input type="checkbox" name="lanes"> side by side</label>
<button type="button" id="log-window" hidden></button>
<output id="log-count">${rows.length} lines</output>
</form>
${left > 0 && html`<p class="faint">${left} lines of suites that passed are left out here; all of them stand in events.jsonl.</p>`}
<div class="scroll" id="log-scroll" tabindex="0" role="group" aria-label="Log"><div id="rows" data-rows="${rows.length}">
<div class="r head"><i>time</i><b>board</b>${lanes.map((lane) => html`<u>${lane.title}</u>`)}</div>
${chunks.map((chunk) => html`<div class="k">${chunk.map((row) => renderRow(row, boards))}</div>`)}
</div></div></section>`;
}

function renderLaneStyle(lanes: { sources: Source[] }[]): Html[] {
  const places = lanes.flatMap((lane, at) =>
    lane.sources.map((source) => html`#rows.lanes .s-${source} > span{grid-column:${at + 3}}`),
  );
  return [html`#rows{--lanes:${lanes.length}}`, ...places];
}

/** A page that repeats a hundred times what passed is of no use: of too many steps those of what did not pass are told. */
export function tellsSteps(model: RunModel, suite: SuiteModel): boolean {
  return isFailing(suite) || model.suites.length * Math.max(1, countSteps(suite)) <= STEPS_MAX;
}

/** Of too many lines those of suites that did not pass are kept, then the newest. */
function chooseLogs(model: RunModel): LogModel[] {
  if (model.logs.length <= LINES_MAX) return model.logs;
  const needed = model.suites
    .filter(isFailing)
    .flatMap((suite) => suite.logs)
    .slice(-LINES_MAX);
  const kept = new Set(needed);
  const others = model.logs.filter((line) => !kept.has(line));
  for (const line of others.slice(others.length - (LINES_MAX - needed.length))) kept.add(line);
  return model.logs.filter((line) => kept.has(line));
}

function toRow({ at, board, source, text, direction }: LogModel): Row {
  const shown = text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}... (${text.length} characters)` : text;
  return { at, order: 1, board, source, text: shown, ...(direction && { direction }) };
}

function listSuiteRows(model: RunModel, suite: SuiteModel): Row[] {
  const { board } = suite;
  const outcome = outcomeOfSuite(suite);
  const base = { board, source: "step" as const, depth: 0 };
  const measured = suite.measurements.map((one) => {
    const text = `${OUTCOME_MARKS[one.outcome]} measured ${formatMeasurement(one)}`;
    return { ...base, at: one.at, order: 1, depth: 1, text, tone: one.outcome };
  });
  const end = `${OUTCOME_MARKS[outcome]} ${suite.suite}: ${outcome}, ${formatDuration(suite.durationMs)}`;
  return [
    { ...base, at: suite.beganAt, order: 0, text: `${suite.suite}: ${suite.title}`, tone: "suite" },
    ...(tellsSteps(model, suite) ? suite.steps.flatMap((step) => listStepRows(model, step, board, 1)) : []),
    ...measured,
    { ...base, at: suite.endedAt ?? model.lastAt, order: 3, text: end, tone: outcome },
  ];
}

function listStepRows(model: RunModel, step: StepModel, board: string, depth: number): Row[] {
  const outcome = step.outcome ?? "interrupted";
  const base = { board, source: "step" as const, depth };
  const why = step.failure === undefined ? "" : `: ${step.failure.message}`;
  const end = `${OUTCOME_MARKS[outcome]} ${step.title}, ${formatDuration(step.durationMs)}${why}`;
  return [
    { ...base, at: step.beganAt, order: 0, text: `${step.isTeardown ? "put back: " : ""}${step.title}` },
    ...step.steps.flatMap((inner) => listStepRows(model, inner, board, depth + 1)),
    { ...base, at: step.endedAt ?? model.lastAt, order: 2, text: end, tone: outcome },
  ];
}

function listRemarkRows(model: RunModel): Row[] {
  return model.remarks.map(({ at, board, level, text }) => {
    const tone = level === "warn" ? { tone: "marginal" } : {};
    return { at, order: 1, board: board ?? "", source: "bench", text, ...tone };
  });
}

/** Short names: there are thousands of these. */
function renderRow(row: Row, boards: string[]): Html {
  const arrow = row.direction === undefined ? "" : row.direction === "in" ? "\u2190 " : "\u2192 ";
  const tone = row.tone === undefined ? "" : ` c-${row.tone}`;
  const depth = row.depth !== undefined && row.depth > 0 && html` style="--d:${row.depth}"`;
  return html`<div class="r s-${row.source}${tone}" data-t="${row.at}" data-b="${boards.indexOf(row.board)}"${depth}><i>${formatAt(row.at)}</i><b>${row.board}</b><u>${row.source}</u><span>${arrow}${row.text}</span></div>
`;
}
