// Owns the course of one suite on one board: prepare, run, put back, judge. Nothing escapes it as an exception: whatever is thrown, hangs,
// panics or breaks ends as an outcome with words. It leaves the steps themselves to step-tree.ts and the order of suites to runner.ts.
import type { Clock } from "../clock.ts";
import type { EventStream, Failure, Outcome } from "./events.ts";
import { InterruptSignal, outcomeOf, StepFailure, toFailure } from "./failure.ts";
import type { StepContext } from "./step.ts";
import { createStepTree, type StepTree, type TreeEnd } from "./step-tree.ts";
import type { Strays } from "./strays.ts";
import { createTeardown } from "./teardown.ts";

/** What the engine must know of a suite; hil/suites' own type fits. */
export interface RunnableSuite<R> {
  name: string;
  title: string;
  withinMs: number;
  run(context: StepContext, rig: R): Promise<void>;
}

export interface SuiteOptions<R> {
  stream: EventStream;
  clock: Clock;
  board: string;
  /** From 1. */
  attempt: number;
  /** Aborted to end everything: with a HilError as its reason the suite is broken by it, otherwise interrupted. */
  signal: AbortSignal;
  repeatCommand(suite: string, board: string): string;
  /** Numbers of steps, unique in the run; of this suite alone unless given. */
  nextStep?: () => number;
  /** Brings the board to the state that the suite begins in. Its steps are the suite's first; its time is not the suite's. */
  prepare?: { withinMs: number; run(context: StepContext, rig: R): Promise<void> };
  /** Called as the suite begins: whoever hears a panic or the end of a port says so. Returns how to stop it. */
  watch?(abort: (cause: Error | string) => void): () => void;
  /** Makes what nobody awaited in this suite its failure. */
  strays?: Strays;
}

export interface SuiteResult {
  suite: string;
  board: string;
  attempt: number;
  outcome: Outcome;
  durationMs: number;
  failure?: Failure;
  skipReason?: string;
  repeat: string;
}

/** Never rejects. The teardown is carried out in every case before it resolves. [BENCH-11] */
export async function runSuite<R>(suite: RunnableSuite<R>, rig: R, options: SuiteOptions<R>): Promise<SuiteResult> {
  const { stream, clock, board, attempt } = options;
  const startedMs = clock.now();
  stream.publish({ type: "suite-started", suite: suite.name, title: suite.title, board, attempt });
  const teardown = createTeardown({ stream, clock, suite: suite.name, board, nextStep: numbersOf(options) });
  const tree = createStepTree({ ...teardown.treeOptions, defer: teardown.defer });

  // What is heard after the suite's own end still counts while its board is being put back.
  let late: Error | undefined;
  let isEnded = false;
  const abort = (cause: Error | string) => {
    const error = typeof cause === "string" ? new StepFailure(cause, { code: "aborted" }) : cause;
    if (isEnded) late ??= error;
    else tree.end(error);
  };
  const unwatch = watchAll(options, abort, () => isEnded);
  const course = async () => {
    const end = await runBounded(suite, rig, tree, options);
    isEnded = true;
    return { end, undone: await teardown.run() };
  };
  const { end, undone } = await (options.strays === undefined ? course() : options.strays.around(abort, course));
  unwatch();

  const verdict = judge(end, late, undone);
  const durationMs = Math.round(clock.now() - startedMs);
  const repeat = options.repeatCommand(suite.name, board);
  return publishResult(stream, { suite: suite.name, board, attempt, ...verdict, durationMs, repeat });
}

/** The result as it was told: what goes into a history holds no more secrets than the stream. */
export function publishResult(stream: EventStream, result: SuiteResult): SuiteResult {
  const told = stream.publish({ type: "suite-ended", ...result });
  if (told.type !== "suite-ended") throw new Error("a stream tells what it was given");
  const { type: _type, at: _at, ...masked } = told;
  return masked;
}

function numbersOf<R>(options: SuiteOptions<R>): () => number {
  let last = 0;
  return options.nextStep ?? (() => ++last);
}

function watchAll<R>(
  options: SuiteOptions<R>,
  abort: (cause: Error | string) => void,
  isEnded: () => boolean,
): () => void {
  const { signal } = options;
  // A run that is told to end while a suite is already being put back takes nothing away from what the suite has shown.
  const interrupt = () => {
    if (!isEnded()) abort(toInterrupt(signal.reason));
  };
  signal.addEventListener("abort", interrupt);
  const unwatch = options.watch?.(abort);
  if (signal.aborted) interrupt();
  return () => {
    signal.removeEventListener("abort", interrupt);
    unwatch?.();
  };
}

/** The error that a suite ends with when its run's signal was aborted for this reason. */
export function toInterrupt(reason: unknown): Error {
  if (reason instanceof Error && outcomeOf(reason) === "broken") return reason;
  const words = reason instanceof Error && reason.name !== "AbortError" ? reason.message : reason;
  return new InterruptSignal(typeof words === "string" ? words : "the run was interrupted");
}

async function runBounded<R>(
  suite: RunnableSuite<R>,
  rig: R,
  tree: StepTree,
  options: SuiteOptions<R>,
): Promise<TreeEnd> {
  let forget: () => void = () => undefined;
  const bound = (withinMs: number, what: string) => {
    forget();
    forget = options.clock.setTimer(withinMs, () => {
      const { path, ...seen } = tree.describePending();
      tree.end(new StepFailure(`${what} took longer than ${withinMs} ms`, { path, ...seen, code: "suite-timeout" }));
    });
  };
  const { prepare } = options;
  const end = await tree.run(async (context) => {
    if (prepare !== undefined) {
      bound(prepare.withinMs, "preparing the board");
      await prepare.run(context, rig);
    }
    context.signal.throwIfAborted();
    bound(suite.withinMs, "the suite");
    await suite.run(context, rig);
  });
  forget();
  return end;
}

type Verdict = Pick<SuiteResult, "outcome" | "failure" | "skipReason">;

function judge(end: TreeEnd, late: Error | undefined, undone: Failure | undefined): Verdict {
  const own = toVerdict(end.error, end.isMarginal, end.failure);
  const isSettled = own.outcome === "failed" || own.outcome === "broken" || own.outcome === "interrupted";
  if (isSettled) return own;
  if (late !== undefined) return toVerdict(late, false);
  if (undone !== undefined) return { outcome: "broken", failure: undone };
  return own;
}

function toVerdict(error: unknown, isMarginal: boolean, failure = toFailure(error, [])): Verdict {
  if (error === undefined) return { outcome: isMarginal ? "marginal" : "passed" };
  const outcome = outcomeOf(error);
  return outcome === "skipped" ? { outcome, skipReason: failure.message } : { outcome, failure };
}
