// Owns the timeline of the page: a lane for each board, its suites in a row, their steps nested below, all on one axis of time.
import { type Html, html } from "./html.ts";
import { countSteps, outcomeOfSuite, type RunModel, type StepModel, type SuiteModel, summarize } from "./run-model.ts";
import { formatDuration } from "./words.ts";

const AXIS_PX = 22;
const SUITE_PX = 24;
const STEP_PX = 9;
const GAP_PX = 14;
const DEPTH_MAX = 3;
/** Beyond this a page is slow to scroll, and steps are thinner than a pixel. */
const STEPS_MAX = 6_000;
const TICKS_MAX = 12;

export function renderTimeline(model: RunModel): Html {
  const totalMs = Math.max(1, summarize(model).durationMs, model.lastAt);
  const hasSteps = model.suites.reduce((sum, suite) => sum + countSteps(suite), 0) <= STEPS_MAX;
  const depth = hasSteps ? DEPTH_MAX : 0;
  const lanePx = SUITE_PX + depth * STEP_PX + GAP_PX;
  const heightPx = AXIS_PX + model.boards.length * lanePx;
  const lanes = model.boards.map((board, lane) => {
    const topPx = AXIS_PX + lane * lanePx;
    const suites = model.suites.filter((suite) => suite.board === board.name);
    return suites.map((suite) => renderSuite(model, suite, topPx, totalMs, depth));
  });
  return html`<section id="timeline"><h2>Timeline</h2>
<p class="tools"><label>Zoom <input id="zoom" type="range" min="1" max="40" value="1" step="0.5"></label>
${!hasSteps && html`<span class="faint">Steps are left out: there are too many to be seen.</span>`}</p>
<div class="timeline">
<ul class="lanes" style="--axis:${AXIS_PX}px;--lane:${lanePx}px">${model.boards.map((board) => html`<li title="${board.mac}">${board.name}</li>`)}</ul>
<div class="scroll" tabindex="0" role="group" aria-label="Timeline of suites and steps"><svg id="timeline-drawing" width="100%" height="${heightPx}" role="img" aria-label="Suites and steps of every board in time">
${renderAxis(totalMs, heightPx)}${lanes}
</svg></div>
</div></section>`;
}

function percent(ms: number, totalMs: number): string {
  return `${((ms / totalMs) * 100).toFixed(3)}%`;
}

function renderSuite(model: RunModel, suite: SuiteModel, topPx: number, totalMs: number, depth: number): Html {
  const outcome = outcomeOfSuite(suite);
  const endMs = suite.endedAt ?? model.lastAt;
  const x = percent(suite.beganAt, totalMs);
  const width = percent(Math.max(0, endMs - suite.beganAt), totalMs);
  const told = `${suite.suite} on ${suite.board}: ${outcome}, ${formatDuration(endMs - suite.beganAt)}`;
  const steps = depth === 0 ? [] : suite.steps.map((step) => renderStep(model, step, topPx + SUITE_PX, totalMs, depth));
  return html`<a href="#suite-${model.suites.indexOf(suite)}"><title>${told}</title>
<svg x="${x}" y="${topPx}" width="${width}" height="${SUITE_PX - 2}" class="t-suite c-${outcome}"><rect width="100%" height="100%" rx="3"/><text x="5" y="15">${suite.suite}</text></svg></a>${steps}`;
}

function renderStep(model: RunModel, step: StepModel, topPx: number, totalMs: number, depth: number): Html {
  const endMs = step.endedAt ?? model.lastAt;
  const outcome = step.outcome ?? "interrupted";
  const told = `${step.title}: ${outcome}, ${formatDuration(endMs - step.beganAt)}`;
  const inner = depth <= 1 ? [] : step.steps.map((one) => renderStep(model, one, topPx + STEP_PX, totalMs, depth - 1));
  return html`<rect x="${percent(step.beganAt, totalMs)}" y="${topPx}" width="${percent(endMs - step.beganAt, totalMs)}" height="${STEP_PX - 2}" class="t-step c-${outcome}${step.isTeardown ? " t-teardown" : ""}"><title>${told}</title></rect>${inner}`;
}

const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000];
const MINUTE_MS = 60_000;

/** Round distances between ticks, as many as can be read side by side. */
export function chooseTickMs(totalMs: number): number {
  const round = TICKS_MS.find((ms) => totalMs / ms <= TICKS_MAX);
  return round ?? Math.ceil(totalMs / TICKS_MAX / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
}

function renderAxis(totalMs: number, heightPx: number): Html {
  const everyMs = chooseTickMs(totalMs);
  const ticks = Array.from({ length: Math.floor(totalMs / everyMs) + 1 }, (_, at) => at * everyMs);
  return html`<g class="axis">${ticks.map((ms) => {
    const x = percent(ms, totalMs);
    return html`<line x1="${x}" x2="${x}" y1="${AXIS_PX - 4}" y2="${heightPx}"/><text x="${x}" y="12" dx="3">${formatTick(ms)}</text>`;
  })}</g>`;
}

function formatTick(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1_000) return `${ms} ms`;
  return ms < MINUTE_MS || ms % MINUTE_MS !== 0 ? `${ms / 1_000} s` : `${ms / MINUTE_MS} min`;
}
