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
  /** Owned, but not connected. */
  connecting: boolean;
  /** Pauses are so many times as long, to spare a battery. */
  rest: number;
}

/** Of the stages 0 to 3: stroke and pause of the LED, frequency, stroke and pause of the buzzer. */
const ALARM_LED_ON_MS = [200, 200, 200, 100];
const ALARM_LED_OFF_MS = [800, 400, 200, 100];
const ALARM_HZ = [2500, 2500, 2500, 3000];
const ALARM_BUZZER_ON_MS = [300, 300, 300, 300];
const ALARM_BUZZER_OFF_MS = [9700, 2700, 700, 300];

function alarm(s: Situation): Pattern {
  const at = Math.max(0, s.stage);
  const ledOffMs = (ALARM_LED_OFF_MS[at] as number) * s.rest;
  const buzzerOffMs = (ALARM_BUZZER_OFF_MS[at] as number) * s.rest;
  const hz = s.buzzer ? (ALARM_HZ[at] as number) : 0;
  return pattern(
    "sprung-" + at + "-" + s.rest,
    ALARM_LED_ON_MS[at] as number,
    ledOffMs,
    hz,
    ALARM_BUZZER_ON_MS[at] as number,
    buzzerOffMs,
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
