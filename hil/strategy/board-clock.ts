// Owns the time of a virtual board: made to run faster while something is waited for, and back to what it was.
import type { Clock } from "../clock.ts";
import { createHttpSwitch } from "../drivers/switch/http-switch.ts";
import type { Rig } from "./rig.ts";

/** @param url of the board's controls */
export function createBoardClock(
  url: string,
  clock: Clock,
  log: (text: string, speed: number) => void,
): NonNullable<Rig["hurry"]> {
  let present = 1;

  async function set(speed: number): Promise<void> {
    if (speed === present) return;
    const request = { url: `${url}/api/clock`, method: "POST" as const, body: { speed } };
    await createHttpSwitch({ kind: "http", on: request, off: request }, clock).set(true);
    present = speed;
    log(`the board lives ${speed} times as fast`, speed);
  }

  return async (speed, run) => {
    const before = present;
    await set(speed);
    try {
      return await run();
    } finally {
      await set(before);
    }
  };
}
