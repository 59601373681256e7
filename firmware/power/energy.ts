// Owns the energy budget: the average current of a trap by profile, from figures of the ESP32's data sheet and our own duty cycles. It is
// no part of the bundle; firmware/README.md shows its table, and a test holds the two together. Microamperes and milliseconds throughout.
import { PING_MS } from "../session/session.ts";
import { powerSaveOf, restOf, telemetryMinS } from "./profile.ts";

/** ESP32 series data sheet, "Power consumption by power modes": modem sleep at 240 MHz takes 30 to 68 mA; the middle of it. */
export const MODEM_SLEEP_UA = 49000;
/** The same data sheet, "RF power consumption": receiving 95 to 100 mA, sending 802.11b at 19.5 dBm 240 mA. */
export const RECEIVE_UA = 100000;
export const SEND_UA = 240000;
/** Of the parts on our board: LED at its resistor, passive buzzer at half duty. */
export const LED_UA = 5000;
export const BUZZER_UA = 30000;

/** A beacon comes every 102.4 ms and takes 3 ms of receiving; sleeping deep, every third one is heard. */
const BEACON_TENTHS_MS = 1024;
const BEACON_RECEIVE_MS = 3;
const BEACONS_SKIPPED_DEEP = 3;
/** A ping and its answer, and a telemetry record with its acknowledgement: sending and waiting with the receiver on. */
const PING_SEND_MS = 2;
const PING_RECEIVE_MS = 30;
const TELEMETRY_SEND_MS = 6;
const TELEMETRY_RECEIVE_MS = 120;
/** What an owner wishes who wishes nothing. */
const TELEMETRY_S = 300;

/** Strokes and first pauses as in indicator/patterns.ts: the sign of life of an armed trap, and the last stage of the alarm. */
const ARMED_ON_MS = 20;
const ARMED_OFF_MS = 4980;
const ALARM_ON_MS = 100;
const ALARM_OFF_MS = 100;
const CALL_ON_MS = 300;
const CALL_OFF_MS = 300;

/** The part of `ua` that flows if it flows `onMs` of every `wholeMs`. */
function share(ua: number, onMs: number, wholeMs: number): number {
  return Math.floor((ua * onMs) / wholeMs);
}

function exchange(sendMs: number, receiveMs: number, everyMs: number): number {
  return share(SEND_UA - MODEM_SLEEP_UA, sendMs, everyMs) + share(RECEIVE_UA - MODEM_SLEEP_UA, receiveMs, everyMs);
}

/** Average current of a connected trap: armed, or `calling` at the last stage of its alarm. @param profile index into PROFILES */
export function averageUa(profile: number, calling: boolean): number {
  const rest = restOf(profile);
  const skipped = powerSaveOf(profile) === "max" ? BEACONS_SKIPPED_DEEP : 1;
  const telemetryMs = Math.max(TELEMETRY_S, telemetryMinS(profile)) * 1000;
  const radio =
    share(RECEIVE_UA - MODEM_SLEEP_UA, BEACON_RECEIVE_MS * 10, BEACON_TENTHS_MS * skipped) +
    exchange(PING_SEND_MS, PING_RECEIVE_MS, PING_MS) +
    exchange(TELEMETRY_SEND_MS, TELEMETRY_RECEIVE_MS, telemetryMs);
  const shown = calling
    ? share(LED_UA, ALARM_ON_MS, ALARM_ON_MS + ALARM_OFF_MS * rest) +
      share(BUZZER_UA, CALL_ON_MS, CALL_ON_MS + CALL_OFF_MS * rest)
    : share(LED_UA, ARMED_ON_MS, ARMED_ON_MS + ARMED_OFF_MS * rest);
  return MODEM_SLEEP_UA + radio + shown;
}

/** Whole hours a battery lasts. @param capacityMah of which four fifths count: cold, age, and the cut-off of the regulator take the rest */
export function lastsHours(capacityMah: number, ua: number): number {
  return Math.floor((capacityMah * 800) / ua);
}
