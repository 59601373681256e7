// Owns what the page's scripts know of the API's answers, for the type checker alone: the types of the rooms themselves, as they look
// after JSON. Nothing here is served.
import type { Person } from "../../accounts/accounts.ts";
import type { ClaimCode, NearbyTrap } from "../../claiming/claiming.ts";
import type { DeviceCommand, Device as RoomDevice } from "../../devices/devices.ts";

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

export interface Alert {
  id: string;
  deviceId: string;
  type: string;
  status: "new" | "acknowledged" | "resolved";
  severity: "info" | "warning" | "critical";
  message: string | null;
  eventId: string | null;
  triggeredAt: string;
  createdAt: string;
  acknowledgedAt: string | null;
  resolvedAt: string | null;
}

export interface DeviceEvent {
  id: string;
  deviceId: string;
  kind: string;
  value: number;
  exact: boolean;
  receivedAt: string;
  occurredEarliest: string;
  occurredLatest: string;
}

export interface Update {
  id: string;
  deviceId: string;
  version: string;
  sha256: string;
  status: string;
  code: number | null;
  offeredAt: string;
  updatedAt: string;
  bootedAt: string | null;
}

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
