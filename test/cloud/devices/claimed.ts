// A claimed trap that has used its credentials, as tests of the devices room need one.
import type { Configuration } from "#protocol";
import type { DeviceScope } from "../../../cloud/mqtt/device-door.ts";
import { createTrap, type Trap } from "../claiming/trap.ts";
import type { Owner, Rooms } from "../http/rooms.ts";

export interface ClaimedTrap {
  trap: Trap;
  id: string;
  scope: DeviceScope;
}

export const SETTINGS: Omit<Configuration, "rev"> = { telemetryS: 60, confirmMs: 50, armDelayMs: 1000, buzzer: true };

export async function createClaimedTrap(rooms: Rooms, owner: Owner): Promise<ClaimedTrap> {
  const trap = await createTrap(rooms);
  await trap.claim();
  const body = { serialNumber: trap.serial, name: "Loft" };
  await rooms.ask({ url: "/api/v1/claiming/claims", body, as: owner.token });
  const { credentials, password } = await trap.pickUp();
  const known = await rooms.authenticate(String(credentials?.user), String(password));
  if (known === null) throw new Error("the claimed trap cannot connect");
  const { tenantId, deviceId, credentialId } = known;
  return { trap, id: deviceId, scope: { tenantId, deviceId, credentialId } };
}
