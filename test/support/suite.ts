// The suite every test file uses: uvu's order and printing, with what uvu lets pass silently made a failure
// (a throwing hook, `throw null`, no tests, no time limit, something left open) [SUITE-1]. It runs itself when the file has
// been read; the runner (run.ts) collects the results and judges the process.
import * as util from "node:util";
import { suite as createUvuSuite } from "uvu";
import { parseTestConfig } from "./config.ts";
import type { CaseResult, SkipKind } from "./report.ts";

export type Body = () => unknown;

export interface Hook {
  /** Runs once, before the first or after the last test of the suite. */
  (body: Body): void;
  /** Runs before or after every test of the suite. */
  each(body: Body): void;
}

export interface Suite {
  /** `name` is a sentence that states the promise. */
  (name: string, body: Body): void;
  before: Hook;
  after: Hook;
  /** Ends the running test (in a `before` hook: all tests of the suite) as skipped. */
  skip(reason: string, kind?: SkipKind): never;
}

export interface SuiteOptions {
  /** Time limit of each test and each hook, 20 000 unless told. */
  limitMs?: number;
  /** How long the whole file may take, where the runner's own limit is too short for it. */
  fileLimitMs?: number;
}

interface Plan {
  name: string;
  limitMs: number;
  tests: { name: string; body: Body }[];
  before: Body[];
  after: Body[];
  beforeEach: Body[];
  afterEach: Body[];
  /** Set when a `before` hook threw: no test of the suite can run. */
  blocked: Error | undefined;
}

const LIMIT_MS = 20_000;
const LEAK_GRACE_MS = 1_500;
const plans: Plan[] = [];
const cases: CaseResult[] = [];
let phase: "reading" | "running" | "ended" = "reading";

class SkipSignal extends Error {
  override name = "SkipSignal";
  readonly kind: SkipKind;
  constructor(reason: string, kind: SkipKind) {
    super(reason);
    this.kind = kind;
  }
}

/** Kind `package` (a program that has to be installed) fails under TRAPLINE_CI=1; `platform` is a skip everywhere. */
export function skip(reason: string, kind: SkipKind = "platform"): never {
  throw new SkipSignal(reason, kind);
}

export function suite(name: string, options: SuiteOptions = {}): Suite {
  if (phase !== "reading") throw new Error(`suite "${name}" was made after the tests had begun`);
  const plan: Plan = {
    name,
    limitMs: options.limitMs ?? LIMIT_MS,
    tests: [],
    before: [],
    after: [],
    beforeEach: [],
    afterEach: [],
    blocked: undefined,
  };
  if (options.fileLimitMs !== undefined) process.send?.({ trapline: "file-limit", ms: options.fileLimitMs });
  if (plans.length === 0) setImmediate(startPlans);
  plans.push(plan);
  const add = (testName: string, body: Body) => {
    if (phase !== "reading") throw new Error(`test "${testName}" was added after the tests had begun`);
    plan.tests.push({ name: testName, body });
  };
  return Object.assign(add, {
    before: createHook(plan.before, plan.beforeEach),
    after: createHook(plan.after, plan.afterEach),
    skip,
  });
}

function createHook(once: Body[], each: Body[]): Hook {
  return Object.assign((body: Body) => void once.push(body), { each: (body: Body) => void each.push(body) });
}

function startPlans(): void {
  phase = "running";
  let open = plans.length;
  for (const plan of plans) {
    const uvu = createUvuSuite(plan.name);
    if (plan.tests.length === 0) record(plan, "(suite)", 0, new Error("the suite has no tests"));
    uvu.before(() => runHooks(plan, "before"));
    for (const test of plan.tests) uvu(test.name, () => runTest(plan, test));
    uvu.after(async () => {
      await runHooks(plan, "after");
      open -= 1;
      if (open === 0) setImmediate(end);
    });
    uvu.run();
  }
}

/** Never throws: a hook that does is recorded, since uvu would swallow it. */
async function runHooks(plan: Plan, which: "before" | "after"): Promise<void> {
  for (const body of plan[which]) {
    const begin = performance.now();
    try {
      await runBounded(body, plan.limitMs, `the "${which}" hook`);
    } catch (thrown) {
      const error = toError(thrown);
      if (which === "before") plan.blocked ??= error;
      if (error instanceof SkipSignal && which === "before") return;
      record(plan, `(${which} hook)`, performance.now() - begin, error);
      printError(`${plan.name}: the "${which}" hook failed`, error);
      if (which === "before") return;
    }
  }
}

/** Throws only what uvu shall print, and always a real Error. */
async function runTest(plan: Plan, test: { name: string; body: Body }): Promise<void> {
  const begin = performance.now();
  let failure = plan.blocked;
  if (failure === undefined) {
    failure = await collectError(async () => {
      for (const hook of plan.beforeEach) await runBounded(hook, plan.limitMs, "a before.each hook");
      await runBounded(test.body, plan.limitMs, "the test");
    });
    for (const hook of plan.afterEach) {
      const inHook = await collectError(() => runBounded(hook, plan.limitMs, "an after.each hook"));
      failure = failure instanceof SkipSignal ? (inHook ?? failure) : (failure ?? inHook);
    }
  } else if (!(failure instanceof SkipSignal)) {
    failure = new Error(`not run, since the "before" hook failed: ${failure.message}`);
  }
  const outcome = record(plan, test.name, performance.now() - begin, failure);
  if (outcome === "failed" && failure !== undefined) throw withFacts(failure);
}

async function collectError(body: Body): Promise<Error | undefined> {
  try {
    await body();
    return undefined;
  } catch (thrown) {
    return toError(thrown);
  }
}

/** The timer also keeps the process alive, so that a test awaiting what never comes ends as a failure, not as silence. */
async function runBounded(body: Body, limitMs: number, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([(async () => body())(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

function record(plan: Plan, name: string, ms: number, error: Error | undefined): CaseResult["outcome"] {
  const skipped = error instanceof SkipSignal;
  const missing = skipped && error.kind === "package" && parseTestConfig().ci;
  const outcome = error === undefined ? "passed" : skipped && !missing ? "skipped" : "failed";
  const detail = missing
    ? `skipped under TRAPLINE_CI=1, where every package must be there: ${error.message}`
    : error?.message;
  cases.push({ suite: plan.name, name, outcome, ms: Math.round(ms * 10) / 10, detail: detail ?? "" });
  if (missing) printError(`${plan.name}: ${name}`, new Error(detail));
  return outcome;
}

function end(): void {
  phase = "ended";
  const count = (outcome: CaseResult["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  for (const one of cases) {
    if (one.outcome === "skipped") console.log(`skipped: ${one.suite}: ${one.name} (${one.detail})`);
    if (one.outcome === "failed") console.log(`failed: ${one.suite}: ${one.name}`);
  }
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  // uvu sets the exit code to its own idea of it after this; ours is the one that knows of the hooks.
  process.on("exit", () => {
    if (count("failed") > 0) process.exitCode = 1;
  });
  process.send?.({ trapline: "result", cases });
  // Unreferenced: it fires only where something else still holds the process open.
  setTimeout(failOnLeak, LEAK_GRACE_MS).unref();
}

function failOnLeak(): void {
  const held = process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap" && kind !== "TTYWrap");
  console.error(
    `LEAK: the tests have ended, yet something keeps the process open: ${held.join(", ") || "a pipe"}.\n` +
      "Stop in after() what the tests started (pools, servers, clients, timers, child processes).",
  );
  process.exit(1);
}

function toError(thrown: unknown): Error {
  if (util.types.isNativeError(thrown) && typeof thrown.stack === "string") return thrown;
  return new Error(`threw ${util.inspect(thrown)}, which is not an Error`);
}

/** uvu prints message and stack alone; codes, data and causes are often the only clue. */
function withFacts(error: Error): Error {
  if (error.name === "Assertion") return error;
  const facts: Record<string, unknown> = { ...error };
  if (error.cause !== undefined) facts.cause = error.cause;
  if (Object.keys(facts).length > 0) console.error(util.inspect(facts, { depth: 6 }));
  return error;
}

function printError(title: string, error: Error): void {
  console.error(`\n${title}\n${util.inspect(error, { depth: 6 })}\n`);
}
