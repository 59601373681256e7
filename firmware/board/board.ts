// Owns the ESP32 as the firmware's ports: the one place where all adapters come together.
import type { Ports } from "../ports.ts";
import { FIRMWARE_VERSION } from "../version.ts";
import { createChip, createClock } from "./chip.ts";
import { createFlash, readIdentity } from "./flash.ts";
import { createNetwork } from "./network.ts";
import { createPins } from "./pins.ts";
import { openPortal } from "./portal.ts";
import { createRadio } from "./radio.ts";
import { createSlots } from "./slots.ts";

export function createPorts(): Ports {
  return {
    clock: createClock(),
    pins: createPins(),
    radio: createRadio(),
    network: createNetwork(),
    openPortal: openPortal,
    flash: createFlash(),
    slots: createSlots(),
    chip: createChip(),
    console: {
      print: function (line) {
        print(line);
      },
      onCommand: function (fn) {
        globalThis.TL = fn;
      },
    },
    identity: readIdentity(),
    version: FIRMWARE_VERSION,
  };
}
