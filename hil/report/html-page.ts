// Owns the report as one page that needs nothing else: no network, no server, no second file. It puts the parts of page-*.ts into order,
// the outcome and what failed first. Its content security policy lets no script run but its own.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Outcome } from "../steps/events.ts";
import { type Html, html, trusted } from "./html.ts";
import { renderLog } from "./page-log.ts";
import { renderPlots } from "./page-plots.ts";
import { renderFailures, renderSuites } from "./page-suites.ts";
import { renderTable } from "./page-table.ts";
import { renderTimeline } from "./page-timeline.ts";
import { outcomeOfSuite, type RunModel, summarize } from "./run-model.ts";
import { formatDuration, OUTCOME_MARKS } from "./words.ts";

const STYLES = ["page.css", "drawings.css", "suites.css", "log.css"];

export function renderPage(model: RunModel): string {
  const style = STYLES.map(readPart).join("\n");
  const script = readPart("page.js");
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const summary = summarize(model);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${summary.outcome}: bench ${model.bench}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body class="c-${summary.outcome}">
${renderHead(model)}
<main>
${renderFailures(model)}
${renderTable(model)}
${renderTimeline(model)}
${renderPlots(model)}
${renderSuites(model)}
${renderLog(model)}
</main>
<footer>Made by the bench of Trapline. Times count from the beginning of the run; secrets are shown as ***.</footer>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.markup;
}

function readPart(name: string): string {
  return readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8");
}

function renderHead(model: RunModel): Html {
  const summary = summarize(model);
  const counts = (Object.keys(OUTCOME_MARKS) as Outcome[])
    .map((outcome) => ({ outcome, count: model.suites.filter((suite) => outcomeOfSuite(suite) === outcome).length }))
    .filter(({ count }) => count > 0);
  const links: [string, string][] = [
    ["promises", "Promises"],
    ["timeline", "Timeline"],
    ["measurements", "Measurements"],
    ["suites", "Suites"],
    ["log", "Log"],
  ];
  return html`<header>
<p class="brand">Trapline bench <span>${model.bench}</span></p>
<h1><span class="mark">${OUTCOME_MARKS[summary.outcome]}</span> ${describeOutcome(model)}</h1>
${summary.isPartial && html`<p class="partial" role="status">This report is partial: the run was cut off and never told its end.</p>`}
<ul class="counts">${counts.map(({ outcome, count }) => html`<li class="c-${outcome}"><b>${count}</b> ${outcome}</li>`)}</ul>
<dl class="facts">
<div><dt>Began</dt><dd>${model.startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</dd></div>
<div><dt>Took</dt><dd>${formatDuration(summary.durationMs)}</dd></div>
<div><dt>Boards</dt><dd>${model.boards.map((board) => `${board.name}${board.isVirtual ? " (virtual)" : ""}`).join(", ")}</dd></div>
<div><dt>Run</dt><dd>${model.runId}</dd></div>
<div><dt>Exit status</dt><dd>${summary.exitStatus}</dd></div>
<div class="wide"><dt>Command</dt><dd><code>${model.command}</code></dd></div>
</dl>
<nav>${links.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>
</header>`;
}

function describeOutcome(model: RunModel): string {
  const { outcome, cases, failures, skipped } = summarize(model);
  const suites = (count: number) => `${count} ${count === 1 ? "suite" : "suites"}`;
  if (outcome === "interrupted") return `Interrupted after ${suites(cases - skipped)}`;
  if (failures > 0) return `${failures} of ${suites(cases)} did not pass`;
  if (outcome === "broken") return "The bench broke";
  if (outcome === "skipped") return "Everything was skipped";
  const kept = cases - skipped === 1 ? "The suite passed" : `All ${suites(cases - skipped)} passed`;
  return outcome === "marginal" ? `${kept}, some only just` : kept;
}
