// Owns how patient the bench is with a board, and how it makes one of its own hurry.
import type { Rig } from "./rig.ts";

/** What a board of silicon takes, and what one takes whose clock can be hurried. */
export function choosePatienceMs(rig: Pick<Rig, "hurry">, realMs: number, virtualMs: number): number {
  return rig.hurry === undefined ? realMs : virtualMs;
}

/** So much faster a virtual board lives while it waits for itself; its cloud lives as ever. */
const SPEED = 10;

/** On a board of silicon it takes its time. */
export function hurried<T>(rig: Pick<Rig, "hurry">, run: () => Promise<T>): Promise<T> {
  return rig.hurry === undefined ? run() : rig.hurry(SPEED, run);
}
