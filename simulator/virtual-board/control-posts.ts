// Owns what the control server of a virtual board takes and tells beside a simulator's: the clock's speed, the two lines for transports that
// carry none, what is wrong with a board that is half dead, and what the chip and its pins are doing.
import type { WallClock } from "../board/clock.ts";
import { FLASH_BYTES } from "../board/flash.ts";
import { PIN_COUNT } from "../board/pins.ts";
import type { ControlFields, ControlPost } from "../control.ts";
import { type Problem, parseBoolean, parseInteger } from "../control-http.ts";
import { SPEED_MAX } from "./config.ts";
import type { VirtualTrap } from "./virtual-trap.ts";

const HOST_TIME: Problem = {
  status: 409,
  title: "Conflict",
  detail: "The real interpreter lives in the host's time, which nobody can hurry.",
};

export interface VirtualControl {
  posts: Record<string, ControlPost>;
  readMore(): object;
}

const MESSAGES_MAX = 1_000_000;

/** Without a clock, nobody can change the speed at which it lives. */
export function createVirtualControl(virtual: VirtualTrap, clock: WallClock | undefined): VirtualControl {
  const { trap, chip, uart } = virtual;
  return {
    posts: {
      "/api/fault": (_trap, fields) => setFault(virtual, fields),
      "/api/clock": (_trap, fields) => {
        const speed = parseInteger(fields, "speed", 1, SPEED_MAX);
        if (typeof speed !== "number") return speed;
        if (clock === undefined) return HOST_TIME;
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
        fault: virtual.faults.state(),
        speed: clock?.speed() ?? 1,
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

/** A board that is half dead: a wire is broken, messages of its are lost or spoilt, a word of its flash is worn out for good. */
function setFault({ faults, flash }: VirtualTrap, fields: ControlFields): Problem | undefined {
  const { kind } = fields;
  if (kind === "mute" || kind === "deaf" || kind === "none") {
    faults.set({ kind });
    return undefined;
  }
  if (kind === "lose" || kind === "spoil") {
    const after = parseInteger(fields, "after", 0, MESSAGES_MAX, 0);
    if (typeof after !== "number") return after;
    const count = parseInteger(fields, "count", 1, MESSAGES_MAX, 1);
    if (typeof count !== "number") return count;
    faults.set({ kind, after, count });
    return undefined;
  }
  if (kind === "worn") {
    const address = parseInteger(fields, "address", 0, FLASH_BYTES - 1);
    if (typeof address !== "number") return address;
    flash.wear(address);
    return undefined;
  }
  return { status: 400, title: "Bad request", detail: '"kind" must be mute, deaf, lose, spoil, worn or none.' };
}
