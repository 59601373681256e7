// Owns what the LED and the buzzer say, and which of several things is said. Pure; player.ts plays it.
import type { TrapState } from "#protocol";

/** LED and buzzer each repeat a stroke and a pause. A stroke of 0 is off; a pause of 0 is a single stroke (buzzer) or always on (LED). */
export interface Pattern {
  name: string;
  ledOnMs: number;
  ledOffMs: number;
  hz: number;
  buzzerOnMs: number;
  buzzerOffMs: number;
}

/** What is to be told, most urgent first. */
export interface Situation {
  /** Whole seconds the button is held, 0 below 3. */
  heldS: number;
  /** A claiming that was just refused. */
  refused: boolean;
  identifying: boolean;
  state: TrapState;
  /** Of the alarm, 0 to 3. */
  stage: number;
  /** Told to be silent, and that time is not over. */
  silenced: boolean;
  buzzer: boolean;
  claiming: boolean;
  /** Owned, but not connected; or waiting for a phone to name a network. */
  connecting: boolean;
  /** Pauses are so many times as long, to spare a battery. */
  rest: number;
}

/** Stages 0 to 3 of the alarm. */
function alarm(s: Situation): Pattern {
  const at = Math.max(0, s.stage);
  const last = at > 2;
  const ledOffMs = last ? 100 : 800 >> at;
  const buzzerOffMs = [9700, 2700, 700, 300][at] as number;
  const hz = last ? 3000 : 2500;
  return pattern(
    "sprung-" + at + "-" + s.rest,
    last ? 100 : 200,
    ledOffMs * s.rest,
    s.buzzer ? hz : 0,
    300,
    buzzerOffMs * s.rest,
  );
}

function pattern(name: string, ledOnMs: number, ledOffMs: number, hz = 0, buzzerOnMs = 0, buzzerOffMs = 0): Pattern {
  return {
    name: name,
    ledOnMs: ledOnMs,
    ledOffMs: ledOffMs,
    hz: hz,
    buzzerOnMs: buzzerOnMs,
    buzzerOffMs: buzzerOffMs,
  };
}

/** What a person holds in the hand comes before what the trap has to say. */
export function decidePattern(s: Situation): Pattern {
  if (s.heldS > 0) {
    const half = 400 - 38 * s.heldS;
    return pattern("held-" + s.heldS, half, half, 2000, 80, 0);
  }
  if (s.refused) return pattern("refused", 50, 50, 400, 400, 0);
  if (s.identifying) return pattern("identify", 100, 100, s.buzzer ? 3000 : 0, 100, 400);
  if (s.state === "sprung" && !s.silenced) return alarm(s);
  if (s.claiming && s.state !== "sprung" && s.state !== "fault") return pattern("claiming", 500, 500);
  const rest = s.rest;
  if (s.state === "sprung") return pattern("silenced-" + rest, 200, 1800 * rest);
  if (s.state === "fault") return pattern("fault-" + rest, 1000, 100 * rest);
  if (s.connecting) return pattern("connecting-" + rest, 100, 900 * rest);
  if (s.state === "armed") return pattern("armed-" + rest, 20, 4980 * rest);
  return pattern("off", 0, 0);
}
