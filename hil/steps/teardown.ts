// Owns putting back what a suite did: everything it deferred is carried out, the last first, each with a patience of its own, whatever
// happened to the suite and to the ones before. It leaves to engine.ts what a failure here means for the suite.
import type { Failure } from "./events.ts";
import { toFailure } from "./failure.ts";
import type { StepContext } from "./step.ts";
import { createStepTree, type TreeOptions } from "./step-tree.ts";

const PATIENCE_MS = 10_000;

export interface Teardown {
  defer: StepContext["defer"];
  treeOptions: Omit<TreeOptions, "defer">;
  /** Undefined: everything is as it was. */
  run(): Promise<Failure | undefined>;
}

interface Deferred {
  title: string;
  undo: (context: StepContext) => Promise<void>;
  withinMs: number;
}

export function createTeardown(options: Omit<TreeOptions, "defer">): Teardown {
  const stack: Deferred[] = [];
  let isOver = false;

  async function undoOne(one: Deferred): Promise<Failure | undefined> {
    const tree = createStepTree({ ...options, isTeardown: true, defer });
    const end = await tree.run((context) => context.step(one.title, one.undo, { withinMs: one.withinMs }));
    if (end.error === undefined) return undefined;
    const failure = end.failure ?? toFailure(end.error, [one.title]);
    return { ...failure, message: `could not be put back: ${one.title}: ${failure.message}` };
  }

  const defer: StepContext["defer"] = (title, undo, { withinMs = PATIENCE_MS } = {}) => {
    const one = { title, undo, withinMs };
    if (!isOver) return void stack.push(one);
    // Code that its step has given up did something after all: nobody else is left to put it back.
    undoOne(one).then((failure) => {
      const what = failure?.message ?? `put back after the end of its suite: ${title}`;
      options.stream.publish({ type: "remarked", board: options.board, level: "warn", text: what });
    });
  };

  return {
    defer,
    treeOptions: options,
    async run() {
      const failures: Failure[] = [];
      for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
        const failure = await undoOne(one);
        if (failure !== undefined) failures.push(failure);
      }
      isOver = true;
      const [first, ...others] = failures;
      if (first === undefined || others.length === 0) return first;
      return { ...first, message: [first, ...others].map((failure) => failure.message).join("; ") };
    },
  };
}
