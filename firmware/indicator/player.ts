// Owns the strokes and pauses of the pattern being played, on the LED and the buzzer. What to play is patterns.ts's.
import type { Clock, Pins } from "../ports.ts";
import type { Pattern } from "./patterns.ts";

export interface Player {
  /** Play this from its beginning; a pattern of the same name goes on undisturbed. */
  play(pattern: Pattern): void;
  /** Dark, silent, no timer left. */
  stop(): void;
}

export function createPlayer(clock: Clock, pins: Pins): Player {
  let playing: Pattern | null = null;
  let ledTimer = 0;
  let buzzerTimer = 0;
  let ledOn = false;
  let buzzing = false;

  function stepLed(): void {
    ledTimer = 0;
    if (!playing) return;
    ledOn = !ledOn && playing.ledOnMs > 0;
    pins.setLed(ledOn);
    const ms = ledOn ? playing.ledOnMs : playing.ledOffMs;
    if (playing.ledOnMs > 0 && playing.ledOffMs > 0) ledTimer = clock.setTimer(ms, stepLed);
  }

  function stepBuzzer(): void {
    buzzerTimer = 0;
    if (!playing) return;
    buzzing = !buzzing && playing.hz > 0;
    pins.setBuzzer(buzzing ? playing.hz : 0);
    const ms = buzzing ? playing.buzzerOnMs : playing.buzzerOffMs;
    if (playing.hz > 0 && ms > 0) buzzerTimer = clock.setTimer(ms, stepBuzzer);
  }

  function change(pattern: Pattern | null): void {
    if (ledTimer) clock.clearTimer(ledTimer);
    if (buzzerTimer) clock.clearTimer(buzzerTimer);
    ledTimer = 0;
    buzzerTimer = 0;
    playing = pattern;
    ledOn = false;
    if (buzzing) pins.setBuzzer(0);
    buzzing = false;
  }

  return {
    play: function (pattern: Pattern): void {
      if (playing && playing.name === pattern.name && playing.hz === pattern.hz) return;
      change(pattern);
      stepLed();
      if (pattern.hz > 0) stepBuzzer();
    },
    stop: function (): void {
      change(null);
      pins.setLed(false);
    },
  };
}
