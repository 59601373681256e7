// Owns what the events of a run come to, for every report: boards, suites, their trees of steps, measurements, and the log. It is built
// event by event, so that a report of a run that has not ended can be written at any time.
import type { BoardFacts, Failure, HilEvent, Limits, LogSource, Outcome } from "../steps/events.ts";

export interface RunModel {
  runId: string;
  /** ISO, of the calendar; everything else is in milliseconds since then. */
  startedAt: string;
  bench: string;
  command: string;
  boards: BoardFacts[];
  suiteNames: string[];
  /** In the order in which they began. */
  suites: SuiteModel[];
  logs: LogModel[];
  remarks: RemarkModel[];
  /** Undefined where the run has not ended, or was killed. */
  ended: { outcome: Outcome; exitStatus: number; durationMs: number; folder?: string } | undefined;
  lastAt: number;
}

export interface SuiteModel {
  suite: string;
  title: string;
  board: string;
  attempt: number;
  beganAt: number;
  endedAt: number | undefined;
  /** Undefined while it has not ended. */
  outcome: Outcome | undefined;
  durationMs: number;
  failure?: Failure;
  skipReason?: string;
  repeat: string;
  steps: StepModel[];
  /** Of the suite and all its steps. */
  measurements: MeasurementModel[];
  /** What was said on its board while it ran. */
  logs: LogModel[];
}

export interface StepModel {
  step: number;
  title: string;
  isTeardown: boolean;
  inputs: Record<string, unknown>;
  beganAt: number;
  endedAt: number | undefined;
  outcome: Outcome | undefined;
  durationMs: number;
  results: Record<string, unknown>;
  failure?: Failure;
  skipReason?: string;
  steps: StepModel[];
}

export interface MeasurementModel {
  step: number;
  name: string;
  value: number;
  unit: string;
  limits?: Limits;
  outcome: "passed" | "marginal" | "failed";
  at: number;
}

export interface LogModel {
  at: number;
  board: string;
  source: LogSource;
  direction?: "in" | "out";
  text: string;
}

export interface RemarkModel {
  at: number;
  board?: string;
  level: "info" | "warn";
  text: string;
}

export interface RunModelBuilder {
  readonly model: RunModel;
  apply(event: HilEvent): void;
}

export function createRunModel(): RunModelBuilder {
  const model: RunModel = {
    runId: "",
    startedAt: "",
    bench: "",
    command: "",
    boards: [],
    suiteNames: [],
    suites: [],
    logs: [],
    remarks: [],
    ended: undefined,
    lastAt: 0,
  };
  const places: Places = { current: new Map(), steps: new Map() };
  return {
    model,
    apply(event) {
      model.lastAt = Math.max(model.lastAt, event.at);
      applyEvent(model, places, event);
    },
  };
}

interface Places {
  /** The suite that runs on a board. */
  current: Map<string, SuiteModel>;
  steps: Map<number, StepModel>;
}

function applyEvent(model: RunModel, places: Places, event: HilEvent): void {
  switch (event.type) {
    case "run-started": {
      const { runId, startedAt, bench, boards, suites, command } = event;
      Object.assign(model, { runId, startedAt, bench, boards, command, suiteNames: suites });
      return;
    }
    case "suite-started":
      beginSuite(model, places, event);
      return;
    case "suite-ended":
      endSuite(places, event);
      return;
    case "step-started":
      beginStep(places, event);
      return;
    case "step-ended": {
      const step = places.steps.get(event.step);
      if (step === undefined) return;
      const { outcome, durationMs, results, failure, skipReason } = event;
      Object.assign(step, {
        outcome,
        durationMs,
        results,
        ...(failure && { failure }),
        ...(skipReason && { skipReason }),
      });
      step.endedAt = event.at;
      return;
    }
    case "measured": {
      const { step, name, value, unit, limits, outcome, at } = event;
      const measurement = { step, name, value, unit, outcome, at, ...(limits && { limits }) };
      places.current.get(event.board)?.measurements.push(measurement);
      return;
    }
    case "logged": {
      const { at, board, source, direction, text } = event;
      const line = { at, board, source, text, ...(direction && { direction }) };
      model.logs.push(line);
      const running = places.current.get(board);
      if (running?.endedAt === undefined) running?.logs.push(line);
      return;
    }
    case "remarked": {
      const { at, board, level, text } = event;
      model.remarks.push({ at, level, text, ...(board !== undefined && { board }) });
      return;
    }
    case "run-ended": {
      const { outcome, exitStatus, durationMs, folder } = event;
      model.ended = { outcome, exitStatus, durationMs, ...(folder !== undefined && { folder }) };
      return;
    }
    case "progress":
      return;
  }
}

function beginSuite(model: RunModel, places: Places, event: Extract<HilEvent, { type: "suite-started" }>): void {
  const { suite, title, board, attempt, at } = event;
  const begun: SuiteModel = {
    suite,
    title,
    board,
    attempt,
    beganAt: at,
    endedAt: undefined,
    outcome: undefined,
    durationMs: 0,
    repeat: "",
    steps: [],
    measurements: [],
    logs: [],
  };
  model.suites.push(begun);
  places.current.set(board, begun);
}

function endSuite(places: Places, event: Extract<HilEvent, { type: "suite-ended" }>): void {
  const suite = places.current.get(event.board);
  if (suite === undefined) return;
  const { outcome, durationMs, failure, skipReason, repeat, at } = event;
  Object.assign(suite, { outcome, durationMs, repeat, endedAt: at });
  if (failure !== undefined) suite.failure = failure;
  if (skipReason !== undefined) suite.skipReason = skipReason;
}

function beginStep(places: Places, event: Extract<HilEvent, { type: "step-started" }>): void {
  const { step, title, inputs, at } = event;
  const begun: StepModel = {
    step,
    title,
    isTeardown: event.isTeardown === true,
    inputs,
    beganAt: at,
    endedAt: undefined,
    outcome: undefined,
    durationMs: 0,
    results: {},
    steps: [],
  };
  places.steps.set(step, begun);
  const parent = event.parent === null ? undefined : places.steps.get(event.parent);
  (parent ?? places.current.get(event.board))?.steps.push(begun);
}

/** What a suite has come to: one that has not ended was cut off. */
export function outcomeOfSuite(suite: SuiteModel): Outcome {
  return suite.outcome ?? "interrupted";
}

export interface RunSummary {
  ok: boolean;
  cases: number;
  /** Failed and broken and interrupted ones. */
  failures: number;
  skipped: number;
  marginal: number;
  durationMs: number;
  outcome: Outcome;
  exitStatus: number;
  /** The run has not told its end. */
  isPartial: boolean;
}

export function summarize(model: RunModel): RunSummary {
  const outcomes = model.suites.map(outcomeOfSuite);
  const count = (...wanted: Outcome[]) => outcomes.filter((outcome) => wanted.includes(outcome)).length;
  const outcome = model.ended?.outcome ?? "interrupted";
  return {
    ok: ["passed", "marginal", "skipped"].includes(outcome),
    cases: outcomes.length,
    failures: count("failed", "broken", "interrupted"),
    skipped: count("skipped"),
    marginal: count("marginal"),
    durationMs: model.ended?.durationMs ?? model.lastAt,
    outcome,
    exitStatus: model.ended?.exitStatus ?? 3,
    isPartial: model.ended === undefined,
  };
}

/** Suites that a person has to look at. */
export function isFailing(suite: SuiteModel): boolean {
  return ["failed", "broken", "interrupted"].includes(outcomeOfSuite(suite));
}

export function countSteps(place: SuiteModel | StepModel): number {
  return place.steps.reduce((sum, step) => sum + 1 + countSteps(step), 0);
}
