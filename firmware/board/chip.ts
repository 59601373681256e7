// Owns the ports that are the chip itself: time, reset, randomness, memory, SHA-256, watchdog.
import type { Bytes } from "#protocol";
import type { Chip, Clock } from "../ports.ts";
import { toBytes } from "./bytes.ts";
import { isOnChip, readRandom, readResetReason } from "./chip-facts.ts";

/** Above the longest blocking call, which is the interpreter's own connecting and looking up of names. */
const WATCHDOG_S = 90;
/** A larger step of the clock is somebody setting the time, not time passing. */
const STEP_MS_MAX = 3600000;

/** The interpreter has wall time alone, which jumps when it is set; steps that cannot be are left out. */
export function createClock(): Clock {
  let raw = getTime() * 1000;
  let passed = 0;
  return {
    now: function () {
      const read = getTime() * 1000;
      const step = read - raw;
      raw = read;
      if (step > 0 && step < STEP_MS_MAX) passed += step;
      return Math.floor(passed);
    },
    setTimer: function (ms, fn) {
      return setTimeout(fn, ms);
    },
    clearTimer: function (handle) {
      clearTimeout(handle);
    },
  };
}

export function createChip(): Chip {
  if (isOnChip()) E.enableWatchdog(WATCHDOG_S, false);
  return {
    hardware: isOnChip() ? "esp32" : "host",
    resetReason: readResetReason,
    reboot: function () {
      if (isOnChip()) ESP32.reboot();
      else load();
    },
    random: readRandom,
    memory: function () {
      const memory = process.memory();
      return { free: memory.free, total: memory.total };
    },
    troubles: function () {
      const flags = E.getErrorFlags();
      return { outOfMemory: flags.indexOf("MEMORY") >= 0, lostHandler: flags.indexOf("CALLBACK") >= 0 };
    },
    sha256: function (data: Bytes): Bytes {
      const crypto = require("crypto");
      const hash = crypto.SHA256(data);
      if (hash) return toBytes(new Uint8Array(hash));
      // Its bytes want memory in one piece, and there was none: what is free lies scattered.
      E.defrag();
      return toBytes(new Uint8Array(crypto.SHA256(data) as ArrayBuffer));
    },
    kick: function () {
      if (isOnChip()) E.kickWatchdog();
    },
  };
}
