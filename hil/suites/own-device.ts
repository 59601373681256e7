// Owns what suites ask again and again of the trap they have claimed: what the cloud tells of it, and how patient to be with it.
import type { DeviceDto } from "../drivers/cloud/person.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Rig } from "../strategy/rig.ts";

/** @throws StepFailure where the owner has it no longer */
export async function findOwnDevice(rig: Rig): Promise<DeviceDto> {
  const device = await rig.owner.findDevice(rig.deviceId);
  if (device === undefined) throw new StepFailure(`the owner's account has no device ${rig.deviceId} any more`);
  return device;
}

/** What a board of silicon takes, and what one takes whose clock can be hurried. */
export function choosePatienceMs(rig: Rig, realMs: number, virtualMs: number): number {
  return rig.hurry === undefined ? realMs : virtualMs;
}

/** So much faster a virtual board lives while it waits for itself; its cloud lives as ever. */
const SPEED = 10;

/** On a board of silicon it takes its time. */
export function hurried<T>(rig: Rig, run: () => Promise<T>): Promise<T> {
  return rig.hurry === undefined ? run() : rig.hurry(SPEED, run);
}
