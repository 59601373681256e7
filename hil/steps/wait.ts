// Owns waiting by asking again: in steady steps, with a patience, and with an account of what was seen last, so that a time that is up
// explains itself. What the bench cannot mend (a HilError) and what ends the suite are passed on at once.
import { type Clock, pause } from "../clock.ts";
import { findHilError, InterruptSignal, SkipSignal, StepFailure } from "./failure.ts";
import type { WaitOptions } from "./step.ts";

export interface WaitRequest<T> extends WaitOptions {
  clock: Clock;
  signal: AbortSignal;
  /** What for, as it follows "waited for": "the alert to reach the account". */
  awaited: string;
  probe: () => T | undefined | false | Promise<T | undefined | false>;
  /** Told after every question. */
  onSeen?(lastSeen: string[]): void;
}

const EVERY_MS = 50;
const LAST_SEEN_MAX = 40;

/** @throws StepFailure with what was awaited, how long, how often it was asked and what was last seen; the signal's reason */
export async function waitFor<T>(request: WaitRequest<T>): Promise<T> {
  const { clock, signal, withinMs } = request;
  const deadline = clock.now() + withinMs;
  let questions = 0;
  let thrown: unknown;
  for (;;) {
    signal.throwIfAborted();
    questions += 1;
    const answer = await ask(request, Math.max(0, deadline - clock.now()));
    if (answer.kind === "answered" && answer.value !== undefined && answer.value !== false) return answer.value as T;
    if (answer.kind === "threw") thrown = answer.error;
    else if (answer.kind === "answered") thrown = undefined;
    request.onSeen?.(describeSeen(request, thrown));
    const leftMs = deadline - clock.now();
    if (leftMs <= 0 || answer.kind === "silent") throw expired(request, questions, thrown, answer.kind === "silent");
    await pause(clock, Math.min(request.everyMs ?? EVERY_MS, leftMs), signal);
  }
}

type Answer = { kind: "answered"; value: unknown } | { kind: "threw"; error: unknown } | { kind: "silent" };

/** A question may take as long as there is patience left, and ends with the signal. */
async function ask<T>(request: WaitRequest<T>, leftMs: number): Promise<Answer> {
  const cut = new AbortController();
  const answer = (async (): Promise<Answer> => ({ kind: "answered", value: await request.probe() }))().catch(
    (error: unknown): Answer => ({ kind: "threw", error }),
  );
  const silence = pause(request.clock, leftMs, AbortSignal.any([request.signal, cut.signal])).then(
    (): Answer => ({ kind: "silent" }),
  );
  // Either the answer came first, or the race has told of the abort.
  silence.catch(() => undefined);
  const first = await Promise.race([answer, silence]);
  cut.abort();
  if (first.kind === "threw" && mustPass(first.error)) throw first.error;
  return first;
}

function mustPass(error: unknown): boolean {
  return error instanceof SkipSignal || error instanceof InterruptSignal || findHilError(error) !== undefined;
}

function describeSeen<T>(request: WaitRequest<T>, thrown: unknown): string[] {
  const told = request.lastSeen?.().slice(-LAST_SEEN_MAX) ?? [];
  if (thrown === undefined) return told;
  return [...told, `last error: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
}

function expired<T>(request: WaitRequest<T>, questions: number, thrown: unknown, isSilent: boolean): StepFailure {
  const times = questions === 1 ? "once" : `${questions} times`;
  const how = isSilent ? "the last question was never answered" : `asked ${times}`;
  return new StepFailure(
    `waited ${request.withinMs} ms for ${request.awaited} (${how})`,
    { awaited: request.awaited, lastSeen: describeSeen(request, thrown) },
    thrown,
  );
}
