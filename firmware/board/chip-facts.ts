// Owns what the ESP32's registers say, and whether there are any: on a host the interpreter has none, and reading them ends it.
import {
  RESET_BROWN_OUT,
  RESET_DEEP_SLEEP,
  RESET_POWER_ON,
  RESET_SOFTWARE,
  RESET_UNKNOWN,
  RESET_WATCHDOG,
} from "#protocol";

const RTC_RESET_STATE = 0x3ff48034;
const RANDOM_NUMBER = 0x3ff75144;

export function isOnChip(): boolean {
  return process.env.BOARD === "ESP32";
}

/** One of the RESET_ codes, from the cause the ROM found (ESP32 technical reference, RTC_CNTL_RESET_STATE). */
export function readResetReason(): number {
  if (!isOnChip()) return RESET_UNKNOWN;
  switch (peek32(RTC_RESET_STATE) & 63) {
    case 1:
      return RESET_POWER_ON;
    case 3:
    case 12:
      return RESET_SOFTWARE;
    case 5:
      return RESET_DEEP_SLEEP;
    case 7:
    case 8:
    case 9:
    case 13:
    case 16:
      return RESET_WATCHDOG;
    case 15:
      return RESET_BROWN_OUT;
    default:
      return RESET_UNKNOWN;
  }
}

/** 32 bits: of the hardware's generator, since the interpreter's own begins with the same number at every start. */
export function readRandom(): number {
  if (isOnChip()) return peek32(RANDOM_NUMBER) >>> 0;
  return (E.hwRand() ^ Math.floor(getTime() * 1000)) >>> 0;
}
