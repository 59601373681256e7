// Owns what a step may do: nest, measure, wait, skip, leave something to be undone. The engine (engine.ts) carries it out.
import type { Limits } from "./events.ts";

export interface StepOptions {
  /** Shown with the step; bytes are shown by their number alone. */
  inputs?: Record<string, unknown>;
  /** Patience in milliseconds of real time; the step's default is the suite's. */
  withinMs?: number;
}

/** A step's results are what it returns, if it is an object of plain values. */
export interface StepContext {
  step<T>(title: string, run: (context: StepContext) => Promise<T>, options?: StepOptions): Promise<T>;
  /** Tells a value with its unit; beyond `limits.fail` the step fails, beyond `limits.pass` it is marginal. */
  measure(name: string, value: number, unit: string, limits?: Limits): void;
  /** Ends the suite as skipped, with the reason; for what this bench cannot do. */
  skip(reason: string): never;
  /**
   * Carried out when the suite ends, the last first, whatever happened. Each has a patience of its own (10 s unless told) and a context of
   * its own, since the suite's may have been aborted by then.
   */
  defer(title: string, undo: (context: StepContext) => Promise<void>, options?: { withinMs?: number }): void;
  /**
   * Asks until the answer is not undefined and not false. On timeout the failure says what was awaited and what `describe` (or the last
   * throw) last told.
   */
  wait<T>(
    awaited: string,
    probe: () => T | undefined | false | Promise<T | undefined | false>,
    options: WaitOptions,
  ): Promise<T>;
  /** Aborted at Ctrl-C, at a panic on the board's console, and when the suite's time is up; every wait ends by it. */
  readonly signal: AbortSignal;
}

export interface WaitOptions {
  withinMs: number;
  /** Time between two questions; 50 unless told. */
  everyMs?: number;
  lastSeen?(): string[];
}
