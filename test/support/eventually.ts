// The one way for a test to wait: ask again until it is so, and say at the end what was seen last.
// It uses real timers, for real sockets and processes; what has a clock of ours is advanced instead.
import { inspect } from "node:util";

export interface EventuallyOptions {
  withinMs: number;
  /** What is waited for, as the reader of a failure wants to know it: "the trap comes online". */
  because: string;
}

const PAUSE_MS_MIN = 2;
const PAUSE_MS_MAX = 100;

/**
 * Calls `probe` until it returns something truthy without throwing, and returns that.
 * @throws Error that names `because`, the number of tries and the last answer; its cause is what the probe threw last.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions): Promise<NonNullable<T>> {
  const begin = performance.now();
  const left = () => options.withinMs - (performance.now() - begin);
  let last: Outcome<T> = { status: "never answered" };
  let tries = 0;
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 1.5, PAUSE_MS_MAX)) {
    tries += 1;
    const outcome = await ask(probe, Math.max(left(), 1));
    if ("value" in outcome && outcome.value) return outcome.value;
    // A probe cut off by the deadline tells less than the answer before it.
    if (!("status" in outcome) || tries === 1) last = outcome;
    if (left() <= 0) throw failure(options, tries, last);
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, Math.max(left(), 1))));
  }
}

type Outcome<T> = { value: T } | { thrown: unknown } | { status: string };

async function ask<T>(probe: () => T | Promise<T>, limitMs: number): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve({ status: "the probe did not answer" }), limitMs);
  });
  const answer = (async (): Promise<Outcome<T>> => ({ value: await probe() }))().catch((thrown) => ({ thrown }));
  const outcome = await Promise.race([answer, limit]);
  clearTimeout(timer);
  return outcome;
}

function failure<T>(options: EventuallyOptions, tries: number, last: Outcome<T>): Error {
  const seen =
    "value" in last
      ? `last status: ${inspect(last.value, { depth: 5 })}`
      : "thrown" in last
        ? `last error: ${last.thrown instanceof Error ? last.thrown.message : inspect(last.thrown)}`
        : last.status;
  return new Error(`not within ${options.withinMs} ms (${tries} tries): ${options.because}; ${seen}`, {
    cause: "thrown" in last ? last.thrown : undefined,
  });
}
