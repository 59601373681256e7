// Owns the welfare timeline [WELFARE-1]: how urgently a sprung trap calls, by the time since the spring and by the kind of trap, whether
// there is a network or not; and for how long it obeys when it is told to be silent. Pure; alarm-effects.ts keeps it over reboots, and
// patterns.ts says what a stage looks and sounds like.
import type { TrapKind } from "#protocol";

/** Stages 0 to 3; -1 is a trap that has not sprung. */
export const STAGE_LAST = 3;

/** A silenced live-catch trap that is still sprung reminds after this: silenced from afar, and by a hand on the trap. */
export const SILENCE_MS = 1800000;
export const PRESSED_SILENCE_MS = 7200000;

export interface Alarm {
  stage: number;
  /** The spring, in milliseconds of this boot; negative if it was before. After a reboot as late as the stage allows. */
  since: number;
  /** Until then silence is kept; 0 if nobody asked for it. */
  quietUntil: number;
  /** It is silenced, and that time is not over. */
  isQuiet: boolean;
  wakeAt: number;
}

/** The trap as it is now, and what has just been asked of it. */
export interface AlarmCause {
  kind: TrapKind;
  sprung: boolean;
  silenced: boolean;
  releasedAt: number;
  asked: "" | "button" | "cloud";
}

/**
 * Milliseconds after the spring at which a stage begins; stage 0 at once. The reasons stand in firmware/README.md. A table inside costs
 * memory only while it is asked.
 */
export function stageBeginsMs(kind: TrapKind, stage: number): number {
  if (stage <= 0) return 0;
  let minutes = [1440, 4320, 10080];
  if (kind === "live-catch") minutes = [15, 60, 240];
  else if (kind === "snap") minutes = [720, 1440, 4320];
  return (minutes[stage - 1] as number) * 60000;
}

/** @param stage as the last boot left it, -1 if it left none. How long that boot had been in it is not known: it begins anew. */
export function createAlarm(kind: TrapKind, stage: number, now: number): Alarm {
  const known = stage >= 0 && stage <= STAGE_LAST ? stage : -1;
  return { stage: known, since: now - stageBeginsMs(kind, known), quietUntil: 0, isQuiet: false, wakeAt: 0 };
}

/** The alarm as it is at `now`. A stage once reached is not left before the trap is rearmed. */
export function decideAlarm(before: Alarm, cause: AlarmCause, now: number): Alarm {
  if (!cause.sprung) return { stage: -1, since: now, quietUntil: 0, isQuiet: false, wakeAt: 0 };
  const since = before.stage < 0 ? Math.min(cause.releasedAt, now) : before.since;
  let stage = Math.max(before.stage, 0);
  while (stage < STAGE_LAST && now - since >= stageBeginsMs(cause.kind, stage + 1)) stage++;
  let quietUntil = cause.silenced ? before.quietUntil : 0;
  if (cause.silenced && (quietUntil === 0 || cause.asked !== "")) {
    quietUntil = now + (cause.asked === "button" ? PRESSED_SILENCE_MS : SILENCE_MS);
  }
  const isQuiet = cause.silenced && (cause.kind !== "live-catch" || now < quietUntil);
  let wakeAt = stage < STAGE_LAST ? since + stageBeginsMs(cause.kind, stage + 1) : 0;
  if (isQuiet && cause.kind === "live-catch" && (wakeAt === 0 || quietUntil < wakeAt)) wakeAt = quietUntil;
  return { stage: stage, since: since, quietUntil: quietUntil, isQuiet: isQuiet, wakeAt: wakeAt };
}
