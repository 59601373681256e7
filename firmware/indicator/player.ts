// Owns the strokes and pauses of the pattern being played, on the LED and the buzzer. What to play is patterns.ts's.
import type { Clock, Pins } from "../ports.ts";
import type { Pattern } from "./patterns.ts";

export interface Player {
  clock: Clock;
  pins: Pins;
  playing: Pattern | null;
  /** Pending timers; 0 for none. */
  ledTimer: number;
  buzzerTimer: number;
  isLit: boolean;
  isBuzzing: boolean;
}

export function createPlayer(clock: Clock, pins: Pins): Player {
  return { clock: clock, pins: pins, playing: null, ledTimer: 0, buzzerTimer: 0, isLit: false, isBuzzing: false };
}

/** Play this from its beginning; a pattern of the same name goes on undisturbed. */
export function playPattern(p: Player, pattern: Pattern): void {
  if (p.playing && p.playing.name === pattern.name && p.playing.hz === pattern.hz) return;
  stopPlayer(p);
  p.playing = pattern;
  strokeLed(p);
  if (pattern.hz > 0) strokeBuzzer(p);
}

/** Dark, silent, no timer left. */
export function stopPlayer(p: Player): void {
  if (p.ledTimer) p.clock.clearTimer(p.ledTimer);
  if (p.buzzerTimer) p.clock.clearTimer(p.buzzerTimer);
  p.ledTimer = 0;
  p.buzzerTimer = 0;
  p.playing = null;
  if (p.isLit) p.pins.setLed(false);
  if (p.isBuzzing) p.pins.setBuzzer(0);
  p.isLit = false;
  p.isBuzzing = false;
}

function strokeLed(p: Player): void {
  const pattern = p.playing;
  p.ledTimer = 0;
  if (!pattern) return;
  p.isLit = !p.isLit && pattern.ledOnMs > 0;
  p.pins.setLed(p.isLit);
  if (pattern.ledOnMs === 0 || pattern.ledOffMs === 0) return;
  p.ledTimer = p.clock.setTimer(p.isLit ? pattern.ledOnMs : pattern.ledOffMs, () => strokeLed(p));
}

function strokeBuzzer(p: Player): void {
  const pattern = p.playing;
  p.buzzerTimer = 0;
  if (!pattern) return;
  p.isBuzzing = !p.isBuzzing;
  p.pins.setBuzzer(p.isBuzzing ? pattern.hz : 0);
  const ms = p.isBuzzing ? pattern.buzzerOnMs : pattern.buzzerOffMs;
  if (ms > 0) p.buzzerTimer = p.clock.setTimer(ms, () => strokeBuzzer(p));
}
