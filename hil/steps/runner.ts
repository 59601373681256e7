// Owns the course of a run: boards side by side, the suites of one board one after another, again and again where that is asked. It leaves
// leases, health and quarantine to whoever hands them in, and one suite to engine.ts.
import type { Clock } from "../clock.ts";
import { HilError } from "../error.ts";
import {
  publishResult,
  type RunnableSuite,
  runSuite,
  type SuiteOptions,
  type SuiteResult,
  toInterrupt,
} from "./engine.ts";
import type { BoardFacts, EventStream, Failure } from "./events.ts";
import { toFailure } from "./failure.ts";
import { countOutcomes, exitStatusOf, outcomeOfRun, type RunResult } from "./run-result.ts";
import type { StepContext } from "./step.ts";

/** A board that was opened for this run. */
export interface OpenBoard<R> {
  rig: R;
  /** See SuiteOptions: who hears a panic on this board, or the end of its port. */
  watch?: SuiteOptions<R>["watch"];
  /** Always called, also after an interruption. */
  close(): Promise<void>;
}

export interface RunBoard<R> {
  facts: BoardFacts;
  /**
   * Takes the lease, looks at the board's health and opens its drivers; `refused` where it must not be used now (quarantine, somebody
   * else's lease). @throws HilError where something broke
   */
  open(signal: AbortSignal): Promise<OpenBoard<R> | { refused: string }>;
}

export interface RunOptions<R, S extends RunnableSuite<R>> {
  boards: RunBoard<R>[];
  suites: S[];
  stream: EventStream;
  clock: Clock;
  /** As SuiteOptions.signal: Ctrl-C, or a HilError for what broke beneath the whole run. */
  signal: AbortSignal;
  runId: string;
  bench: string;
  /** As it was typed; shown in reports. */
  command: string;
  /** How often all suites are run on every board; 1 unless told. */
  repeat?: number;
  stopAtFirstFailure?: boolean;
  folder?: string;
  repeatCommand(suite: string, board: string): string;
  strays?: SuiteOptions<R>["strays"];
  prepare?(suite: S): { withinMs: number; run(context: StepContext, rig: R): Promise<void> } | undefined;
  /** For the history; awaited. */
  onSuiteEnded?(result: SuiteResult): Promise<void>;
  /** For quarantine; awaited. The board is not gone on with. */
  onBoardBroken?(board: BoardFacts, failure: Failure): Promise<void>;
}

export interface FinishedRun extends RunResult {
  results: SuiteResult[];
}

/** Never rejects for what happens to a board. @throws HilError "nothing-to-run" */
export async function runBoards<R, S extends RunnableSuite<R>>(options: RunOptions<R, S>): Promise<FinishedRun> {
  const { stream, clock, boards, suites } = options;
  if (boards.length === 0 || suites.length === 0)
    throw new HilError("usage", "nothing-to-run", `there is no ${boards.length === 0 ? "board" : "suite"} to run`);
  const startedMs = clock.now();
  stream.publish({
    type: "run-started",
    runId: options.runId,
    startedAt: clock.date().toISOString(),
    bench: options.bench,
    boards: boards.map((board) => board.facts),
    suites: suites.map((suite) => suite.name),
    command: options.command,
  });
  let lastStep = 0;
  const run: Run<R, S> = { options, results: [], nextStep: () => ++lastStep, stopReason: undefined };
  await Promise.all(boards.map((board) => runBoard(run, board)));

  const counts = countOutcomes(run.results.map((result) => result.outcome));
  const outcome = brokenOutcome(options.signal) ?? outcomeOfRun(counts);
  const durationMs = Math.round(clock.now() - startedMs);
  const ended = { outcome, exitStatus: exitStatusOf(outcome), durationMs, counts };
  const { folder } = options;
  stream.publish({ type: "run-ended", ...ended, ...(folder !== undefined && { folder }) });
  return { ...ended, results: run.results };
}

interface Run<R, S> {
  options: RunOptions<R, S & RunnableSuite<R>>;
  results: SuiteResult[];
  nextStep: () => number;
  /** Set where nothing shall be begun any more. */
  stopReason: string | undefined;
}

/** A run that was told to end says so, even where it was between two suites. */
function brokenOutcome(signal: AbortSignal): "interrupted" | "broken" | undefined {
  if (!signal.aborted) return undefined;
  return toInterrupt(signal.reason) instanceof HilError ? "broken" : "interrupted";
}

interface Turn<S> {
  suite: S;
  attempt: number;
}

async function runBoard<R, S extends RunnableSuite<R>>(run: Run<R, S>, board: RunBoard<R>): Promise<void> {
  const { options } = run;
  const { repeat = 1, suites } = options;
  const turns = Array.from({ length: repeat }, (_, at) => suites.map((suite) => ({ suite, attempt: at + 1 }))).flat();
  let opened: OpenBoard<R> | { refused: string };
  try {
    opened = await board.open(options.signal);
  } catch (error) {
    return await breakBoard(run, board, turns, toFailure(error, []));
  }
  if ("refused" in opened) {
    for (const turn of turns) await record(run, skipped(run, board, turn, opened.refused));
    return;
  }
  try {
    await runTurns(run, board, opened, turns);
  } finally {
    await opened.close().catch((error: unknown) => {
      remark(run, board, `could not be closed in order: ${toFailure(error, []).message}`);
    });
  }
}

async function runTurns<R, S extends RunnableSuite<R>>(
  run: Run<R, S>,
  board: RunBoard<R>,
  opened: OpenBoard<R>,
  turns: Turn<S>[],
): Promise<void> {
  const { options } = run;
  let broken: string | undefined;
  for (const turn of turns) {
    const reason = broken ?? stopReasonOf(run);
    if (reason !== undefined) {
      await record(run, skipped(run, board, turn, reason));
      continue;
    }
    const prepare = options.prepare?.(turn.suite);
    const result = await runSuite(turn.suite, opened.rig, {
      stream: options.stream,
      clock: options.clock,
      board: board.facts.name,
      attempt: turn.attempt,
      signal: options.signal,
      repeatCommand: options.repeatCommand,
      nextStep: run.nextStep,
      ...(prepare && { prepare }),
      ...(opened.watch && { watch: opened.watch }),
      ...(options.strays && { strays: options.strays }),
    });
    await record(run, result);
    if (result.outcome === "broken" && !options.signal.aborted) {
      broken = `the board broke in ${result.suite}: ${result.failure?.message}`;
      await tellBroken(run, board, result.failure ?? { message: broken });
    }
    if (options.stopAtFirstFailure && result.outcome === "failed")
      run.stopReason ??= `stopped at the first failure: ${result.suite} on ${result.board}`;
  }
}

function stopReasonOf<R, S>(run: Run<R, S>): string | undefined {
  const { signal } = run.options;
  return signal.aborted ? toInterrupt(signal.reason).message : run.stopReason;
}

/** The first of its suites carries what broke; the others are skipped because of it. */
async function breakBoard<R, S extends RunnableSuite<R>>(
  run: Run<R, S>,
  board: RunBoard<R>,
  turns: Turn<S>[],
  failure: Failure,
): Promise<void> {
  if (run.options.signal.aborted) {
    for (const turn of turns) await record(run, skipped(run, board, turn, stopReasonOf(run) ?? failure.message));
    return;
  }
  const [first, ...others] = turns;
  if (first === undefined) return;
  const result = notBegun(run, board, first, { outcome: "broken", failure });
  await record(run, result);
  for (const turn of others) await record(run, skipped(run, board, turn, `the board broke: ${failure.message}`));
  await tellBroken(run, board, result.failure ?? failure);
}

function skipped<R, S extends RunnableSuite<R>>(run: Run<R, S>, board: RunBoard<R>, turn: Turn<S>, skipReason: string) {
  return notBegun(run, board, turn, { outcome: "skipped", skipReason });
}

function notBegun<R, S extends RunnableSuite<R>>(
  run: Run<R, S>,
  board: RunBoard<R>,
  { suite, attempt }: Turn<S>,
  verdict: Pick<SuiteResult, "outcome" | "failure" | "skipReason">,
): SuiteResult {
  const { stream, repeatCommand } = run.options;
  const { name } = board.facts;
  stream.publish({ type: "suite-started", suite: suite.name, title: suite.title, board: name, attempt });
  const repeat = repeatCommand(suite.name, name);
  return publishResult(stream, { suite: suite.name, board: name, attempt, ...verdict, durationMs: 0, repeat });
}

async function record<R, S>(run: Run<R, S>, result: SuiteResult): Promise<void> {
  run.results.push(result);
  await run.options.onSuiteEnded?.(result).catch((error: unknown) => {
    const text = `${result.suite} could not be written into the history: ${toFailure(error, []).message}`;
    run.options.stream.publish({ type: "remarked", board: result.board, level: "warn", text });
  });
}

async function tellBroken<R, S>(run: Run<R, S>, board: RunBoard<R>, failure: Failure): Promise<void> {
  await run.options.onBoardBroken?.(board.facts, failure).catch((error: unknown) => {
    remark(run, board, `could not be put in quarantine: ${toFailure(error, []).message}`);
  });
}

function remark<R, S>(run: Run<R, S>, board: RunBoard<R>, text: string): void {
  run.options.stream.publish({ type: "remarked", board: board.facts.name, level: "warn", text });
}
