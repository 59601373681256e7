// Owns the telling of the story: the steps in order, each within its bound, the first that fails ends it.
import { parseConsoleLine } from "#protocol";
import { alertSteps } from "./story-alert.ts";
import { claimingSteps } from "./story-claiming.ts";
import { createScene, HUMANE_LIMIT_MS, releaseEarlier, type StoryParts, signIn, type Thread } from "./story-scene.ts";
import { updateSteps } from "./story-update.ts";
import type { Witness } from "./witness.ts";

export interface StoryEnd {
  ok: boolean;
  /** Steps told, the failed one included. */
  cases: number;
  failures: number;
  /** From the release of the plunger to the notice on the person's live stream; null if it never came. */
  snapToNoticeMs: number | null;
}

/** Let the witness hear a line of the trap's console. */
export function witnessConsole(witness: Witness, line: string): void {
  const parsed = parseConsoleLine(line);
  if (parsed) witness.note("trap", parsed.name, { ms: parsed.ms, ...parsed.fields });
}

/** Sign in and follow the live stream; every message of it becomes a sighting. */
async function follow(parts: StoryParts): Promise<{ stop(): void }> {
  const token = await signIn(parts);
  parts.api.useToken(token);
  parts.onSession(token);
  return parts.api.follow(
    (message) => parts.witness.note("cloud", message.event, message.data),
    (reason) => parts.witness.stop(reason),
  );
}

/**
 * Tell the story. Never throws: a step that fails is reported and ends it.
 * @param told how many steps have been told before it begins
 * @param begun when the first of those began, on the clock of `parts.now`
 */
export async function tellStory(parts: StoryParts, told: number, begun: number): Promise<StoryEnd> {
  const thread: Thread = {
    device: null,
    springFrom: 0,
    snapAt: 0,
    snapToNoticeMs: null,
    alertId: "",
    updateId: "",
    updateFrom: 0,
  };
  let cases = told;
  let name = "sign-in";
  let at = begun;
  let stream: { stop(): void } | null = null;
  try {
    stream = await follow(parts);
    await releaseEarlier(parts);
    const scene = createScene(parts, thread);
    for (const step of [...claimingSteps(scene), ...alertSteps(scene), ...updateSteps(scene)]) {
      name = step.name;
      at = parts.now();
      cases++;
      const done = await step.run();
      if (done.ms > step.boundMs) {
        throw new Error(`seen after ${Math.round(done.ms)} ms, its bound is ${step.boundMs} ms (${done.words})`);
      }
      parts.reporter.step(step.name, done.ms, done.facts, done.words);
    }
  } catch (error) {
    parts.reporter.failed(name, parts.now() - at, error instanceof Error ? error : new Error(String(error)));
    return { ok: false, cases, failures: 1, snapToNoticeMs: thread.snapToNoticeMs };
  } finally {
    stream?.stop();
  }
  const notice = Math.round(thread.snapToNoticeMs ?? 0);
  parts.reporter.step(
    "done",
    parts.now() - begun,
    { ok: true, cases: cases + 1, failures: 0, snapToNoticeMs: notice, humaneLimitMs: HUMANE_LIMIT_MS },
    `from the snap to the notice: ${notice} ms (the humane limit is ${HUMANE_LIMIT_MS / 1000} s)`,
  );
  return { ok: true, cases: cases + 1, failures: 0, snapToNoticeMs: thread.snapToNoticeMs };
}
