// Owns what the page tells of each suite: what failed and how to repeat it, and the tree of its steps with what went in and came out.
import type { Failure } from "../steps/events.ts";
import { type Html, html } from "./html.ts";
import { tellsSteps } from "./page-log.ts";
import { isFailing, outcomeOfSuite, type RunModel, type StepModel, type SuiteModel } from "./run-model.ts";
import { formatDuration, formatMeasurement, listFailureLines, OUTCOME_MARKS } from "./words.ts";

/** What did not pass, before everything else. */
export function renderFailures(model: RunModel): Html | undefined {
  const failing = model.suites.filter(isFailing);
  if (failing.length === 0) return undefined;
  const shown = failing.map((suite) => {
    const outcome = outcomeOfSuite(suite);
    return html`<article class="failure c-${outcome}">
<h3><span class="mark">${OUTCOME_MARKS[outcome]}</span> <a href="#suite-${model.suites.indexOf(suite)}">${suite.title}</a></h3>
<p class="faint">${suite.suite} on ${suite.board}${suite.attempt > 1 && `, attempt ${suite.attempt}`}: ${outcome} after ${formatDuration(suite.durationMs)}</p>
${renderFailure(suite.failure)}${renderRepeat(suite)}</article>`;
  });
  return html`<section id="failures"><h2>What did not pass</h2>${shown}</section>`;
}

function renderFailure(failure: Failure | undefined): Html {
  const rows: { label: string; texts: string[] }[] = [];
  for (const { label, text } of listFailureLines(failure ?? { message: "the run ended before this suite did" })) {
    if (label !== undefined) rows.push({ label, texts: [text] });
    else rows.at(-1)?.texts.push(text);
  }
  return html`<dl class="told">${rows.map(({ label, texts }) => html`<div class="told-${label.replaceAll(" ", "-")}"><dt>${label}</dt><dd>${texts.join("\n")}</dd></div>`)}</dl>`;
}

function renderRepeat(suite: SuiteModel): Html | undefined {
  if (suite.repeat === "") return undefined;
  return html`<p class="repeat"><code>${suite.repeat}</code><button type="button" data-copy="${suite.repeat}">Copy</button></p>`;
}

export function renderSuites(model: RunModel): Html {
  const boards = model.boards.map((board) => {
    const suites = model.suites.flatMap((suite, index) =>
      suite.board === board.name ? renderSuite(model, suite, index) : [],
    );
    const labels = Object.entries(board.labels).map(([key, value]) => `${key}=${value}`);
    const facts = [board.isVirtual ? "virtual" : "", board.mac, ...labels].filter((fact) => fact !== "").join(", ");
    return html`<h3 class="suites-of">${board.name} <small>${facts}</small></h3>${suites}`;
  });
  return html`<section id="suites"><h2>Suites</h2>${boards}</section>`;
}

function renderSuite(model: RunModel, suite: SuiteModel, index: number): Html {
  const outcome = outcomeOfSuite(suite);
  const isOpen = isFailing(suite);
  const untilMs = suite.endedAt ?? model.lastAt;
  const measured = suite.measurements.map(
    (one) =>
      html`<li class="c-${one.outcome}"><span class="mark">${OUTCOME_MARKS[one.outcome]}</span> ${formatMeasurement(one)}</li>`,
  );
  const attempt = suite.attempt > 1 && html` <span class="faint">attempt ${suite.attempt}</span>`;
  return html`<details class="suite c-${outcome}" id="suite-${index}"${isOpen && html` open`}>
<summary><span class="mark" title="${outcome}">${OUTCOME_MARKS[outcome]}</span><span class="title">${suite.title}</span><span class="board">${suite.suite}${attempt}</span><span class="time">${formatDuration(suite.durationMs)}</span></summary>
<div class="inside">
<p class="faint">${outcome} on ${suite.board}${suite.skipReason !== undefined && `, ${suite.skipReason}`} <a href="#log" data-log-from="${suite.beganAt}" data-log-to="${untilMs}" data-log-board="${suite.board}">Show its log</a></p>
${isOpen && html`${renderFailure(suite.failure)}${renderRepeat(suite)}`}
${measured.length > 0 && html`<ul class="measured">${measured}</ul>`}
${tellsSteps(model, suite) ? undefined : html`<p class="faint">Its steps are left out here, of too many; they stand in events.jsonl.</p>`}
${tellsSteps(model, suite) && renderSteps(suite.steps, { beganAt: suite.beganAt, lengthMs: Math.max(1, untilMs - suite.beganAt), lastAt: model.lastAt })}
</div></details>`;
}

interface Window {
  beganAt: number;
  lengthMs: number;
  lastAt: number;
}

function renderSteps(steps: StepModel[], window: Window): Html | undefined {
  if (steps.length === 0) return undefined;
  return html`<ol class="steps">${steps.map((step) => renderStep(step, window))}</ol>`;
}

function renderStep(step: StepModel, window: Window): Html {
  const outcome = step.outcome ?? "interrupted";
  const endMs = step.endedAt ?? window.lastAt;
  const from = ((step.beganAt - window.beganAt) / window.lengthMs) * 100;
  const length = ((endMs - step.beganAt) / window.lengthMs) * 100;
  const isInnermost = step.failure !== undefined && !step.steps.some((inner) => inner.failure !== undefined);
  return html`<li class="c-${outcome}${step.isTeardown && " teardown"}"><div class="step"><span class="mark" title="${outcome}">${OUTCOME_MARKS[outcome]}</span><span class="what"><span class="title">${step.title}</span>${renderRecord("in", step.inputs)}${renderRecord("out", step.results)}</span><span class="fall" aria-hidden="true"><i style="--from:${from.toFixed(2)}%;--length:${length.toFixed(2)}%"></i></span><span class="time">${formatDuration(endMs - step.beganAt)}</span></div>
${isInnermost && html`<p class="why">${step.failure?.message}</p>`}${step.skipReason !== undefined && html`<p class="why">${step.skipReason}</p>`}${renderSteps(step.steps, window)}</li>`;
}

function renderRecord(kind: "in" | "out", record: Record<string, unknown>): Html[] {
  return Object.entries(record).map(
    ([key, value]) =>
      html` <span class="pair ${kind}"><b>${key}</b>${typeof value === "string" ? value : JSON.stringify(value)}</span>`,
  );
}
