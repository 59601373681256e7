// Owns finding the suite in whose course something was thrown that nobody awaited: in a timer, a listener, a promise left alone. It leaves
// hearing of it to main.ts, whose process it is.
import { AsyncLocalStorage } from "node:async_hooks";
import { StepFailure, toFailure } from "./failure.ts";

export interface Strays {
  /** What is thrown in the course of `run`, with nobody awaiting it, goes to `fail`. */
  around<T>(fail: (error: Error) => void, run: () => Promise<T>): Promise<T>;
  /** For what the process says nobody caught. False: it belongs to no suite that still runs. */
  take(thrown: unknown): boolean;
}

export function createStrays(): Strays {
  const courses = new AsyncLocalStorage<{ fail: ((error: Error) => void) | undefined }>();
  return {
    async around(fail, run) {
      const course: { fail: ((error: Error) => void) | undefined } = { fail };
      try {
        return await courses.run(course, run);
      } finally {
        course.fail = undefined;
      }
    },
    take(thrown) {
      const fail = courses.getStore()?.fail;
      fail?.(thrown instanceof Error ? thrown : new StepFailure(toFailure(thrown, []).message));
      return fail !== undefined;
    },
  };
}
