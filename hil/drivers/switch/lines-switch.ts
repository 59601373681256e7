// Owns "power" by a board's own reset lines: EN is held low by RTS. The chip stands still; its RTC and the trap's other parts keep their
// power, so a suite that needs a real cut must not be content with it.
import type { Port } from "../port/port.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError, toReason } from "./switch-error.ts";

/** `port` stays the caller's: it is not closed here. */
export function createLinesSwitch(port: Port): Switch {
  const name = `the reset lines of ${port.name}`;
  return {
    name,
    async set(on) {
      const tried = `RTS ${on ? "released" : "asserted"}, DTR released`;
      const next = "name another power for this board, or a port with lines: a USB adapter or rfc2217://.";
      if (!port.hasLines) throw createSwitchError({ name, on, tried, cameBack: "the port carries no lines", next });
      try {
        await port.setLines({ dtr: false, rts: !on });
      } catch (thrown) {
        throw createSwitchError({ name, on, tried, cameBack: toReason(thrown), next: "look at the cable." }, thrown);
      }
    },
    async close() {
      // Nothing of its own is open.
    },
  };
}
