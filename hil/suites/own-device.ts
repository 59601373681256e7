// Owns what suites ask again and again of the trap they have claimed: what the cloud tells of it.
import type { DeviceDto } from "../drivers/cloud/person.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Rig } from "../strategy/rig.ts";

/** @throws StepFailure where the owner has it no longer */
export async function findOwnDevice(rig: Rig): Promise<DeviceDto> {
  const device = await rig.owner.findDevice(rig.deviceId);
  if (device === undefined) throw new StepFailure(`the owner's account has no device ${rig.deviceId} any more`);
  return device;
}
