// Owns a simulated trap that somebody has flashed: identity and Storage are on it, in memory or in a file that outlives the process. It
// leaves the case around it to case.ts.
import type { Identity } from "#protocol";
import type { BoardOptions } from "./board/board.ts";
import { createFlash } from "./board/flash.ts";
import { openFlashFile } from "./board/flash-file.ts";
import { createTrapCase, type TrapCase } from "./case.ts";
import { composeTrapImage, hasIdentity, type TrapFiles } from "./trap-image.ts";

export interface SimulatedTrapOptions extends TrapFiles, Omit<BoardOptions, "flash" | "macAddress"> {
  identity: Identity;
  /** Where the flash outlives the process. What a trap of this identity left there is kept. */
  imageFile?: string;
  /** Flash anew, whatever is there. */
  reflash?: boolean;
  /** False for switches of a better world. */
  bounce?: boolean;
  batteryMv?: number;
}

export interface SimulatedTrap extends TrapCase {
  readonly identity: Identity;
}

/** A trap without power, plunger set, button up. */
export function createSimulatedTrap(options: SimulatedTrapOptions): SimulatedTrap {
  const { identity } = options;
  const flash = createTrapFlash(options);
  const trap = createTrapCase({ ...options, flash, macAddress: identity.mac, serialNumber: () => identity.serial });
  return Object.assign(trap, { identity });
}

function createTrapFlash(options: SimulatedTrapOptions) {
  const { identity, imageFile } = options;
  const createImage = () => composeTrapImage(identity, options);
  if (imageFile === undefined) return createFlash({ image: createImage() });
  const isWanted = (image: Uint8Array) => options.reflash !== true && hasIdentity(image, identity);
  return createFlash({ file: openFlashFile(imageFile, { createImage, isWanted }) });
}
