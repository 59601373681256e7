// Owns what the control server of a virtual board takes and tells beside a simulator's: the clock's speed, the two lines for transports that
// carry none, and what the chip and its pins are doing.
import type { WallClock } from "../board/clock.ts";
import { PIN_COUNT } from "../board/pins.ts";
import type { ControlPost } from "../control.ts";
import { parseBoolean, parseInteger } from "../control-http.ts";
import { SPEED_MAX } from "./config.ts";
import type { VirtualTrap } from "./virtual-trap.ts";

export interface VirtualControl {
  posts: Record<string, ControlPost>;
  readMore(): object;
}

export function createVirtualControl({ trap, chip, uart }: VirtualTrap, clock: WallClock): VirtualControl {
  return {
    posts: {
      "/api/clock": (_trap, fields) => {
        const speed = parseInteger(fields, "speed", 1, SPEED_MAX);
        if (typeof speed !== "number") return speed;
        clock.setSpeed(speed);
        return undefined;
      },
      "/api/lines": (_trap, fields) => {
        const { lines } = uart;
        const dtr = fields.dtr === undefined ? lines.levels().dtr : parseBoolean(fields, "dtr");
        if (typeof dtr !== "boolean") return dtr;
        const rts = fields.rts === undefined ? lines.levels().rts : parseBoolean(fields, "rts");
        if (typeof rts !== "boolean") return rts;
        lines.set({ dtr, rts });
        return undefined;
      },
    },
    readMore() {
      const { pins } = trap.board;
      const state = chip.state();
      return {
        board: state === "running" ? trap.board.state() : state === "off" ? "off" : "starting",
        chip: state,
        bootMode: chip.bootMode(),
        lines: uart.lines.levels(),
        speed: clock.speed(),
        pins: Object.fromEntries(
          Array.from({ length: PIN_COUNT }, (_, pin) => [
            `D${pin}`,
            { mode: pins.getMode(pin), level: pins.read(pin) },
          ]),
        ),
      };
    },
  };
}
