// Owns the measurements of the page: one plot for each thing measured, against its limits. Few values lie on one line for each board;
// several attempts are drawn one after another, so that what drifts is seen.
import type { Limits, Outcome } from "../steps/events.ts";
import { type Html, html } from "./html.ts";
import type { RunModel } from "./run-model.ts";
import { formatValue } from "./words.ts";

interface Sample {
  board: string;
  attempt: number;
  suiteIndex: number;
  value: number;
  outcome: Outcome;
}

interface Plot {
  suite: string;
  name: string;
  unit: string;
  limits: Limits | undefined;
  samples: Sample[];
}

export function renderPlots(model: RunModel): Html | undefined {
  const plots = collectPlots(model);
  if (plots.length === 0) return undefined;
  return html`<section id="measurements"><h2>Measurements</h2>
<p class="key"><span class="z-pass">passes</span><span class="z-marginal">marginal</span><span class="z-fail">fails</span></p>
<div class="plots">${plots.map(renderPlot)}</div></section>`;
}

function collectPlots(model: RunModel): Plot[] {
  const plots = new Map<string, Plot>();
  model.suites.forEach((suite, suiteIndex) => {
    for (const one of suite.measurements) {
      const key = JSON.stringify([suite.suite, one.name, one.unit]);
      const plot = plots.get(key) ?? {
        suite: suite.suite,
        name: one.name,
        unit: one.unit,
        limits: undefined,
        samples: [],
      };
      plot.limits = one.limits ?? plot.limits;
      plot.samples.push({
        board: suite.board,
        attempt: suite.attempt,
        suiteIndex,
        value: one.value,
        outcome: one.outcome,
      });
      plots.set(key, plot);
    }
  });
  const places = new Map(model.boards.map((board, at) => [board.name, at]));
  const placeOf = (sample: Sample) => places.get(sample.board) ?? 0;
  for (const plot of plots.values()) plot.samples.sort((a, b) => placeOf(a) - placeOf(b) || a.attempt - b.attempt);
  return [...plots.values()];
}

function renderPlot(plot: Plot): Html {
  const values = plot.samples.map((sample) => sample.value).sort((a, b) => a - b);
  const worst = (["failed", "marginal", "passed"] as const).find((outcome) =>
    plot.samples.some((sample) => sample.outcome === outcome),
  );
  const drawn = plot.samples.some((sample) => sample.attempt > 1) ? renderCourse(plot) : renderStrips(plot);
  const told =
    values[0] === values.at(-1)
      ? `${formatValue(values[0] ?? 0)} ${plot.unit}`
      : `${formatValue(values[0] ?? 0)} to ${formatValue(values.at(-1) ?? 0)}, median ${formatValue(median(values))} ${plot.unit}`;
  const limits =
    plot.limits &&
    `passes up to ${formatValue(plot.limits.pass)}, fails beyond ${formatValue(plot.limits.fail)} ${plot.unit}`;
  return html`<figure class="plot c-${worst ?? "passed"}"><figcaption><b>${plot.name}</b> <span class="faint">${plot.suite}</span><br><span class="value">${told}</span></figcaption>
${drawn}
<p class="faint">${limits ?? "no limits"}</p></figure>`;
}

function median(sorted: number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** A limit further away than this is told in words: it would press all values against the edge. */
const FAR_TIMES = 4;

/** With limits from 0, or below it, to a little beyond what there is; without them as narrow as the values are. */
function rangeOf(plot: Plot): { low: number; high: number } {
  const values = plot.samples.map((sample) => sample.value);
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (plot.limits === undefined && most > least)
    return { low: least - (most - least) * 0.15, high: most + (most - least) * 0.15 };
  const low = Math.min(0, least);
  const near = Math.max(low, most, plot.limits?.pass ?? low);
  const fail = plot.limits?.fail ?? near;
  const high = fail - low <= (near - low) * FAR_TIMES ? Math.max(near, fail) : near + (near - low) * 0.3;
  return { low, high: high === low ? low + 1 : high + (high - low) * 0.12 };
}

/** The limits, or the least and the highest value where there are none. */
function listTicks(plot: Plot, low: number): number[] {
  const { high } = rangeOf(plot);
  if (plot.limits !== undefined)
    return [...new Set([low, plot.limits.pass, plot.limits.fail])].filter((value) => value <= high);
  const values = plot.samples.map((sample) => sample.value);
  return [...new Set([Math.min(...values), Math.max(...values)])];
}

const STRIP_PX = 22;
const LABELS_PERCENT = 26;

function renderStrips(plot: Plot): Html {
  const { low, high } = rangeOf(plot);
  const boards = [...new Set(plot.samples.map((sample) => sample.board))];
  const heightPx = boards.length * STRIP_PX + 16;
  const x = (value: number) => LABELS_PERCENT + ((value - low) / (high - low)) * (100 - LABELS_PERCENT);
  const zones = listZones(plot.limits, low, high).map(
    ({ kind, from, to }) =>
      html`<rect x="${x(from).toFixed(2)}%" y="0" width="${(x(to) - x(from)).toFixed(2)}%" height="${heightPx - 16}" class="z-${kind}"/>`,
  );
  const rows = boards.map((board, row) => {
    const y = row * STRIP_PX + STRIP_PX / 2;
    const samples = plot.samples.filter((sample) => sample.board === board);
    return html`<svg x="0" y="${y - STRIP_PX / 2}" width="${LABELS_PERCENT - 2}%" height="${STRIP_PX}"><text class="name" x="0" y="${STRIP_PX / 2 + 4}">${board}</text></svg>
<line x1="${LABELS_PERCENT}%" x2="100%" y1="${y}" y2="${y}"/>${samples.map((sample) => renderDot(plot, sample, `${x(sample.value).toFixed(2)}%`, String(y)))}`;
  });
  const labels = listTicks(plot, low).map(
    (value) => html`<text class="tick" x="${x(value).toFixed(2)}%" y="${heightPx - 3}">${formatValue(value)}</text>`,
  );
  return html`<svg width="100%" height="${heightPx}" role="img" aria-label="${plot.name} on each board">${zones}${rows}${labels}</svg>`;
}

const COURSE_PX = 150;

function renderCourse(plot: Plot): Html {
  const { low, high } = rangeOf(plot);
  const attempts = Math.max(...plot.samples.map((sample) => sample.attempt));
  const x = (attempt: number) => 9 + ((attempt - 0.5) / attempts) * 90;
  const y = (value: number) => (1 - (value - low) / (high - low)) * (COURSE_PX - 20) + 2;
  const zones = listZones(plot.limits, low, high).map(
    ({ kind, from, to }) =>
      html`<rect x="9%" y="${y(to).toFixed(1)}" width="91%" height="${(y(from) - y(to)).toFixed(1)}" class="z-${kind}"/>`,
  );
  const boards = [...new Set(plot.samples.map((sample) => sample.board))];
  const courses = boards.map((board) => {
    const samples = plot.samples.filter((sample) => sample.board === board);
    const lines = samples.slice(1).map((sample, at) => {
      const before = samples[at] ?? sample;
      return html`<line class="course" x1="${x(before.attempt).toFixed(2)}%" x2="${x(sample.attempt).toFixed(2)}%" y1="${y(before.value).toFixed(1)}" y2="${y(sample.value).toFixed(1)}"/>`;
    });
    const dots = samples.map((sample) =>
      renderDot(plot, sample, `${x(sample.attempt).toFixed(2)}%`, y(sample.value).toFixed(1)),
    );
    return [...lines, ...dots];
  });
  const marks = listTicks(plot, low).map(
    (value) => html`<text class="side" x="8%" y="${(y(value) + 4).toFixed(1)}">${formatValue(value)}</text>`,
  );
  return html`<svg width="100%" height="${COURSE_PX}" role="img" aria-label="${plot.name} over ${attempts} attempts">${zones}${courses}${marks}<text class="tick" x="9%" y="${COURSE_PX - 3}">attempt 1</text><text class="tick end" x="99%" y="${COURSE_PX - 3}">${attempts}</text></svg>`;
}

function renderDot(plot: Plot, sample: Sample, x: string, y: string): Html {
  const told = `${sample.board}, attempt ${sample.attempt}: ${formatValue(sample.value)} ${plot.unit}, ${sample.outcome}`;
  return html`<a href="#suite-${sample.suiteIndex}"><circle cx="${x}" cy="${y}" r="4.5" class="c-${sample.outcome}"><title>${told}</title></circle></a>`;
}

function listZones(limits: Limits | undefined, low: number, high: number) {
  if (limits === undefined) return [];
  const { pass, fail } = limits;
  return [
    { kind: "pass", from: low, to: Math.min(pass, high) },
    { kind: "marginal", from: pass, to: Math.min(fail, high) },
    { kind: "fail", from: fail, to: high },
  ].filter(({ from, to }) => to > from);
}
