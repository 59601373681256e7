// Owns how what was thrown becomes what is told: which outcome it is, and the failure in words. Drivers and suites throw a StepFailure
// where they know what was expected, and a HilError where the bench itself gave way; everything else is a failure nobody expected.
import { inspect } from "node:util";
import { HilError } from "../error.ts";
import type { Failure, Outcome } from "./events.ts";

export type FailureFacts = Omit<Failure, "message">;

/** A promise that was not kept. `message` is a whole sentence; the facts say what was awaited and what was last seen. */
export class StepFailure extends Error {
  override name = "StepFailure";
  readonly facts: FailureFacts;
  constructor(message: string, facts: FailureFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.facts = facts;
  }
}

/** Ends a suite for what this bench cannot do. */
export class SkipSignal extends Error {
  override name = "SkipSignal";
}

/** Ends a suite because a person, or the machine, told the whole run to end. */
export class InterruptSignal extends Error {
  override name = "InterruptSignal";
}

const CAUSES_MAX = 8;

/** The trouble of the bench behind an error, however often it was wrapped on its way. */
export function findHilError(error: unknown): HilError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < CAUSES_MAX; at = at.cause, depth += 1)
    if (at instanceof HilError) return at;
  return undefined;
}

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof SkipSignal) return "skipped";
  if (error instanceof InterruptSignal) return "interrupted";
  return findHilError(error) === undefined ? "failed" : "broken";
}

/** @param path of the step in which it was thrown; one that the error brings along is nearer and stays */
export function toFailure(error: unknown, path: string[]): Failure {
  if (!(error instanceof Error)) return { message: `threw ${inspect(error)}, which is not an error`, path };
  const beneath = findHilError(error);
  const facts: FailureFacts = error instanceof StepFailure ? { ...error.facts } : {};
  facts.path ??= path;
  facts.code ??= beneath?.code ?? codeOf(error);
  if (!(error instanceof StepFailure) && beneath === undefined) facts.where ??= whereOf(error);
  // What is not known is left out, since the stream is compared and written as JSON.
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { message: error.message || error.name, ...known };
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The innermost place within the bench, without the machine's path to it. */
function whereOf(error: Error): string | undefined {
  return /\b((?:hil|test)\/[\w./-]+\.ts:\d+)/.exec(error.stack?.replaceAll(/node_modules\S*/g, "") ?? "")?.[1];
}
