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
  silenced: boolean;
  buzzer: boolean;
  claiming: boolean;
  /** Owned, but not connected. */
  connecting: boolean;
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
  if (s.state === "sprung" && !s.silenced) return pattern("sprung", 200, 200, s.buzzer ? 2500 : 0, 300, 700);
  if (s.state === "sprung") return pattern("silenced", 200, 1800);
  if (s.state === "fault") return pattern("fault", 1000, 100);
  if (s.claiming) return pattern("claiming", 500, 500);
  if (s.connecting) return pattern("connecting", 100, 900);
  if (s.state === "armed") return pattern("armed", 20, 4980);
  return pattern("off", 0, 0);
}
