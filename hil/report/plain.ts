// Owns the output where nobody can redraw a line: one line for every step and every suite that has ended, each with its board.
import type { EventStream } from "../steps/events.ts";
import { createRunModel, isFailing, type RunModel, type StepModel, type SuiteModel } from "./run-model.ts";
import { paintNothing, renderFailure, renderSuiteLine, renderSummary } from "./suite-lines.ts";
import { formatAt, formatDuration, formatMeasurement, formatRecord, PATH_SEPARATOR, toPrintable } from "./words.ts";

/** Returns how to stop it. `write` is given whole lines with their line feed. */
export function writePlain(stream: EventStream, write: (text: string) => void): () => void {
  const { model, apply } = createRunModel();
  const tell = (at: number, ...lines: string[]) => {
    for (const line of lines) write(`${formatAt(at)} ${line}\n`);
  };
  return stream.subscribe((event) => {
    apply(event);
    switch (event.type) {
      case "run-started":
        return tell(event.at, ...describeStart(model));
      case "step-ended":
        return tell(event.at, describeStep(model, event.board, event.step));
      case "measured":
        return tell(event.at, toPrintable(`[${event.board}] measured ${event.outcome}: ${formatMeasurement(event)}`));
      case "remarked":
        return tell(event.at, toPrintable(`[${event.board ?? "bench"}] ${event.level}: ${event.text}`));
      case "suite-ended": {
        const suite = model.suites.findLast((one) => one.board === event.board);
        if (suite === undefined) return;
        tell(event.at, renderSuiteLine(suite, paintNothing));
        if (isFailing(suite)) tell(event.at, ...renderFailure(suite, paintNothing));
        return;
      }
      case "run-ended":
        for (const line of renderSummary(model, paintNothing)) write(`${line}\n`);
        return;
    }
  });
}

export function describeStart(model: RunModel): string[] {
  const boards = model.boards.map((board) => `${board.name} (${board.isVirtual ? "virtual" : board.mac})`);
  const count = model.suiteNames.length;
  return [
    toPrintable(
      `bench ${model.bench}: ${boards.join(", ")}; ${count} ${count === 1 ? "suite" : "suites"}; run ${model.runId}`,
    ),
  ];
}

function describeStep(model: RunModel, board: string, number: number): string {
  const suite = model.suites.findLast((one) => one.board === board);
  const path = suite === undefined ? undefined : findPath(suite, number);
  const step = path?.at(-1);
  if (suite === undefined || path === undefined || step === undefined) return `[${board}] a step nobody began`;
  const titles = path.map((one) => one.title).join(PATH_SEPARATOR);
  const results = formatRecord(step.results);
  const parts = [`[${board}] ${step.outcome}`, `${suite.suite}:`, titles, formatDuration(step.durationMs), results];
  return toPrintable(parts.filter((part) => part !== "").join(" "));
}

/** From the suite down to the step of this number. */
function findPath(place: SuiteModel | StepModel, number: number): StepModel[] | undefined {
  for (const step of place.steps) {
    if (step.step === number) return [step];
    const below = findPath(step, number);
    if (below !== undefined) return [step, ...below];
  }
  return undefined;
}
