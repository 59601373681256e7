// Owns which firmware a run of all suites will need, so that it can be made before its turn comes: signing takes seconds.
import { type FirmwareFiles, FLASHED_COUNTER } from "../drivers/firmware-files.ts";
import { makeStranger } from "./update-altered.ts";
import { makeCrashing } from "./update-crash-rollback.ts";

/**
 * One after the other, in the order in which freshly flashed boards ask for them; each of these is then found. Never fails: whoever needs one
 * that could not be made is told so.
 */
export async function prepareUpdateFiles(firmware: FirmwareFiles): Promise<void> {
  const next = FLASHED_COUNTER + 1;
  const makers = [
    () => makeStranger(firmware, next),
    () => makeStranger(firmware, FLASHED_COUNTER),
    () => makeCrashing(firmware, next),
    () => firmware.update(next),
    () => firmware.update(next + 1),
  ];
  for (const make of makers) {
    try {
      await make();
    } catch {
      // The suite that needs it asks again, and fails with the reason.
      return;
    }
  }
}
