// Runs a suite of a test on the simulated clock, which moves on by itself until the suite has ended, and gives what was told meanwhile.
import { createSimClock, type SimClock } from "../../../hil/clock.ts";
import { runSuite, type SuiteOptions, type SuiteResult } from "../../../hil/steps/engine.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { EventStream, HilEvent, HilEventType } from "../../../hil/steps/events.ts";
import type { StepContext } from "../../../hil/steps/step.ts";

export interface Tried {
  result: SuiteResult;
  events: HilEvent[];
  clock: SimClock;
  /** "title: outcome" of every step, in the order in which they ended. */
  steps: string[];
}

export interface TryTools {
  clock: SimClock;
  stream: EventStream;
  /** As a panic on the board's console, or the end of its port. */
  abort(cause: Error | string): void;
  /** Ctrl-C. */
  interrupt(reason?: unknown): void;
}

export type TryOptions = Partial<Pick<SuiteOptions<object>, "prepare" | "strays">> & { withinMs?: number };
export type TriedBody = (context: StepContext, tools: TryTools) => Promise<unknown>;

export async function trySuite(body: TriedBody, options: TryOptions = {}): Promise<Tried> {
  const clock = createSimClock();
  const stream = createEventStream({ clock });
  const events: HilEvent[] = [];
  stream.subscribe((event) => events.push(event));
  const interruption = new AbortController();
  const tools: TryTools = {
    clock,
    stream,
    abort: () => undefined,
    interrupt: (reason) => interruption.abort(reason),
  };
  const suite = {
    name: "tried",
    title: "what is tried holds",
    withinMs: options.withinMs ?? 5_000,
    run: async (context: StepContext) => void (await body(context, tools)),
  };
  const running = runSuite<object>(
    suite,
    {},
    {
      stream,
      clock,
      board: "a",
      attempt: 1,
      signal: interruption.signal,
      repeatCommand: (name, board) => `again ${name} on ${board}`,
      watch(abort) {
        tools.abort = abort;
        return () => undefined;
      },
      ...options,
    },
  );
  const result = await advanceUntil(clock, running);
  return { result, events, clock, steps: listSteps(events) };
}

/** @throws Error after an hour of simulated time */
export async function advanceUntil<T>(clock: SimClock, running: Promise<T>): Promise<T> {
  let isOver = false;
  const ending = running.finally(() => {
    isOver = true;
  });
  ending.catch(() => undefined);
  for (let steps = 0; !isOver; steps += 1) {
    if (steps > 36_000) throw new Error("did not end within an hour of simulated time");
    await clock.advance(100);
  }
  return await ending;
}

export function ofType<T extends HilEventType>(events: HilEvent[], type: T): Extract<HilEvent, { type: T }>[] {
  return events.filter((event): event is Extract<HilEvent, { type: T }> => event.type === type);
}

function listSteps(events: HilEvent[]): string[] {
  const titles = new Map(ofType(events, "step-started").map((event) => [event.step, event.title]));
  return ofType(events, "step-ended").map((event) => `${titles.get(event.step)}: ${event.outcome}`);
}

/** A promise that never settles: code that hangs. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
