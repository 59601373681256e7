// Owns which firmware a run of all suites will need, so that it can be made before its turn comes: signing takes seconds.
import { type FirmwareFiles, FLASHED_COUNTER } from "../drivers/firmware-files.ts";
import { makeStranger } from "./update-altered.ts";
import { makeCrashing } from "./update-crash-rollback.ts";

/** Whether a suite of this name asks for any of them. */
export function needsUpdateFiles({ name }: { name: string }): boolean {
  return name.startsWith("update");
}

/**
 * One after the other, in the order in which freshly flashed boards ask for them; each of these is then found. Never fails: whoever needs one
 * that could not be made is told so. Aborted, it ends with the one that is being made.
 */
export async function prepareUpdateFiles(firmware: FirmwareFiles, signal?: AbortSignal): Promise<void> {
  const next = FLASHED_COUNTER + 1;
  const makers = [
    () => makeStranger(firmware, next),
    () => makeStranger(firmware, FLASHED_COUNTER),
    () => makeCrashing(firmware, next),
    () => firmware.update(next),
    () => firmware.update(next + 1),
  ];
  for (const make of makers) {
    if (signal?.aborted) return;
    try {
      await make();
    } catch {
      // The suite that needs it asks again, and fails with the reason.
      return;
    }
  }
}
