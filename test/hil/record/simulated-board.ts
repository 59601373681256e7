// A board for replays in tests: the simulator's trap, handled as a bench handles a board.
import type { Identity } from "#protocol";
import type { ReplayBoard } from "../../../hil/record/replay-board.ts";
import { createWallClock } from "../../../simulator/board/clock.ts";
import { createWorld } from "../../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap } from "../../../simulator/trap.ts";

export const WIFI = { ssid: "home", password: "sweet home" };

export interface SimulatedBoard extends ReplayBoard {
  readonly trap: SimulatedTrap;
  stop(): void;
}

/** Without power. */
export function createSimulatedBoard(
  identity: Identity,
  storage: Uint8Array,
  options: { speed: number; seed: number },
): SimulatedBoard {
  const world = createWorld(WIFI);
  const clock = createWallClock({ speed: options.speed });
  const trap = createSimulatedTrap({ identity, storage, clock, world, seed: options.seed });
  return {
    trap,
    onLine: (listen) => trap.onConsoleLine(({ line }) => listen(line)),
    order: async (text) => trap.typeCommand(text),
    setPower: async (on) => (on ? trap.powerOn() : trap.cutPower()),
    setWifi: async (up) => trap.setNetworkUp(up),
    setButton: async (pressed) => (pressed ? trap.holdButton() : trap.releaseButton()),
    pressButton: async (ms) => trap.pressButton(ms),
    setPlunger: async (set) => (set ? trap.setPlunger() : trap.spring()),
    setSpeed: async (speed) => clock.setSpeed?.(speed),
    stop: () => trap.stop(),
  };
}
