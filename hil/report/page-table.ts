// Owns the overview of the page: every promise against every board, with all attempts of each, so that a flaky suite is told from a flaky
// board at one look.
import { type Html, html } from "./html.ts";
import { outcomeOfSuite, type RunModel, type SuiteModel } from "./run-model.ts";
import { formatDuration, OUTCOME_MARKS } from "./words.ts";

export function renderTable(model: RunModel): Html {
  const titles = new Map(model.suites.map((suite) => [suite.suite, suite.title]));
  const rows = model.suiteNames.map((name) => {
    const cells = model.boards.map((board) => {
      const attempts = model.suites.filter((suite) => suite.suite === name && suite.board === board.name);
      return html`<td>${attempts.map((suite) => renderAttempt(model, suite))}${countFlaky(attempts)}</td>`;
    });
    return html`<tr><th scope="row"><b>${name}</b><small>${titles.get(name) ?? "never began"}</small></th>${cells}</tr>`;
  });
  const heads = model.boards.map((board) => html`<th scope="col">${board.name}</th>`);
  return html`<section id="promises"><h2>Promises</h2>
<div class="scroll"><table class="matrix"><thead><tr><th scope="col">Suite</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}

function renderAttempt(model: RunModel, suite: SuiteModel): Html {
  const outcome = outcomeOfSuite(suite);
  const told = `${suite.board} ${suite.suite}, attempt ${suite.attempt}: ${outcome}, ${formatDuration(suite.durationMs)}`;
  return html`<a class="cell c-${outcome}" href="#suite-${model.suites.indexOf(suite)}" title="${told}" aria-label="${told}">${OUTCOME_MARKS[outcome]}</a>`;
}

function countFlaky(attempts: SuiteModel[]): Html | undefined {
  const good = attempts.filter((suite) => ["passed", "marginal"].includes(outcomeOfSuite(suite))).length;
  const bad = attempts.filter((suite) => outcomeOfSuite(suite) === "failed").length;
  if (good === 0 || bad === 0) return undefined;
  return html`<small class="flaky">flaky: ${bad} of ${good + bad} failed</small>`;
}
