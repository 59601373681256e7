// Owns the wiring of the board: which pin is what, and which level means what.
import type { Pins } from "../ports.ts";
import { isOnChip } from "./chip-facts.ts";

/** The divider halves the battery; the converter answers 0 to 1 of 3,300 mV. */
const BATTERY_FULL_MV = 6600;
const BUZZER_DUTY = 0.5;

function msSince(time: number): number {
  return Math.max(0, Math.floor((getTime() - time) * 1000));
}

/**
 * Button D0 and plunger D27 pull to ground, LED D2, buzzer D4, battery D35. The buzzer is not on D25 or D26: those two have converters,
 * for which Espruino ignores the frequency, so that it would be mute.
 */
export function createPins(): Pins {
  pinMode(D0, "input_pullup");
  pinMode(D27, "input_pullup");
  return {
    isPlungerSet: function () {
      return !digitalRead(D27);
    },
    isButtonDown: function () {
      return !digitalRead(D0);
    },
    watch: function (onPlunger, onButton) {
      setWatch(
        function (edge) {
          onPlunger(!edge.state, msSince(edge.time));
        },
        D27,
        { repeat: true, edge: "both" },
      );
      setWatch(
        function (edge) {
          onButton(!edge.state, msSince(edge.time));
        },
        D0,
        { repeat: true, edge: "both" },
      );
    },
    setLed: function (on) {
      digitalWrite(D2, on);
    },
    setBuzzer: function (hz) {
      if (hz > 0) analogWrite(D4, BUZZER_DUTY, { freq: hz });
      else digitalWrite(D4, 0);
    },
    batteryMv: function () {
      return isOnChip() ? Math.floor(analogRead(D35) * BATTERY_FULL_MV) : 0;
    },
  };
}
