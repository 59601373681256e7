// Owns what is known of one step while it is open: where it stands in the tree, what it waits for, what was measured in it.
import type { Limits } from "./events.ts";
import { StepFailure } from "./failure.ts";

/** How a step ended: with a value, or with what was thrown in it. */
export type ScopeEnd = { value: unknown } | { error: unknown };

export interface Pending {
  path: string[];
  awaited?: string;
  lastSeen?: string[];
}

export interface Scope {
  /** 0: the suite itself. */
  step: number;
  title: string;
  path: string[];
  parent: Scope | null;
  startedMs: number;
  isOpen: boolean;
  isMarginal: boolean;
  /** What was thrown at somebody who may have caught it, and counts nevertheless. */
  verdict: Error | undefined;
  /** In the order in which they were opened. */
  children: Set<Scope>;
  waits: Set<Pending>;
  controller: AbortController;
  signal: AbortSignal;
  settle(end: ScopeEnd): void;
  forgetPatience(): void;
}

export function createScope(parent: Scope | null, title: string, step: number, startedMs: number): Scope {
  const controller = new AbortController();
  return {
    step,
    title,
    path: parent === null ? [] : [...parent.path, title],
    parent,
    startedMs,
    isOpen: true,
    isMarginal: false,
    verdict: undefined,
    children: new Set(),
    waits: new Set(),
    controller,
    signal: parent === null ? controller.signal : AbortSignal.any([parent.signal, controller.signal]),
    settle: () => undefined,
    forgetPatience: () => undefined,
  };
}

/** @throws what ended the step, for code of it that goes on nevertheless */
export function assertOpen(scope: Scope): void {
  if (!scope.isOpen) throw scope.signal.reason ?? new StepFailure(`"${scope.title}" has ended and can do no more`);
}

/** What is being done now: down to the step that was opened last, and there the wait that was begun last. */
export function describePending(scope: Scope): Pending {
  const inner = [...scope.children].at(-1);
  if (inner !== undefined) return describePending(inner);
  const wait = [...scope.waits].at(-1);
  if (wait !== undefined) return wait;
  return scope.parent === null ? { path: [] } : { path: scope.path, awaited: `the end of "${scope.title}"` };
}

/** Both limits belong to the better side. What is no number is beyond every limit. */
export function judgeMeasurement(value: number, limits: Limits | undefined): "passed" | "marginal" | "failed" {
  if (limits !== undefined && !(limits.pass <= limits.fail)) throw new Error("limits: pass must not be beyond fail");
  if (!Number.isFinite(value)) return "failed";
  if (limits === undefined || value <= limits.pass) return "passed";
  return value <= limits.fail ? "marginal" : "failed";
}
