// Owns the tree of steps of one suite: opening and closing them, their patience, what they measured, and what they were waiting for when
// their time was up. A step is open, then closed once; closing closes what is still open within it, the innermost first, and whatever code
// of it goes on afterwards is heard no more. It leaves the beginning and the end of the suite to engine.ts.
import type { Clock } from "../clock.ts";
import type { EventStream, Failure, Limits } from "./events.ts";
import { outcomeOf, SkipSignal, StepFailure, toFailure } from "./failure.ts";
import { toPlainRecord } from "./plain-values.ts";
import type { StepContext, StepOptions, WaitOptions } from "./step.ts";
import {
  assertOpen,
  createScope,
  describePending,
  judgeMeasurement,
  type Pending,
  type Scope,
  type ScopeEnd,
} from "./step-scope.ts";
import { waitFor } from "./wait.ts";

export interface TreeOptions {
  stream: EventStream;
  clock: Clock;
  suite: string;
  board: string;
  nextStep: () => number;
  /** Its steps are told of as teardown. */
  isTeardown?: boolean;
  defer: StepContext["defer"];
}

export interface StepTree {
  /** Runs `run` as the root, which is no step itself; resolves when it has ended, or was closed by `end`, and never rejects. Once. */
  run(run: (context: StepContext) => Promise<unknown>): Promise<TreeEnd>;
  /** Closes everything that is open with this error, whatever its code is doing. */
  end(error: Error): void;
  /** What the innermost open step is doing: for the suite's own time limit. */
  describePending(): Pending;
}

export interface TreeEnd {
  /** Undefined: nothing was thrown. */
  error: unknown;
  failure?: Failure;
  isMarginal: boolean;
}

interface Tree {
  options: TreeOptions;
  root: Scope;
  /** Of errors on their way out, as the innermost step told of them. */
  told: WeakMap<Error, Failure>;
  rootEnd: ScopeEnd | undefined;
}

export function createStepTree(options: TreeOptions): StepTree {
  const tree: Tree = {
    options,
    root: createScope(null, "", 0, options.clock.now()),
    told: new WeakMap(),
    rootEnd: undefined,
  };
  const { root } = tree;
  return {
    async run(run) {
      if (root.isOpen) await runScope(tree, root, run).catch(() => "kept in rootEnd");
      // Code that a step has given up shall not wait for anything any more.
      root.controller.abort(new StepFailure("the suite of this step has ended"));
      const { isMarginal } = root;
      if (tree.rootEnd === undefined || "value" in tree.rootEnd) return { error: undefined, isMarginal };
      const { error } = tree.rootEnd;
      return { error, failure: failureOf(tree, error, []), isMarginal };
    },
    end: (error) => close(tree, root, { error }),
    describePending: () => describePending(root),
  };
}

/** The failure of an error is told by the innermost step that it left, and stays the same on its way out. */
function failureOf(tree: Tree, error: unknown, path: string[]): Failure {
  if (!(error instanceof Error)) return toFailure(error, path);
  const failure = tree.told.get(error) ?? toFailure(error, path);
  tree.told.set(error, failure);
  return failure;
}

function open(tree: Tree, parent: Scope, title: string, { inputs, withinMs }: StepOptions): Scope {
  const { stream, clock, suite, board, nextStep, isTeardown } = tree.options;
  const scope = createScope(parent, title, nextStep(), clock.now());
  parent.children.add(scope);
  stream.publish({
    type: "step-started",
    step: scope.step,
    parent: parent === tree.root ? null : parent.step,
    ...(isTeardown && { isTeardown }),
    suite,
    board,
    title,
    inputs: toPlainRecord(inputs),
  });
  if (withinMs !== undefined)
    scope.forgetPatience = clock.setTimer(withinMs, () => {
      const pending = describePending(scope);
      close(tree, scope, { error: new StepFailure(`"${title}" took longer than ${withinMs} ms`, pending) });
    });
  return scope;
}

function close(tree: Tree, scope: Scope, end: ScopeEnd): void {
  if (!scope.isOpen) return;
  scope.isOpen = false;
  scope.forgetPatience();
  const judged = closeChildren(tree, scope, end);
  if ("error" in judged) scope.controller.abort(judged.error);
  if (scope.parent === null) tree.rootEnd = judged;
  else {
    publishEnd(tree, scope, judged);
    scope.parent.children.delete(scope);
    scope.parent.isMarginal ||= scope.isMarginal;
  }
  scope.settle(judged);
}

/** A step that is left running by the one around it would go on into the next: that is a failure of its own. */
function closeChildren(tree: Tree, scope: Scope, end: ScopeEnd): ScopeEnd {
  let judged = "value" in end && scope.verdict !== undefined ? { error: scope.verdict } : end;
  for (const child of [...scope.children].reverse()) {
    const { title, path } = child;
    if ("value" in judged)
      judged = {
        error: new StepFailure(`"${title}" was left running when what is around it ended: await it`, { path }),
      };
    close(tree, child, judged);
  }
  return judged;
}

function publishEnd(tree: Tree, scope: Scope, end: ScopeEnd): void {
  const { stream, clock, suite, board } = tree.options;
  const durationMs = Math.round(clock.now() - scope.startedMs);
  const base = { type: "step-ended", step: scope.step, suite, board, durationMs } as const;
  if ("value" in end) {
    const results = toPlainRecord(end.value);
    stream.publish({ ...base, outcome: scope.isMarginal ? "marginal" : "passed", results });
    return;
  }
  const failure = failureOf(tree, end.error, scope.path);
  const outcome = outcomeOf(end.error);
  const why = outcome === "skipped" ? { skipReason: failure.message } : { failure };
  stream.publish({ ...base, outcome, results: {}, ...why });
}

function runScope(tree: Tree, scope: Scope, run: (context: StepContext) => Promise<unknown>): Promise<unknown> {
  const done = new Promise<unknown>((resolve, reject) => {
    scope.settle = (end) => ("error" in end ? reject(end.error) : resolve(end.value));
  });
  const running = (async () => run(contextOf(tree, scope)))();
  running.then(
    (value) => close(tree, scope, { value }),
    (thrown) => close(tree, scope, { error: toError(thrown) }),
  );
  return done;
}

/** A step that nobody awaits has told of its failure by itself, and shall not end the process as well. */
function quiet<T>(run: () => Promise<T>): Promise<T> {
  const running = run();
  running.catch(() => undefined);
  return running;
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new StepFailure(toFailure(thrown, []).message);
}

function contextOf(tree: Tree, scope: Scope): StepContext {
  return {
    signal: scope.signal,
    step: <T>(title: string, run: (context: StepContext) => Promise<T>, options: StepOptions = {}) =>
      quiet(async () => {
        assertOpen(scope);
        return (await runScope(tree, open(tree, scope, title, options), run)) as T;
      }),
    measure: (name, value, unit, limits) => measure(tree, scope, name, value, unit, limits),
    skip(reason) {
      assertOpen(scope);
      tree.root.verdict ??= new SkipSignal(reason);
      throw tree.root.verdict;
    },
    defer: (title, undo, options) => tree.options.defer(title, undo, options),
    wait: (awaited, probe, options) => quiet(() => wait(tree, scope, awaited, probe, options)),
  };
}

function measure(tree: Tree, scope: Scope, name: string, value: number, unit: string, limits?: Limits): void {
  assertOpen(scope);
  const { stream, suite, board } = tree.options;
  const outcome = judgeMeasurement(value, limits);
  const where = { step: scope.step, suite, board };
  // What is no number cannot be drawn, only told.
  if (Number.isFinite(value))
    stream.publish({ type: "measured", ...where, name, value, unit, ...(limits && { limits }), outcome });
  if (outcome === "marginal") scope.isMarginal = true;
  if (outcome !== "failed") return;
  const limit = limits === undefined ? "that is no number" : `the limit is ${limits.fail} ${unit}`;
  scope.verdict ??= new StepFailure(`${name} was ${value} ${unit}: ${limit}`, { code: "beyond-limit" });
  throw scope.verdict;
}

async function wait<T>(
  tree: Tree,
  scope: Scope,
  awaited: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  assertOpen(scope);
  const pending: Pending = { path: scope.path, awaited };
  scope.waits.add(pending);
  try {
    const onSeen = (lastSeen: string[]) => void Object.assign(pending, { lastSeen });
    return await waitFor({ ...options, clock: tree.options.clock, signal: scope.signal, awaited, probe, onSeen });
  } finally {
    scope.waits.delete(pending);
  }
}
