// Owns how DTR and RTS bring a chip into its loader or its program, where the port carries them: EN falls with RTS alone, IO0 with DTR alone,
// and IO0 counts when EN rises.
import { type Clock, pause } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { Port } from "../port/port.ts";

const RESET_MS = 100;
const STRAP_MS = 50;

/** @param strapMs how long IO0 is held: boards with a large capacitor at EN rise late */
export async function enterLoaderByLines(port: Port, clock: Clock, strapMs = STRAP_MS): Promise<void> {
  await port.setLines({ dtr: false, rts: true });
  await pause(clock, RESET_MS);
  await port.setLines({ dtr: true, rts: false });
  await pause(clock, strapMs);
  await port.setLines({ dtr: false, rts: false });
}

export async function startProgramByLines(port: Port, clock: Clock): Promise<void> {
  await port.setLines({ dtr: false, rts: true });
  await pause(clock, RESET_MS);
  await port.setLines({ dtr: false, rts: false });
}

export function noWayToReset(port: Port): HilError {
  return new HilError(
    "usage",
    "no-way-to-reset",
    `The port ${port.name} carries no DTR and RTS, and nobody else can bring the board into its loader. Give the board power and a fixture in the bench file, or use a port with lines.`,
  );
}
