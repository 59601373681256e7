// Owns the two slots on the ESP32: read through the interpreter's Storage, so that what is read lies in flash, and written page by page in raw
// flash, so that Storage's directory never changes. Only the slot that does not run can be written here [SLOT-1].
import type { Bytes } from "#protocol";
import type { Slots } from "../ports.ts";
import { SLOT_A_ADDRESS, SLOT_B_ADDRESS, SLOT_PAGE_BYTES, slotFile } from "../slots/slot-layout.ts";

export function createSlots(): Slots {
  const flash = require("Flash");
  const running = globalThis.TL_SLOT === "b" ? "b" : "a";
  const other = running === "a" ? SLOT_B_ADDRESS : SLOT_A_ADDRESS;
  return {
    running: running,
    sha256: globalThis.TL_SHA256 ?? "",
    key: globalThis.TL_KEY ?? "",
    read: function (slot, offset, length): Bytes {
      const read = require("Storage").read(slotFile(slot), offset, length);
      return typeof read === "string" ? read : "";
    },
    erasePage: function (page) {
      // The interpreter refuses a whole number that a division has made.
      flash.erasePage((other + page * SLOT_PAGE_BYTES) | 0);
    },
    write: function (offset, data: Bytes) {
      flash.write(data, (other + offset) | 0);
    },
    settle: function () {
      if (globalThis.TL_TRIAL) clearTimeout(globalThis.TL_TRIAL);
    },
  };
}
