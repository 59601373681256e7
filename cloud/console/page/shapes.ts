// Owns what the page's scripts know of the API's answers, for the type checker alone: the types of the rooms themselves, as they look
// after JSON. Nothing here is served.
import type { Person } from "../../accounts/accounts.ts";
import type { Alert as RoomAlert } from "../../alerts/alerts.ts";
import type { ClaimCode, NearbyTrap } from "../../claiming/claiming.ts";
import type { DeviceCommand, Device as RoomDevice } from "../../devices/devices.ts";
import type { KeptEvent } from "../../events/events.ts";
import type { Update as RoomUpdate } from "../../updates/updates.ts";

type AsJson<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? AsJson<Item>[]
    : T extends object
      ? { [K in keyof T]: AsJson<T[K]> }
      : T;

export type Me = AsJson<Person>;
export type Device = AsJson<RoomDevice>;
export type Command = AsJson<DeviceCommand>;
export type Nearby = AsJson<NearbyTrap>;
export type Code = AsJson<ClaimCode>;

export type Alert = AsJson<RoomAlert>;
export type DeviceEvent = AsJson<KeptEvent>;

export type Update = AsJson<RoomUpdate>;

/** Somebody held the button of a trap that is ours. */
export interface ClaimAttempt {
  deviceId: string;
  serialNumber: string;
  attemptedAt: string;
}

export interface State {
  devices: Map<string, Device>;
  alerts: Map<string, Alert>;
  events: Map<string, DeviceEvent>;
  updates: Map<string, Update>;
  attempts: ClaimAttempt[];
  /** When this page heard of an alert that was new, by its id; milliseconds of the cloud's clock. */
  heardAt: Map<string, number>;
}
